"""A Python function as the body: its arguments say what it has, and its text is a program of its own."""

import json
from pathlib import Path

import pytest

from stageline.lab import Run, pipeline, stage
from stageline.lab.model import FromJob
from tests.unit.lab.labs import body, mistakes, only, plan


@stage(outputs={"table": "$out/table.json"}, params={"rows": 3})
def make(table: Path, rows: int, scale: float = 1.5, label: str = "a b", loud: bool = False) -> None:
    """Make a table."""
    import json

    def row(n: int) -> float:
        return n * scale

    # one for each
    table.write_text(json.dumps({"label": label, "loud": loud, "rows": [row(n) for n in range(rows)]}))


@stage(outputs={"total": "$out/total"})
def add(table: Path, total: Path) -> None: total.write_text(str(len(table.read_text())))  # fmt: skip


@pipeline
def adding() -> None:
    add(make())


def test_arguments_are_outputs_inputs_and_parameters() -> None:
    made = plan(Run("r", adding, params={"scale": 2.0}))
    making, total = only(made, "make"), only(made, "add")
    assert {name: param.value for name, param in making.params.items()} == {
        "rows": 3,
        "scale": 2.0,
        "label": "a b",
        "loud": False,
    }
    assert body(total).inputs == {"table": FromJob(making.id, "table")}
    assert body(making).environment.tools == ("python3",)


def test_the_script_hands_everything_over_and_the_program_takes_it() -> None:
    of = body(only(plan(Run("r", make)), "make"))
    assert of.script == (
        'python3 "${BASH_SOURCE[0]%/*}/make.py" "$out/table.json" "${params[rows]}" "${params[scale]}" '
        '"${params[label]}" "${params[loud]}"\n'
    )
    assert "def make(table, rows, scale, label, loud):\n" in of.program
    assert "    # one for each\n" in of.program
    assert (
        "make(table=Path(sys.argv[1]), rows=int(sys.argv[2]), scale=float(sys.argv[3]), "
        'label=sys.argv[4], loud=sys.argv[5] == "true")'
    ) in of.program


def test_a_program_is_the_same_for_all_values() -> None:
    jobs = plan(Run("r", make, params={"rows": [1, 2]})).jobs.values()
    assert len({body(job).program + body(job).script for job in jobs}) == 1
    assert len({job.id for job in jobs}) == 2


@stage(outputs={"x": "$out/x"})
def uses_what_is_outside(x: Path) -> None:
    x.write_text(json.dumps(1))


@stage(outputs={"x": "$out/x"})
def takes_a_list(x: Path, items: list[int]) -> None:
    x.write_text(str(items))


@stage(outputs={"x": "$out/x"})
def takes_anything(x: Path, *more: int) -> None:
    x.write_text(str(more))


@stage(outputs={"x": "$out/x"})
async def waits(x: Path) -> None:
    assert x.name


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (
            Run("r", uses_what_is_outside),
            (
                "uses-what-is-outside: the body of a stage runs alone, and 'json' is defined outside of it; "
                "import or define it inside of 'uses_what_is_outside'"
            ),
        ),
        (Run("r", takes_a_list), "takes-a-list: the argument 'items' is a list; annotate it as Path"),
        (Run("r", takes_anything), "takes-anything: the argument 'more' stands for any number of values"),
        (Run("r", waits), "waits: the body of a stage is a plain function"),
        (Run("r", make, params={"rows": 1.5}), "make: the argument 'rows' is no input, output or parameter of its typ"),
        (Run("r", add), "add: nothing is wired to the input 'table'"),
    ],
)
def test_functions_that_cannot_be_a_body(run: Run, told: str) -> None:
    (message,) = mistakes(run)
    assert message.startswith(told)


def test_what_is_around_a_function_is_outside_of_it() -> None:
    here = 3

    @stage(outputs={"x": "$out/x"})
    def enclosed(x: Path) -> None:
        x.write_text(str(here))

    (message,) = mistakes(Run("r", enclosed))
    assert message.startswith("enclosed: the body of a stage runs alone, and 'here' is defined outside of it")

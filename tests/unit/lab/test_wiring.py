"""Which output each input is wired to, and all that is wrong with a pipeline's wires, told together."""

import re
from collections.abc import Callable

import pytest

from stageline.errors import DocumentError
from stageline.lab import Run, pipeline, stage
from stageline.lab.model import FromFile, FromJob
from stageline.lab.view import View
from tests.unit.lab.labs import HERE, body, jobs, mistakes, only, plan, refused


@stage(outputs={"data": "$out/data.csv", "log": "$out/log"}, params={"n": 1})
def maker() -> str:
    return "make > $out/data.csv"


@stage(inputs={"data": "", "seed": "$out/seed.txt"}, outputs={"result": "$out/r"})
def reader(inputs: View) -> str:
    return f'cat "{inputs.data}" "{inputs.seed}" > $out/r'


@stage(outputs={"chosen": "$out/seed.txt"})
def seeder() -> str:
    return "echo 1 > $out/seed.txt"


@stage(inputs={"config": "config.json"}, outputs={"data": "$out/d"})
def configured(inputs: View) -> str:
    return f'cat "{inputs.config}" > $out/d'


def sources(function: Callable[[], object]) -> dict[str, tuple[str, str]]:
    """The stage and the output that each input of the reader is wired to."""
    made = plan(Run("r", pipeline(function)))
    wires = body(only(made, "reader")).inputs
    return {name: (made.jobs[one.job].stage, one.output) for name, one in wires.items() if isinstance(one, FromJob)}


WIRED = {"data": ("maker", "data"), "seed": ("seeder", "chosen")}


def by_name() -> None:
    reader(data=maker()["data"], seed=seeder()["chosen"])


def by_the_name_of_the_input() -> None:
    reader(data=maker(), seed=seeder())


def by_equal_names_and_equal_paths() -> None:
    reader(maker(), seeder())


def by_an_output_of_the_same_name() -> None:
    reader(maker()["data"], seeder())


def by_triples() -> None:
    reader([maker(), "data", "data"], (seeder(), "chosen", "seed"))


def by_the_names_of_stages() -> None:
    reader("maker", ["seeder", "chosen", "seed"])
    maker()
    seeder()


@pytest.mark.parametrize(
    "function",
    [
        by_name,
        by_the_name_of_the_input,
        by_equal_names_and_equal_paths,
        by_an_output_of_the_same_name,
        by_triples,
        by_the_names_of_stages,
    ],
)
def test_inputs_are_wired(function: Callable[[], object]) -> None:
    assert sources(function) == WIRED


def test_what_is_not_wired_has_its_default_a_file_beside_the_stage() -> None:
    job = only(plan(Run("r", configured), files={"config.json": "{}"}), "configured")
    assert body(job).inputs == {"config": FromFile(f"{HERE}/config.json", "config.json", "{}")}


def test_inputs_may_depend_on_parameters_and_are_wired_for_each_combination() -> None:
    @stage(outputs=lambda params: {f"part-{n}": f"$out/{n}" for n in range(params.parts)}, params={"parts": 1})
    def split() -> str:
        return "split"

    @stage(inputs=lambda params: {f"part-{n}": "" for n in range(params.parts)}, params={"parts": 1})
    def join(inputs: View) -> str:
        return " ".join(inputs[name] for name in inputs)

    @pipeline
    def through() -> None:
        join(split())

    made = plan(Run("r", through, params={"parts": [1, 3]}))
    assert [list(body(job).inputs) for job in jobs(made, "join")] == [["part-0"], ["part-0", "part-1", "part-2"]]
    told = mistakes(Run("r", through, params={"split.parts": 1, "join.parts": [1, 2]}))
    assert told == ["join: nothing is wired to the input 'part-1'; write join(part_1=producer[\"output\"])"]


def nothing_wired() -> None:
    reader(seed=seeder())


def wired_twice() -> None:
    reader(maker(), seeder(), data=configured())


def nothing_in_common() -> None:
    configured(maker())


def unknown_output() -> None:
    reader(seed=seeder(), data=maker()["dat"])


def unknown_input() -> None:
    reader(maker(), seeder(), seeed=seeder())


def unknown_stage() -> None:
    reader("makr", seeder())
    maker()


def ambiguous_stage() -> None:
    reader("maker", seeder())
    maker(n=1)
    maker(n=2)


def ambiguous_output() -> None:
    reader(data=maker()["data"], seed=maker())


def a_value() -> None:
    reader(maker(), seeder(), data="data.csv")


def no_wire() -> None:
    reader(maker(), seeder(), 3)  # type: ignore[arg-type]


def a_stage_is_not_called() -> None:
    reader(maker(), seed=seeder)


def a_stage_is_handed_over() -> None:
    reader([maker, "data"], seeder)  # type: ignore[arg-type]


def two_alike() -> None:
    one = maker(n=1)
    other = maker(n=2)
    reader(one, seeder(), data=other)


ALIKE = two_alike.__code__.co_firstlineno


def in_a_circle() -> None:
    reader(maker(), ["turner", "result", "seed"])
    turner("reader")


def a_param_is_wired() -> None:
    maker(n=seeder())


def no_scalar() -> None:
    maker(n=[1])


@stage(inputs={"result": ""}, outputs={"result": "$out/t"})
def turner() -> str:
    return "true"


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (nothing_wired, ["reader: nothing is wired to the input 'data'; write reader(data=producer[\"output\"])"]),
        (
            wired_twice,
            ["reader: the input 'data' is wired twice: to 'maker' (data) and 'configured' (data); keep one"],
        ),
        (
            nothing_in_common,
            ["configured: 'maker' and 'configured' have no name in common; outputs: data, log; inputs: config"],
        ),
        (unknown_output, ["reader: 'maker' has no output 'dat'; did you mean 'data'?"]),
        (unknown_input, ["reader: 'reader' has no input 'seeed'; did you mean 'seed'?"]),
        (unknown_stage, ["reader: no stage of this pipeline is called 'makr'; did you mean 'maker'?"]),
        (
            ambiguous_output,
            [
                (
                    "reader: 'seed' is wired to 'maker', which has no output of that name; "
                    "name one of its outputs: data, log"
                )
            ],
        ),
        (
            a_value,
            [
                (
                    "reader: 'data' is given 'data.csv', and is no parameter of 'reader'; "
                    "an input is given another stage's output; a parameter is declared by its stage"
                )
            ],
        ),
        (
            no_wire,
            [
                (
                    "reader: 3 is nothing that can be wired; "
                    'write another node, an output (node["name"]), or [node, "output", "input"]'
                )
            ],
        ),
        (
            a_stage_is_not_called,
            [
                (
                    "reader: 'seed' is given the uncalled stage 'seeder', and is no parameter of 'reader'; "
                    "call it: seeder()"
                )
            ],
        ),
        (
            a_stage_is_handed_over,
            [
                (
                    "reader: [the uncalled stage 'maker', 'data'] is nothing that can be wired; "
                    'write another node, an output (node["name"]), or [node, "output", "input"]'
                ),
                "reader: the uncalled stage 'seeder' is nothing that can be wired; call it: seeder()",
            ],
        ),
        (
            two_alike,
            [
                (
                    f"reader: the input 'data' is wired twice: to 'maker' (data, line {ALIKE + 1}) "
                    f"and 'maker' (data, line {ALIKE + 2}); keep one"
                )
            ],
        ),
        (a_param_is_wired, ["maker: 'n' is a parameter, and is given an output; give it a value"]),
        (
            no_scalar,
            [
                (
                    "maker.params.n: a parameter is a text, a number or a truth value, not a list; "
                    "JSON text can carry the rest"
                )
            ],
        ),
    ],
)
def test_wires_that_do_not_fit(function: Callable[[], object], told: list[str]) -> None:
    assert mistakes(Run("r", pipeline(function)), files={"config.json": "{}"}) == told


def test_a_name_that_stands_twice_in_a_pipeline_is_no_name() -> None:
    (told,) = mistakes(Run("r", pipeline(ambiguous_stage)))
    assert told.startswith("reader: 'maker' stands in this pipeline more than once (lines ")


def test_a_circle_is_named() -> None:
    (told,) = mistakes(Run("r", pipeline(in_a_circle)))
    assert re.match(r"in_a_circle: the stages form a cycle: reader \(line \d+\) -> turner \(line \d+\) -> reader", told)


def test_all_is_told_at_once_each_with_its_place() -> None:
    def many() -> None:
        reader(seed=seeder())
        reader("makr", seeder())
        configured(maker())

    error = refused(Run("r", pipeline(many), params={"m": 1}, after="nobody"))
    first = many.__code__.co_firstlineno
    assert [
        (problem.path, problem.place.line - first, problem.place.column)
        for problem in error.problems
        if problem.place.line > first
    ] == [("reader", 1, 9), ("reader", 2, 9), ("configured", 3, 9), ("r.after", 5, 21), ("r.params.m", 5, 21)]
    assert {problem.path for problem in error.problems if problem.place.line < first} == {"configured.inputs.config"}
    assert {problem.place.file for problem in error.problems} == {__file__}
    assert 'reader("makr", seeder())' in error.details()


def test_a_stage_is_called_only_inside_a_pipeline() -> None:
    with pytest.raises(DocumentError, match="'maker' is a stage: it is called inside a function under @pipeline"):
        maker()
    with pytest.raises(DocumentError, match="'by_name' is a pipeline: give it to a Run"):
        pipeline(by_name)()


def test_what_a_pipelines_function_raises_is_told_at_its_line() -> None:
    def broken() -> None:
        maker()
        [].pop()

    (problem,) = refused(Run("r", pipeline(broken))).problems
    assert (problem.message, problem.place.line) == (
        "IndexError: pop from empty list",
        broken.__code__.co_firstlineno + 2,
    )


def test_a_node_of_another_pipeline_cannot_be_wired() -> None:
    kept = []

    @pipeline
    def first() -> None:
        kept.append(maker())

    @pipeline
    def second() -> None:
        reader(seeder(), data=kept[0])

    told = mistakes(Run("r", [first, second]))
    assert told == ["reader: 'maker' is wired from another pipeline; call the stage in this one, too"]


@pytest.mark.parametrize(
    ("pipelines", "told"),
    [
        ([], "r: the run has no pipeline; write Run(name, pipeline)"),
        (by_name, "is no pipeline; write the name of a function under @pipeline or @stage, without calling it"),
        (pipeline(lambda: None), "<lambda>: the pipeline calls no stage; call one: produced = producer()"),
    ],
)
def test_a_run_has_pipelines(pipelines: object, told: str) -> None:
    (message,) = mistakes(Run("r", pipelines))  # type: ignore[arg-type]
    assert message.endswith(told)

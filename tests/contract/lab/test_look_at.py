"""Scripts are looked at as they are built; what is wrong is told at the line of the author's Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from stageline.lab.build import BuildReport, build
from stageline.lab.read import read_lab
from stageline.load.problems import LoadError
from tests.contract.lab.building import LAB, experiment, options

HEAD = "from stageline.lab import Lab, Run, stage\n\n"
TAIL = "\n\nlab = Lab(runs=[Run('r', one, params={'n': [1, 2, 3]})])\n"


def checked(folder: Path, stage: str) -> BuildReport:
    return build(experiment(folder, HEAD + stage + TAIL), folder / "result", options(folder, check=True))


def told(folder: Path, stage: str) -> list[str]:
    with pytest.raises(LoadError) as raised:
        checked(folder, stage)
    return [str(problem).replace(f"{folder}/", "") for problem in raised.value.problems]


def test_a_good_script_says_nothing(tmp_path: Path) -> None:
    report = build(experiment(tmp_path), tmp_path / "result", options(tmp_path, check=True))
    assert (report.checked, report.concerns) == (True, ())
    assert read_lab(report.output).metadata.checked


def test_the_lab_says_that_scripts_were_not_looked_at(tmp_path: Path) -> None:
    stage = "@stage(params={'n': 0})\ndef one(inputs, outputs, params):\n    return 'simulate; if then'"
    report = build(experiment(tmp_path, HEAD + stage + TAIL), tmp_path / "result", options(tmp_path))
    assert (report.checked, read_lab(report.output).metadata.checked) == (False, False)


def test_an_unknown_command_is_told_where_it_is_written(tmp_path: Path) -> None:
    stage = '''@stage(params={"n": 0})
def one(inputs, outputs, params):
    return f"""
        echo {params.n} > "$out/n"
        simulate --slope {params.n}
    """
'''
    (problem,) = told(tmp_path, stage)
    assert problem.startswith("lab.py:7:9: one: 'simulate' is no declared tool")
    assert not (tmp_path / "result").exists()


def test_a_name_that_an_array_does_not_have_is_told(tmp_path: Path) -> None:
    stage = '''@stage(inputs={"config": "config.json"}, params={"n": 0, "seed": 1})
def one(inputs, outputs, params):
    return """
        # of ${params[nobody]}
        seq "${params[seeed]}" "${params[seed]}" "${params[m]-3}" "${params[k]:-4}"
        cat "${inputs[config]}" "${inputs[data]}"
    """
'''
    report = checked(tmp_path, stage)
    assert [str(concern).replace(f"{tmp_path}/", "") for concern in report.concerns] == [
        "lab.py:7:14: one: 'seeed' is no parameter of this stage; did you mean 'seed'?",
        "lab.py:8:9: one: 'data' is no input of this stage",
    ]


def test_a_script_that_makes_the_arrays_itself_is_believed(tmp_path: Path) -> None:
    stage = '''@stage(params={"n": 0})
def one(inputs, outputs, params):
    return """
        params[more]=1
        seq "${params[n]}" "${params[more]}"
    """
'''
    assert checked(tmp_path, stage).concerns == ()


def test_the_parts_of_a_scatter_gather_read_the_parameters_of_the_whole(tmp_path: Path) -> None:
    text = """
from stageline.lab import Lab, Run, scatter_gather, stage

@stage(outputs={"work__items": "$out/items.json", "worker__arg": {"n": 0}})
def split(inputs, outputs, params):
    return 'seq "${params[count]}" | jq -s . > "$out/items.json"'

@stage(inputs={"worker__item": ""}, outputs={"part": "$out/part"})
def each(inputs, outputs, params):
    return 'cat "${inputs[worker__item]}" > "$out/part"; echo "${params[count]}"'

@stage(inputs={"worker__outs": "[]"}, outputs={"all": "$out/all"})
def join(inputs, outputs, params):
    return 'cat "${inputs[worker__outs]}" > "$out/all"'

lab = Lab(runs=[Run("r", scatter_gather("s", params={"count": 3}, scatter=split, worker=each, gather=join))])
"""
    report = build(experiment(tmp_path, text), tmp_path / "result", options(tmp_path, check=True))
    assert report.concerns == ()


def test_lines_that_are_written_alike_are_told_apart(tmp_path: Path) -> None:
    stage = '''@stage(params={"n": 0})
def one(inputs, outputs, params):
    return f"""
        simulate
        seq {params.n} | simulate
        simulate
    """
'''
    found = told(tmp_path, stage)
    assert [problem.split(" ")[0] for problem in found] == ["lab.py:6:9:", "lab.py:7:9:", "lab.py:8:9:"]


@pytest.mark.parametrize(
    "body",
    [
        "return 'simulate now'",
        'return f"simulate {params.n}"',
        'return rf"""simulate \'{params.n}\' """',
        'return (f"simulate {params.n}\\n")',
    ],
)
def test_a_script_on_one_line_is_found(tmp_path: Path, body: str) -> None:
    stage = f"@stage(params={{'n': 0}})\ndef one(inputs, outputs, params):\n    {body}"
    (problem,) = told(tmp_path, stage)
    assert problem.startswith(f"lab.py:5:{5 + body.index('simulate')}: one: 'simulate' is no declared tool")


def test_a_script_from_elsewhere_is_told_by_its_stage_and_line(tmp_path: Path) -> None:
    stage = "TEXT = 'true\\nsimulate'\n@stage(params={'n': 0})\ndef one(inputs, outputs, params):\n    return TEXT"
    (problem,) = told(tmp_path, stage)
    assert problem.startswith("lab.py:4:1: one: line 2 of the script: 'simulate' is no declared tool")


def test_errors_of_shellcheck_are_refused_and_warnings_told(tmp_path: Path) -> None:
    stage = '''@stage(params={"n": 0})
def one(inputs, outputs, params):
    return f"""
        if [ {params.n} = 1 ]; then echo 1
    """
'''
    assert all(problem.startswith("lab.py:6:") for problem in told(tmp_path / "a", stage))
    report = checked(tmp_path / "b", stage.replace("if [ {params.n} = 1 ]; then echo 1", "unused=1; cat $out/x"))
    (concern,) = report.concerns
    assert str(concern).endswith(
        "lab.py:6:9: one: unused appears unused. Verify use (or export if used externally). (SC2034)"
    )


def test_each_mistake_is_told_once_for_all_jobs(tmp_path: Path) -> None:
    text = LAB.replace("seq {params.slope}", "seqq {params.slope}").replace("[1, 2]", "list(range(50))")
    with pytest.raises(LoadError) as raised:
        build(experiment(tmp_path, text), tmp_path / "result", options(tmp_path, check=True))
    (problem,) = raised.value.problems
    assert "did you mean 'seq'" in problem.hint

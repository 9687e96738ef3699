"""A definition with values of the wrong types: each is a mistake of the author's, and never a defect."""

from typing import Any

import pytest

from stageline.errors import DocumentError
from stageline.lab import Run, dirs, files, image, range_, scatter_gather, stage, uv
from stageline.lab.node import Node, Usable
from stageline.lab.pipeline import pipeline
from stageline.lab.view import View
from tests.unit.lab.labs import mistakes

ODD = [3, None, ["x"], {"x": 1}, object(), b"x", "", "\0"]


@stage(outputs={"x": "$out/x"}, params={"n": 1})
def work(params: View) -> str:
    return f"echo {params.n} > $out/x"


@stage(inputs={"worker__item": ""}, outputs={"r": "$out/r"})
def worker() -> str:
    return "true"


@stage(inputs={"worker__outs": "[]"}, outputs={"f": "$out/f"})
def gather() -> str:
    return "true"


def scattered(example: Any = None, **more: Any) -> Usable:
    @stage(outputs={"work__items": "$out/items.json", "worker__arg": example or {"i": 0}})
    def scatter() -> str:
        return "true"

    return scatter_gather("q", **{"scatter": scatter, "worker": worker, "gather": gather, **more})


@pytest.mark.parametrize("odd", ODD)
def test_paths_are_texts(odd: Any) -> None:
    for call in (files, dirs, uv, image):
        with pytest.raises(TypeError, match="is no path; write one as text, such as"):
            call(odd)


def test_a_version_of_python_is_a_text() -> None:
    with pytest.raises(TypeError, match=r"3\.12 is no version of Python"):
        uv("uv.lock", python=3.12)  # type: ignore[arg-type]


@pytest.mark.parametrize("odd", ["x", None, True, float("nan"), [1]])
def test_ranges_are_of_numbers(odd: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="a range is of numbers"):
        range_(1, odd)


def test_a_stage_is_a_function_and_a_scatter_gather_has_a_name() -> None:
    odd: Any
    for odd in (3, int):
        with pytest.raises(TypeError, match=r"@stage\(…\) stands above a function, not above "):
            stage(odd)
    with pytest.raises(TypeError, match="begins with its name"):
        scatter_gather(3)  # type: ignore[arg-type]


def test_an_output_is_taken_by_its_name() -> None:
    @pipeline
    def wired() -> None:
        made: Node = work()
        made[3]  # type: ignore[index]

    assert mistakes(Run("r", wired)) == [
        "wired: TypeError: an output is taken by its name, as in produced['data'], not by 3"
    ]


@pytest.mark.parametrize(
    ("run", "told"),
    [
        ({"name": ["x"]}, "runs: ['x'] cannot be a name; use at most 120 letters, digits and any of + . _ -"),
        ({"name": "a\n"}, "runs: 'a\\n' cannot be a name; use at most 120 letters, digits and any of + . _ -"),
        ({"params": {3: [4]}}, "r.params.3: 3 is no name of a parameter; write it as text"),
        ({"exclude": 3}, "r.exclude: 3 excludes nothing; "),
        ({"exclude": "n"}, "r.exclude: 'n' excludes nothing; "),
        ({"depends_on": {}}, "r.depends_on: no run of this lab is called '{}'; a run of the same Lab is meant"),
        ({"after": [["x"]]}, "r.after: no run of this lab is called '['x']'; a run of the same Lab is meant"),
    ],
)
def test_what_a_run_is_given(run: Any, told: str) -> None:
    assert mistakes(Run(**{"name": "r", "pipelines": work, **run}))[0].startswith(told)


def test_a_name_that_is_too_long_is_told_with_the_limit() -> None:
    (told,) = mistakes(Run("x" * 300, work))
    assert "at most 120" in told
    assert len(told) < 200


def test_names_that_make_no_folder_together_are_told() -> None:
    @stage(pname="p" * 110, version="v" * 110, outputs={"x": "$out/x"})
    def long() -> str:
        return "true"

    (told,) = mistakes(Run("r", long))
    assert told.endswith(
        ".pname: with the version it has 220 letters, too many for a folder's name; use at most 200 for both"
    )


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ({"steps": 3}, 'q.steps: 3 is no mapping; write steps={"first": first}'),
        ({"steps": {3: worker}}, "q.steps: 3 cannot be a step's name; "),
        ({"steps": {"a": worker}, "deps": {"a": 3}}, "q.deps: 3 is no step; "),
        ({"example": {"i": int}}, "scatter.outputs.worker__arg: this is no JSON: "),
    ],
)
def test_what_a_scatter_gather_is_given(made: Any, told: str) -> None:
    assert any(one.startswith(told) for one in mistakes(Run("r", scattered(**made))))


@pytest.mark.parametrize(("text", "told"), [("a\udc80", "holds half a character"), ("a\0b", "holds no NUL")])
def test_a_script_is_a_text_for_bash(text: str, told: str) -> None:
    @stage(outputs={"x": "$out/x"})
    def odd() -> str:
        return text

    (said,) = mistakes(Run("r", odd))
    assert said.startswith("odd: its script: a text")
    assert told in said


def test_extras_and_groups_are_lists_of_names() -> None:
    for odd in ("x", 3, [3]):
        with pytest.raises(DocumentError, match="is no list of names"):
            uv("uv.lock", extras=odd)  # type: ignore[arg-type]

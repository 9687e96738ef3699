"""No text may break the loader, or make it run anything: it answers with a document, or with what is wrong where."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stageline.document.definition import Document
from stageline.document.kinds import known_kinds
from stageline.document.load import load_text
from stageline.document.running import make_run
from stageline.load.problems import LoadError
from stageline.model.params import TYPES, Param, Refused, value_of
from tests.unit.document.test_schema import VALID, WRONG

KEYS = sorted(known_kinds().keys | {"jobs", "params", "strategy", "matrix", "runs-on", "plugins", "registry", "needs"})
TEXTS = st.sampled_from(
    ["a", "b", "${{ params.a }}", "${{ item }}", "${{ stages.a.outputs.x }}", "${{", "x = (", "true", "", "int", "_"]
)
SCALARS = TEXTS | st.integers(-2, 2000) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none()
VALUES = st.recursive(
    SCALARS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=30,
)


def refuse(name: str) -> None:
    raise AssertionError(f"'{name}' was imported")


def load(text: str) -> Document | None:
    """The document, or nothing when what is wrong was told at a place."""
    try:
        return load_text(text, "flow.yml")
    except LoadError as error:
        told = error
    assert told.problems
    assert all(problem.place.line >= 1 and problem.message for problem in told.problems)
    assert str(told)
    assert told.details()
    json.dumps(told.as_json())
    return None


def runs(document: Document | None) -> None:
    """What loads can be run, if its parameters can be made of this."""
    for workflow in document.workflows.values() if document else ():
        needed = [name for name, param in workflow.params.items() if param.required]
        with suppress(Refused):
            for name in needed:
                value_of(workflow.params[name], "1")
            make_run(workflow, dict.fromkeys(needed, "1"))


@given(text=st.text(max_size=60))
def test_any_text(text: str) -> None:
    load(text)
    load(f"stages:\n- name: a\n  {text}\n")
    load(f"stages: [{{name: a, echo: {json.dumps(text)}}}]")
    load(f"stages: [{{name: a, run: {json.dumps(text)}}}]")


@given(value=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4))
def test_any_stage(value: dict[str, Any]) -> None:
    runs(load(json.dumps({"stages": [{"name": "a", **value}]})))


@given(value=st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=5))
def test_any_workflow(value: dict[str, Any]) -> None:
    value.pop("plugins", None)
    runs(load(json.dumps(value)))
    runs(load(json.dumps({"jobs": {"a": value, "b": value}, "params": value})))


def _cut(text: str, at: int, other: str) -> str:
    return text[:at] + text[at + 3 :]


def _put(text: str, at: int, other: str) -> str:
    return text[:at] + other + text[at:]


def _swap(text: str, at: int, other: str) -> str:
    return text[:at] + other + text[at + len(other) :]


@given(
    text=st.sampled_from(VALID + WRONG),
    edits=st.lists(
        st.tuples(
            st.sampled_from([_cut, _put, _swap]),
            st.integers(0, 300),
            st.sampled_from(
                [" ", "\n", "[", "}", ":", "- ", "name: x", "${{ x }}", "'", "&a ", "*a", "stages", "id: a, "]
            ),
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_files_with_slips(text: str, edits: list[tuple[Callable[[str, int, str], str], int, str]]) -> None:
    for edit, at, other in edits:
        text = edit(text, at % (len(text) + 1), other)
    runs(load(text))


@given(type_=st.sampled_from(TYPES), given_=st.text(max_size=12) | VALUES)
def test_any_value_of_a_parameter(type_: Any, given_: Any) -> None:
    param = Param(type_, options=("a", 1))
    with suppress(Refused):
        value = value_of(param, given_)
        assert value_of(param, value) == value


@pytest.mark.parametrize("depth", [20, 60, 200, 5000])
def test_any_depth(depth: int) -> None:
    load("stages: " + "[{name: a, stages: " * depth + "[{name: b, echo: b}]" + "}]" * depth)
    load(f"stages: [{{name: a, run: '{'(' * depth}'}}]")
    load(f"stages: [{{name: a, run: 'x = {'-' * depth}1'}}]")
    load(f"stages: [{{name: a, echo: '${{{{ {'(' * depth}1{')' * depth} }}}}'}}]")


def test_nothing_is_imported_that_is_not_asked_for() -> None:
    load_text("stages: [{name: a, uses: os/system@latest}, {name: b, run: import nothing}]", "f.yml", plugins=refuse)

"""One list of stages among several: what matches, what does not, and what then."""

from typing import Any

import pytest

from stageline.errors import DocumentError
from stageline.model.status import Status
from stageline.stages.case import CaseStage, Match
from tests.unit.stages.playing import bad, echo, played

S = Status


def case(*cases: Any, **fields: Any) -> CaseStage:
    matches = [Match(one, [echo("say", f"{one}: ${{{{ case }}}}")]) for one in cases]
    return CaseStage(**{"name": "c", "case": "${{ params.x }}", "match": matches, **fields})


def chosen(value: Any, *cases: Any) -> Any:
    play = played(case(*cases), names={"params": {"x": value}})
    assert play.ended() is S.SUCCEEDED, play.why("c")
    return play.outputs("c")["stages"]["say"]["outputs"]["echo"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a", "a: a"),
        (2, "2: 2"),
        ("2", "2: 2"),
        (True, "true: true"),
        ("true", "true: true"),
        (None, "null: null"),
        ("other", "_: other"),
        ("_", "_: _"),
        ("a/b", "a/b: a/b"),
        ("x\ny", "_: x\ny"),
        ("", "_: "),
    ],
)
def test_values_match_as_they_read_and_the_default_stands_anywhere(value: Any, said: str) -> None:
    assert chosen(value, "a", "_", "2", "true", "null", "a/b") == said


def test_cases_that_are_no_texts_match_too() -> None:
    assert chosen("2", 2) == "2: 2"
    assert chosen(True, True) == "True: true"


def test_a_case_may_hold_a_placeholder() -> None:
    matches = [{"case": "${{ params.y }}", "stages": [echo("say")]}]
    play = played(case(match=matches), names={"params": {"x": "b", "y": "b"}})
    assert play.ended() is S.SUCCEEDED


def test_the_outputs_are_the_value_and_the_stages() -> None:
    play = played(case("a"), names={"params": {"x": "a"}})
    assert play.outputs("c") == {
        "case": "a",
        "stages": {"say": {"status": "SUCCEEDED", "outputs": {"echo": "a: a"}}},
    }


def test_no_match_fails_and_names_what_there_is() -> None:
    play = played(case("a", "b"), names={"params": {"x": "c"}})
    assert play.status("c") is S.FAILED
    assert play.why("c") == (
        "no case matches 'c'; there are 'a', 'b'; add a case '_' for all others, or skip-not-match: true"
    )


def test_no_match_may_be_skipped() -> None:
    play = played(case("a", skip_not_match=True), names={"params": {"x": "c"}})
    assert play.status("c") is S.SKIPPED
    assert play.outputs("c") == {"case": "c"}


def test_a_failure_inside_is_told() -> None:
    play = played(CaseStage(name="c", case="a", match=[Match("a", [bad()])]))
    assert play.why("c") == "stage 'bad' failed: no good"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"match": []}, "match is a list of mappings"),
        ({"match": [{"case": "a"}]}, "match is a list of mappings"),
        ({"match": [Match("a", [])]}, "is a list of stages that is not empty"),
        ({"match": [Match("a", [echo("x")]), Match("a", [echo("x")])]}, "has the case 'a' twice"),
        ({"match": [Match(1, [echo("x")]), Match("1", [echo("x")])]}, "has the case '1' twice"),
        ({"case": ["a"]}, "a case is a text"),
    ],
)
def test_what_is_wrong_is_said_when_the_stage_is_made(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(DocumentError, match=said):
        case("a", **fields)

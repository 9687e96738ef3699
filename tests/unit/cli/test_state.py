"""A watched run is moved on by its events, and is then as the store has it; a large one is shown in few lines."""

import msgspec

from stageline.cli.ending import exit_code, first_failed
from stageline.cli.rows import chosen_rows
from stageline.cli.state import RunState
from stageline.engine.messages import StartWorkflow
from stageline.model.plan import Plan, Scope
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.unit.engine.play import Play, stage


def nested(count: int = 3) -> tuple[RunState, Play]:
    """A watched run in which `loop` has planned so many scopes with a stage each."""
    play = Play(stage("first"), stage("loop", "first"))
    state = RunState(play.workflow)
    play.say(StartWorkflow())
    play.succeed("first")
    scopes = [Scope(key=str(number), stages=[stage("inner")]) for number in range(count)]
    play.answer("loop", TaskResult.run_stages(Plan(scopes=scopes)))
    return state, play


def watched(state: RunState, play: Play) -> RunState:
    state.apply(play.events)
    return state


def test_what_is_watched_is_what_is_stored() -> None:
    state, play = nested()
    stored = play.stored()
    state, again = nested()
    watched(state, again)
    kept = RunState(msgspec.structs.replace(stored, record=msgspec.structs.replace(stored.record, events=0)))
    assert [state.path(n) for n in state.walk()] == [kept.path(n) for n in kept.walk()]
    assert [state.records[n].status for n in state.walk()] == [kept.records[n].status for n in kept.walk()]


def test_what_is_watched_does_not_grow_with_what_is_put_out_nor_with_what_was_written_once() -> None:
    state, play = nested(2)
    play.succeed("loop/0/inner", stdout="x" * 1000)
    play.succeed("loop/1/inner", stdout="y" * 1000)
    play.succeed("loop", foreach={"0": "x" * 1000})
    watched(state, play)
    numbers = {state.path(number): number for number in state.walk()}
    assert len(numbers) == 6
    assert not any(state.records[number].outputs for number in numbers.values())
    assert state.specs[numbers["loop/0/inner"]] is state.specs[numbers["loop/1/inner"]]


def test_stages_stand_below_those_that_planned_them() -> None:
    state = watched(*nested(2))
    paths = [state.path(number) for number in state.walk()]
    assert paths == ["first", "loop", "loop/0", "loop/0/inner", "loop/1", "loop/1/inner"]


def test_what_was_planned_in_an_earlier_round_is_not_shown() -> None:
    state, play = nested(2)
    for n in ("loop/0/inner", "loop/1/inner"):
        play.succeed(n)
    play.answer("loop", TaskResult.jump_to("loop"))
    watched(state, play)
    assert [state.path(number) for number in state.walk()] == ["first", "loop"]


def test_the_innermost_failure_is_the_one_to_tell_of() -> None:
    state, play = nested(2)
    play.fail("loop/1/inner")
    play.succeed("loop/0/inner")
    play.fail("loop")
    watched(state, play)
    found = first_failed(state)
    assert found is not None
    assert state.path(found[1]) == "loop/1/inner"


def test_a_failure_that_was_caught_is_not_the_one_to_tell_of() -> None:
    state, play = nested(2)
    play.fail("loop/1/inner")
    play.succeed("loop/0/inner")
    play.succeed("loop")
    watched(state, play)
    assert state.records[state.children(None)[1]].status is Status.SUCCEEDED
    assert first_failed(state) is None


def test_a_run_without_failures_has_none_to_tell_of() -> None:
    assert first_failed(RunState(Workflow.create("w", [stage("a")]))) is None


def test_a_run_that_fits_is_shown_whole() -> None:
    state = watched(*nested(2))
    assert [row.number for row in chosen_rows(state, 20)] == list(state.walk())


def test_of_a_large_run_the_stages_that_tell_most_are_shown_and_the_others_counted() -> None:
    state, play = nested(200)
    for number in range(150):
        play.succeed(f"loop/{number}/inner")
    play.fail("loop/170/inner")
    watched(state, play)
    rows = chosen_rows(state, 20)
    assert len(rows) <= 20
    shown = [state.path(row.number) for row in rows if row.number is not None]
    assert "loop/170/inner" in shown
    (words,) = [row.words for row in rows if row.number is None and "SUCCEEDED" in row.words]
    assert words == "… 150 SUCCEEDED, 46 RUNNING" or "150 SUCCEEDED" in words


def test_the_states_that_end_a_run_have_exit_codes() -> None:
    assert {status: exit_code(status) for status in Status if status.ended} == {
        Status.SUCCEEDED: 0,
        Status.FAILED_CONTINUE: 0,
        Status.SKIPPED: 0,
        Status.FAILED: 1,
        Status.CANCELED: 130,
    }

"""The tables of all steps: what is in them may happen; anything else raises and changes nothing."""

from itertools import product

import pytest

from stageline.engine.events import (
    Event,
    RunEnded,
    RunPaused,
    RunResumed,
    RunRetried,
    RunStarted,
    RunStopping,
    SignalKept,
    StageEnded,
    StageReset,
    StageStarted,
    StageStopping,
    StageWaiting,
    TaskEnded,
    TaskExecuted,
    TaskStarted,
)
from stageline.engine.run import Run
from stageline.engine.transitions import RUN_STEPS, STAGE_STEPS
from stageline.errors import IllegalTransition
from stageline.model.failure import Failure
from stageline.model.record import RunRecord, StageRecord, Waiting
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.unit.engine.play import snapshot, stage

S = Status
ENDS = [S.SUCCEEDED, S.FAILED, S.FAILED_CONTINUE, S.CANCELED, S.SKIPPED]


def run_in(status: Status) -> Run:
    return Run(Workflow(id="r", name="w", stages=[stage("a")], record=RunRecord(status)))


def stage_in(status: Status) -> Run:
    return Run(Workflow(id="r", name="w", stages=[stage("a", record=StageRecord(status)), stage("b", "a")]))


STAGE_EVENTS: list[tuple[Event, Status | None]] = [
    (StageStarted(1, 0), S.RUNNING),
    (TaskStarted(1, 0, 1), None),
    (TaskEnded(1, 0), None),
    (TaskExecuted(1, 0, 2), S.RUNNING),
    (StageWaiting(1, 0, Waiting.POLL), S.RUNNING),
    (StageWaiting(1, 0, Waiting.SIGNAL), S.SUSPENDED),
    (StageStopping(1, 0, "why"), None),
    (SignalKept(1, 0), None),
    (StageReset(1, 0), S.NOT_STARTED),
    *((StageEnded(1, 0, status), status) for status in ENDS),
]
RUN_EVENTS: list[tuple[Event, Status | None]] = [
    (RunStarted(1), S.RUNNING),
    (RunPaused(1), S.PAUSED),
    (RunResumed(1), S.RUNNING),
    (RunStopping(1, S.CANCELED, Failure("why")), None),
    (RunRetried(1), S.RUNNING),
    *((RunEnded(1, status), status) for status in ENDS),
]


@pytest.mark.parametrize(("event", "leads_to"), STAGE_EVENTS, ids=lambda part: type(part).__name__)
@pytest.mark.parametrize("before", Status)
def test_a_stage_takes_the_steps_of_its_table_and_no_other(
    before: Status, event: Event, leads_to: Status | None
) -> None:
    run = stage_in(before)
    after = leads_to or before
    if after in STAGE_STEPS.get(before, ()):
        run.apply(event)
        assert run.nodes[0].record.status is after
        return
    was = snapshot(run)
    with pytest.raises(IllegalTransition, match=f"stage 'a' cannot go from {before} to {after}"):
        run.apply(event)
    assert snapshot(run) == was


@pytest.mark.parametrize(("event", "leads_to"), RUN_EVENTS, ids=lambda part: type(part).__name__)
@pytest.mark.parametrize("before", Status)
def test_a_run_takes_the_steps_of_its_table_and_no_other(before: Status, event: Event, leads_to: Status | None) -> None:
    run = run_in(before)
    legal = not before.ended if leads_to is None else leads_to in RUN_STEPS.get(before, ())
    if legal and before in RUN_STEPS:
        run.apply(event)
        assert run.record.status is (leads_to or before)
        return
    was = snapshot(run)
    with pytest.raises(IllegalTransition, match=f"the run cannot .*{before}"):
        run.apply(event)
    assert snapshot(run) == was


def test_what_has_ended_stays_so_until_it_is_reset() -> None:
    for table, again in ((RUN_STEPS, {S.RUNNING}), (STAGE_STEPS, {S.NOT_STARTED})):
        assert {before for before in table if before.ended and table[before] != again} == set()


def test_every_status_that_a_step_leads_to_has_steps_of_its_own() -> None:
    for table in (RUN_STEPS, STAGE_STEPS):
        assert {after for steps in table.values() for after in steps} <= set(table)


def test_no_stage_pauses_and_no_run_is_suspended() -> None:
    assert S.PAUSED not in STAGE_STEPS
    assert S.SUSPENDED not in RUN_STEPS
    assert S.FAILED_CONTINUE not in RUN_STEPS


@pytest.mark.parametrize(("first", "second"), list(product(ENDS, ENDS)))
def test_no_stage_ends_twice(first: Status, second: Status) -> None:
    run = stage_in(S.RUNNING)
    run.apply(StageEnded(1, 0, first, {"n": 1}))
    was = snapshot(run)
    with pytest.raises(IllegalTransition):
        run.apply(StageEnded(2, 0, second, {"n": 2}))
    assert snapshot(run) == was

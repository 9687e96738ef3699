"""A run together with the runs that its stages start: as it stands in the store, and as news of it come in."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from stageline.cli.state import RunState
from stageline.engine.events import Event, StageWaiting
from stageline.engine.handlers.identity import child_id
from stageline.engine.ports import Store
from stageline.errors import UnknownName
from stageline.model.plan import SCOPE
from stageline.model.record import NEW_RUN, NEW_STAGE, Waiting
from stageline.model.workflow import Workflow

STARTS = "workflow"
News = list[tuple[RunState, list[Event]]]


def whole_run(store: Store, run: Workflow, above: str = "") -> RunState:
    """A run with those that it has started."""
    state = RunState(run, above)
    for number in state.walk():
        if (child := _started_by(store, state, number)) is not None:
            state.started[number] = whole_run(store, child, state.whole_path(number))
    return state


def news(store: Store, state: RunState) -> News:
    """What is new of a run and of those that it has started, which are moved on by it; as it happened, one by one."""
    found = [(one, events) for one, events in _all_news(store, state) if events]
    if len(found) < 2:
        return found
    return [(one, [event]) for one, event in sorted(_single(found), key=lambda pair: pair[1].at)]


def _single(found: News) -> Iterator[tuple[RunState, Event]]:
    return ((one, event) for one, events in found for event in events)


def _all_news(store: Store, state: RunState) -> News:
    events = store.events(state.id, state.record.events)
    state.apply(events)
    state.look()
    for event in events:
        if isinstance(event, StageWaiting) and event.waiting is Waiting.CHILD:
            child = _started_by(store, state, event.stage)
            if child is not None:
                state.started[event.stage] = RunState(_before_it_began(child), state.whole_path(event.stage))
    found = [(state, events)]
    for child_state in state.started.values():
        if not child_state.record.status.ended:
            found += _all_news(store, child_state)
    return found


def _started_by(store: Store, state: RunState, number: int) -> Workflow | None:
    spec, record = state.specs[number], state.records[number]
    if spec.type == SCOPE or not record.execution or STARTS not in (spec.type, *(task.type for task in spec.tasks)):
        return None
    try:
        return store.retrieve(child_id(state.id, number, record.execution))
    except UnknownName:
        return None


def _before_it_began(run: Workflow) -> Workflow:
    stages = [msgspec.structs.replace(spec, record=NEW_STAGE) for spec in run.stages if spec.parent is None]
    return msgspec.structs.replace(run, stages=stages, record=NEW_RUN)

"""Runs as JSON: the shapes that `--json` promises. Times are ISO 8601 in UTC, stages a tree."""

from typing import Any

import msgspec

from stageline.cli.state import RunState, kind_of
from stageline.cli.times import iso
from stageline.engine.ports import RunRow
from stageline.model.failure import Failure
from stageline.stages.asking import asks_in

Json = dict[str, Any]
ROOM = "room"


def row_as_json(row: RunRow, working: bool) -> Json:
    """One line of `list`."""
    record = row.record
    return {
        "id": row.id,
        "name": row.name,
        "status": str(record.status),
        "started_at": iso(record.started_at),
        "ended_at": iso(record.ended_at),
        "error": error_as_json(record.failure),
        "parent": row.parent or None,
        "working": working,
    }


def run_as_json(run: RunState) -> Json:
    """A whole run, with the stages of those that it has started."""
    return {
        "id": run.id,
        "name": run.name,
        "status": str(run.record.status),
        "params": run.params,
        "started_at": iso(run.record.started_at),
        "ended_at": iso(run.record.ended_at),
        "error": error_as_json(run.record.failure),
        "parent": run.parent.run if run.parent else None,
        "stages": [_stage(run, number) for number in run.children(None)],
    }


def _stage(state: RunState, number: int) -> Json:
    spec, record = state.specs[number], state.records[number]
    asks = asks_in(record.context)
    return {
        "ref": spec.ref_id,
        "name": spec.name,
        "kind": kind_of(spec),
        "status": str(record.status),
        "waiting": ROOM if state.waits_for_room(number) else record.waiting,
        "attempt": record.attempt,
        "asks": None if asks is None else msgspec.to_builtins(asks.resources),
        "outputs": record.outputs,
        "error": error_as_json(record.failure),
        "started_at": iso(state.began(number)),
        "ended_at": iso(record.ended_at),
        "stages": _below(state, number),
    }


def _below(state: RunState, number: int) -> list[Json]:
    if number in state.started:
        started = state.started[number]
        return [_stage(started, one) for one in started.children(None)]
    return [_stage(state, one) for one in state.children(number)]


def error_as_json(failure: Failure | None) -> Json | None:
    """What went wrong."""
    if failure is None:
        return None
    return {
        "name": failure.name,
        "message": failure.message,
        "cause": str(failure.cause),
        "code": failure.code,
        "detail": failure.detail or None,
        "log": failure.log or None,
    }

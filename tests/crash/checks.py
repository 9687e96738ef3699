"""What must hold of a run that died and went on: its outcome, its journal, its event log, and what is left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from stageline.engine.ports import Store
from stageline.model.record import NEW_STAGE, StageRecord
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.crash.journal import Line
from tests.folding import folded

Outcome = dict[str, Any]


class Death(NamedTuple):
    """What was written when a process died: lines of the journal, and of each stage (run, path) its record."""

    lines: int
    records: dict[tuple[str, str], StageRecord]

    def knows(self, line: Line) -> bool:
        """Whether this execution had been committed by then."""
        record = self.records.get((line.run, line.ref))
        return record is not None and line.execution <= record.execution


def family(store: Store, run: str) -> list[Workflow]:
    """The run, if it was stored, and its children."""
    rows = store.list_runs(10_000)
    children = [store.retrieve(row.id) for row in rows if row.name == "child"]
    own = [store.retrieve(run)] if run in (row.id for row in rows) else []
    return own + [one for one in children if one.parent and one.parent.run == run]


def death(store: Store, run: str, lines: Sequence[Line]) -> Death:
    """How things stand after a death."""
    records = {(one.id, path): record for one in family(store, run) for path, record in by_path(one).items()}
    return Death(len(lines), records)


def outcome(store: Store, run: str) -> Outcome:
    """All that a run and its children have come to, times and drawn names aside."""
    runs = family(store, run)
    return {
        one.name: {"run": _end_of_run(one), **{path: _end_of_stage(r) for path, r in by_path(one).items()}}
        for one in runs
    }


def by_path(run: Workflow) -> dict[str, StageRecord]:
    """The record of each stage by its ref, or, if it was planned, by its path."""
    paths: list[str] = []
    for stage in run.stages:
        paths.append(stage.ref_id if stage.parent is None else f"{paths[stage.parent]}/{stage.ref_id}")
    return {path: stage.record for path, stage in zip(paths, run.stages, strict=True)}


def _end_of_run(run: Workflow) -> tuple[Status, str]:
    return run.status, str(run.failure or "")


def _end_of_stage(record: StageRecord) -> tuple[Any, ...]:
    outputs = {key: value for key, value in record.outputs.items() if key != "run"}
    return record.status, outputs, str(record.failure or ""), record.attempt, record.round


def log_problems(store: Store, run: str) -> list[str]:
    """Where the event log does not give the tables."""
    problems = []
    for one in family(store, run):
        again = folded(one, store.events(one.id))
        if again.record != one.record:
            problems.append(f"the log of {one.name} gives {again.record}, the table says {one.record}")
        pairs = zip(again.stages, one.stages, strict=True)
        problems += [f"the log gives {told}, the table {kept}" for told, kept in pairs if told != kept]
    return problems


def journal_problems(lines: Sequence[Line], deaths: Sequence[Death]) -> list[str]:
    """Where a task ran that must not: twice under one number, after its end, or more often than there were deaths."""
    numbers = Counter((line.run, line.ref, line.execution) for line in lines)
    problems = [f"execution {key} ran {count} times" for key, count in numbers.items() if count > 1]
    steps = Counter((line.run, line.ref, line.step) for line in lines)
    most = 1 + len(deaths)
    problems += [f"step {key} ran {count} times, {most - 1} deaths" for key, count in steps.items() if count > most]
    for died in deaths:
        problems += [problem for line in lines[died.lines :] if (problem := _against(line, died.records))]
    return problems


def _against(line: Line, records: dict[tuple[str, str], StageRecord]) -> str:
    record = records.get((line.run, line.ref), NEW_STAGE)
    if record.status.ended and line.round <= record.round:
        return f"{line} ran although its stage had ended"
    if line.execution <= record.execution:
        return f"{line} ran under a number that had been given out before"
    return ""


def steps_by_ref(lines: Sequence[Line], outcome: Outcome) -> dict[str, int]:
    """How many different steps each stage took; of canceled ones that depends on chance."""
    ends = {ref: end[0] for run in outcome.values() for ref, end in run.items()}
    steps = {(line.ref, line.step) for line in lines}
    return dict(Counter(ref for ref, _ in steps if ends[ref] is not Status.CANCELED))

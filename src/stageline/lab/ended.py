"""The end of a script: its outputs are looked at, its record is written, and a failure says all that helps."""

from __future__ import annotations

from pathlib import Path

import msgspec

from stageline.lab.record import Examined, Record, examine, write_record
from stageline.lab.script import NO_INPUT
from stageline.lab.unit import Unit
from stageline.model.failure import Cause, Failure
from stageline.model.resource_words import time_in_words
from stageline.model.result import TaskResult
from stageline.targets.logs import last_lines, read_ends

DONE = TaskResult.success()
DONE_BEFORE = TaskResult.skipped()
SHOWN = 40


class HowEnded(msgspec.Struct, frozen=True, kw_only=True):
    """The end of the process that ran a script; times are microseconds since 1970."""

    started: int
    ended: int
    host: str
    code: int
    signal: str = ""
    cpu_seconds: float = 0.0
    peak_memory: int | None = None
    out_of_memory: bool = False
    time_limit: int = 0


def conclude(unit: Unit, how: HowEnded, found: Examined | None = None) -> TaskResult:
    """Write the record, and answer what it means. Once it is there, the job is done."""
    record = record_of(unit, how, found or examine(unit.out, unit.outputs))
    write_record(unit.records, record)
    return DONE if record.succeeded else TaskResult.failed(failure_of(unit, record, read_ends(Path(unit.log))))


def record_of(unit: Unit, how: HowEnded, found: Examined) -> Record:
    """What is kept of the end of a script."""
    return Record(
        job=unit.id,
        exit_code=how.code,
        started=how.started,
        ended=how.ended,
        host=how.host,
        signal=how.signal,
        out_of_memory=how.out_of_memory,
        time_limit=how.time_limit,
        cpu_seconds=how.cpu_seconds,
        peak_memory=how.peak_memory,
        outputs=found.outputs,
        missing=found.missing,
        seen=unit.seen,
        read={**unit.read, **unit.below} if unit.below else unit.read,
    )


def failure_of(unit: Unit, record: Record, said: str) -> Failure:
    """Why a job failed: cause, code, the last lines of what it said, and where the rest is."""
    cause = Cause.OUTPUT
    if record.time_limit:
        cause = Cause.TIMEOUT
    elif record.signal:
        cause = Cause.OUT_OF_MEMORY if record.out_of_memory else Cause.SIGNAL
    elif record.exit_code:
        cause = Cause.EXIT
    return Failure(
        f"{unit.words} {_how(unit, record)}",
        cause,
        code=record.exit_code,
        names=(record.signal, f"SIG{record.signal}") if record.signal else (),
        detail="\n".join(last_lines(said, SHOWN)),
        log=unit.log,
    )


def _how(unit: Unit, record: Record) -> str:
    if record.time_limit:
        given = time_in_words(record.time_limit)
        return f"was ended: it had not come to its end within the {given} that its resources give it"
    if record.signal:
        memory = ": the machine was out of memory" if record.out_of_memory else ""
        return f"was killed by signal {record.signal}{memory}"
    if record.exit_code == NO_INPUT:
        return f"ended with exit code {NO_INPUT}: an input cannot be opened"
    if record.exit_code:
        return f"ended with exit code {record.exit_code}"
    paths = ", ".join(f"'{name}' ({unit.outputs[name]})" for name in record.missing)
    return f"ended well, but did not make its output {paths}"

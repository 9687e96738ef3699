"""The ends of scripts on a target: their outputs are looked at there, their records are written there, and what is
wanted here is fetched; for all that have ended since the last time at once.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from stageline.lab.afar.answers import examined_in
from stageline.lab.afar.hands import Over, Piece
from stageline.lab.afar.home import FarHome
from stageline.lab.afar.owed import Made
from stageline.lab.ended import DONE, HowEnded, failure_of, record_of
from stageline.lab.model import WORK_ITEMS
from stageline.lab.places import Places
from stageline.lab.record import Record, changes, read_record, record_name, record_text, write_record
from stageline.lab.terms import Fetch
from stageline.lab.unit import Unit
from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.runtimes.ending import signal_in_code, start_problem
from stageline.runtimes.sandbox import Runtime
from stageline.targets.cancellation import Cancellation
from stageline.targets.limit import ran_out
from stageline.targets.logs import as_text, read_ends
from stageline.targets.process import signal_name
from stageline.targets.target import LOG_LIMIT, Stand, State, stderr_of

LAST = 1 << 14
_OF_ITSELF = (None, Cause.EXIT, Cause.SIGNAL)


class Wanted(msgspec.Struct, frozen=True):
    """What has ended and is wanted here, with its record if it has one, and how it ended if that was seen just now.

    `told`: whoever waited for it knows that it is done.
    """

    made: Made
    record: Record | None
    over: Over | None = None
    told: bool = False

    @property
    def succeeded(self) -> bool:
        return self.record is not None and self.record.succeeded


class Concluding:
    """Concludes for one Lab."""

    def __init__(self, places: Places, far: FarHome, fetch: Fetch, runtime: Runtime = Runtime.NATIVE) -> None:
        self._places = places
        self._far = far
        self._fetch = fetch
        self._runtime = runtime

    def conclude(self, ended: Sequence[Over]) -> dict[str, Wanted]:
        """What came of each, by id. Once its record is there, it is done."""
        units = {one.piece.id: one.piece.unit for one in ended}
        ended = [self._explained(one) for one in ended]
        records = self._records(ended, units)
        self.keep(list(records.values()), [units[id] for id in records])
        found = {one.piece.id: Wanted(one.piece.unit, records.get(one.piece.id), one) for one in ended}
        self._forget(one for one in found.values() if one.succeeded)
        return found

    def _forget(self, ended: Iterable[Wanted]) -> None:
        """What came of these is known."""
        tokens = [one.over.piece.order.token for one in ended if one.over is not None]
        if tokens:
            self._far.target.remove([f"run/{token}" for token in tokens])

    def _explained(self, one: Over) -> Over:
        """An end that was that of the runtime, and not of the script, is a failure of another kind."""
        code = one.state.code if one.state is not None else None
        if self._runtime is Runtime.NATIVE or not code or one.failure is not None:
            return one
        if problem := start_problem(self._runtime, code, self._said_there(one.piece)[0]):
            return Over(one.piece, one.state, Failure(problem, Cause.MISSING))
        assert one.state is not None
        return Over(one.piece, with_signal(one.state, self._runtime))

    def keep(self, records: Sequence[Record], units: Sequence[Unit]) -> None:
        """Have these records there, of these scripts."""
        pairs = zip(records, units, strict=True)
        self._far.write({f"{self._far.name(u.records)}/{record_name(r.job)}": record_text(r) for r, u in pairs})

    def is_here(self, unit: Made) -> bool:
        """Whether what is wanted here is here."""
        if self._fetch == "none":
            return WORK_ITEMS not in unit.outputs or Path(unit.out, unit.outputs[WORK_ITEMS].partition("/")[2]).exists()
        record = read_record(Path(unit.records), unit.id)
        if record is None or changes(record, unit.out):
            return False
        return self._fetch != "all" or _whole(unit).exists()

    def bring(self, ended: Sequence[Wanted], cancellation: Cancellation) -> dict[str, TaskResult]:
        """Have here what is wanted here; answers what came of each."""
        names = [name for one in ended for name in self._wanted(one.made, one.record)]
        kept = [(one.made, one.record) for one in ended if self._fetch != "none" and one.record is not None]
        for made, _ in kept:
            _whole(made).unlink(missing_ok=True)
            shutil.rmtree(made.out, ignore_errors=True)
        self._far.fetch(names, cancellation)
        for made, record in kept:
            Path(made.out).mkdir(parents=True, exist_ok=True)
            write_record(made.records, record)
            if self._fetch == "all":
                _whole(made).touch()
        results = {one.made.id: self._result(one) for one in ended}
        self._forget(one for one in ended if not one.succeeded)
        return results

    def _wanted(self, unit: Made, record: Record | None) -> list[str]:
        out, log = self._far.name(unit.out), self._far.name(unit.log)
        outputs = {} if record is None else record.outputs
        if self._fetch == "none":
            return [f"{out}/{outputs[WORK_ITEMS].path}"] if WORK_ITEMS in outputs else []
        if self._fetch == "all" and record is not None:
            return [log, out]
        return [log, *(f"{out}/{one.path}" for one in outputs.values())]

    def _records(self, ended: Sequence[Over], units: Mapping[str, Unit]) -> dict[str, Record]:
        """The records of those whose processes were seen to end, or were killed for want of memory."""
        known = {one.piece.id: how for one in ended if (how := _how(one)) is not None}
        names = [
            f"{self._far.name(units[id].out)}/{path.partition('/')[2]}"
            for id in known
            for path in units[id].outputs.values()
        ]
        tools = self._places.tools(next(iter(units.values())).environment).bash.rpartition("/")[0]
        found = self._far.examine(list(dict.fromkeys(names)), tools)
        return {
            id: record_of(units[id], how, examined_in(found, self._far.name(units[id].out), units[id].outputs))
            for id, how in known.items()
        }

    def _result(self, wanted: Wanted) -> TaskResult:
        one, record = wanted.over, wanted.record
        if one is None or wanted.succeeded:
            return DONE
        unit = one.piece.unit
        said, log = self._said(one.piece)
        failure = one.failure
        if failure is None:
            assert record is not None
            failure = failure_of(unit, record, said)
        else:
            shown = failure_of(unit, record, said).detail if record else said
            failure = msgspec.structs.replace(failure, message=_named(unit, failure.message), detail=shown)
        return TaskResult.failed(msgspec.structs.replace(failure, log=log))

    def _said(self, piece: Piece) -> tuple[str, str]:
        """The last that a script has said, and where all of it is."""
        log = piece.unit.log
        if self._fetch != "none" and Path(log).exists() and (said := read_ends(Path(log))):
            return said, log
        return self._said_there(piece)

    def _said_there(self, piece: Piece) -> tuple[str, str]:
        target = self._far.target
        for name in (self._far.name(piece.unit.log), stderr_of(piece.order.token)):
            if said := as_text(target.read(name, limit=LOG_LIMIT)[-LAST:]):
                return said, f"{target.name}:{target.base}/{name}"
        return "", f"{target.name}:{self._far.there(piece.unit.log)}"


def with_signal(state: State, runtime: Runtime) -> State:
    """The end of the script, which what is around it can only tell by its own exit code."""
    number = 0 if state.signal or state.code is None else signal_in_code(runtime, state.code)
    return msgspec.structs.replace(state, signal=signal_name(number)) if number else state


def _how(one: Over) -> HowEnded | None:
    """How a process ended, if that is a matter of the script, and not of the machine or of whoever stopped it."""
    state, cause = one.state, None if one.failure is None else one.failure.cause
    limit = _time_limit(one)
    if limit or cause is Cause.OUT_OF_MEMORY:
        now = time.time_ns() // 1000
        state = state or State(stand=Stand.ENDED, started=now, ended=now)
        how = "TERM" if limit else "KILL"
        state = msgspec.structs.replace(state, signal=how, out_of_memory=cause is Cause.OUT_OF_MEMORY)
    elif state is None or cause not in _OF_ITSELF:
        return None
    return HowEnded(
        started=state.started,
        ended=state.ended,
        host=state.host,
        code=0 if state.signal else state.code or 0,
        signal=state.signal,
        cpu_seconds=state.cpu_seconds,
        out_of_memory=state.out_of_memory,
        time_limit=limit,
    )


def _time_limit(one: Over) -> int:
    """The seconds that it was given, if it was ended because they were over; else nothing."""
    given, state = one.piece.unit.resources.time or 0, one.state
    if one.failure is not None:
        return given if one.failure.cause is Cause.TIMEOUT else 0
    return given if state is not None and ran_out(state, given) else 0


def _whole(made: Made) -> Path:
    """The mark that says that all that a script has left has come, beside it."""
    return Path(made.log).with_name(".all")


def _named(unit: Unit, message: str) -> str:
    return f"{unit.words}: {message}"

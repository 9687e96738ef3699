"""Errands on a machine of which nobody else decides who may use it: as many at a time as it has room for.

What one process hands over is lined up here. The machine knows what all processes of the user have begun there, and
makes those wait, by turns, for which there is no room beside the others.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Mapping, Sequence, Set

import msgspec

from stageline.model.failure import Cause, Failure
from stageline.schedulers.admission import Admission, Amount, TooLarge, amount_of
from stageline.schedulers.way import refusal
from stageline.targets.cancellation import Cancellation
from stageline.targets.errand import Ending, Errand
from stageline.targets.limit import ran_out
from stageline.targets.target import Stand, State, Takes, Target

log = logging.getLogger(__name__)

_SOON, _TURN, _FAR = 0.05, 0.5, 5.0
_KIBIBYTE = 1 << 10
_ROOM = """
count=0
while read -r name _; do [[ $name != cpu[0-9]* ]] || count=$((count + 1)); done </proc/stat
while read -r name size _; do [ "$name" != MemTotal: ] || echo "$count $size"; done </proc/meminfo
"""


class Direct:
    """Starts orders within a machine's cpus and memory, or within a capacity if one is given."""

    limits = False

    def __init__(self, target: Target, capacity: Amount | None = None) -> None:
        self.target = target
        self._capacity = capacity
        self.trouble = ""
        self._room: Admission[str] | None = None
        self._new: dict[str, Errand] = {}
        self._waiting: dict[str, Errand] = {}
        self._starting: dict[str, Errand] = {}
        self._running: set[str] = set()
        self._admitted: set[str] = set()
        self._never: dict[str, Ending] = {}
        self._limits: dict[str, int] = {}
        self._elsewhere = False
        self._engine = uuid.uuid4().hex
        self._sent: set[str] = set()

    def add(self, errands: Sequence[Errand]) -> None:
        """Take these in."""
        self._new.update((errand.token, errand) for errand in errands)
        given = {errand.token: errand.resources.time for errand in errands}
        self._limits.update((token, time) for token, time in given.items() if time is not None)

    def begin(self, interrupt: Cancellation) -> dict[str, Ending]:
        """Start those that there is room for."""
        self._line_up()
        if self._room is not None:
            for token in self._room.admit():
                self._starting[token] = self._waiting.pop(token)
                self._admitted.add(token)
        if self._starting:
            self._start()
        return self._never

    def _start(self) -> None:
        """Begin those whose turn it is here; there they may have to wait for others."""
        new = [errand.order for token, errand in self._starting.items() if token not in self._sent]
        assert self._room is not None
        capacity = self._room.capacity
        takes = {token: _takes(_amount(errand, capacity)) for token, errand in self._starting.items()}
        full = set(self.target.admit(new, takes, _takes(capacity), self._engine))
        self._sent = full
        self._running |= self._starting.keys() - full
        self._starting = {token: errand for token, errand in self._starting.items() if token in full}

    def waiting(self) -> Collection[str]:
        """Those that were not started."""
        return [*self._new, *self._starting]

    @property
    def urgent(self) -> bool:
        """Whether something is to be started that does not have to wait for others."""
        return bool(self._new or self._starting.keys() - self._sent)

    def running(self) -> Set[str]:
        """Those that were started."""
        return self._running

    def look(self, patience: float, interrupt: Cancellation) -> dict[str, Ending]:
        """Those that have ended."""
        if not self._running:
            return {}
        if self._starting:
            patience = min(patience, _TURN)
        states = self.target.look(sorted(self._running), patience, interrupt)
        self._elsewhere = any(state.stand is Stand.ELSEWHERE for state in states.values())
        left = [token for token, state in states.items() if state.stand is Stand.LOST or self._is_late(token, state)]
        if left:
            self.target.cancel(left)  # what it has started may live
        return {token: end for token, state in states.items() if (end := _ending(state)) is not None}

    def stop(self, reasons: Mapping[str, str]) -> dict[str, Ending]:
        """End these, and see that they are gone."""
        gone = {token: Ending(stopped=reason) for token, reason in reasons.items() if self._leave_line(token)}
        known = [token for token in reasons if token not in gone]
        if known:
            if left := self.target.cancel(known):
                log.warning("target '%s': processes %s could not be ended", self.target.name, left)
            for token, state in self.target.look(known).items():
                if state.is_over:
                    gone[token] = stopped_ending(state, reasons[token])
        return gone

    def forget(self, tokens: Collection[str]) -> None:
        """Let others have the room."""
        for token in tokens:
            self._leave_line(token)
            for kept in (self._new, self._starting, self._never, self._limits):
                kept.pop(token, None)
            self._running.discard(token)
            if token in self._admitted and self._room is not None:
                self._admitted.discard(token)
                self._room.release(token)

    def pause(self) -> float | None:
        """Looking waits by itself, but not for what another machine does with the same folder."""
        if not (self._new or self._waiting or self._starting or self._running):
            return None
        if self._starting and not self._running:
            return _TURN
        return _FAR if self._elsewhere else _SOON

    def _line_up(self) -> None:
        """Those that have begun are gone on with; the others wait for room."""
        if not self._new:
            return
        if self._room is None:
            self._room = Admission(self._capacity or room_of(self.target))
        for token, state in self.target.look(list(self._new)).items():
            errand = self._new.pop(token)
            if state.stand not in (Stand.NONE, Stand.WAITING):
                self._room.hold(token, amount_of(errand.resources))
                self._admitted.add(token)
                self._running.add(token)
                continue
            asked = _amount(errand, self._room.capacity)
            if excess := self._room.capacity.lack(asked):
                self._never[token] = refusal(TooLarge(f"it {excess}: let it ask for less"))
            else:
                self._room.ask(token, asked)
                self._waiting[token] = errand

    def _is_late(self, token: str, state: State) -> bool:
        """Whether it has just ended because its time was over."""
        if state.stand is not Stand.ENDED or (time := self._limits.pop(token, None)) is None:
            return False
        return ran_out(state, time)

    def _leave_line(self, token: str) -> bool:
        return self._waiting.pop(token, None) is not None and self._room is not None and self._room.withdraw(token)


def room_of(target: Target) -> Amount:
    """What a machine has."""
    cpus, kibibytes = map(int, target.call(("bash", "-c", _ROOM)).out.split())
    return Amount(max(1, cpus), kibibytes * _KIBIBYTE)


def _takes(amount: Amount) -> Takes:
    return amount.cpus, amount.memory


def _amount(errand: Errand, capacity: Amount) -> Amount:
    asked = amount_of(errand.resources)
    return msgspec.structs.replace(asked, memory=min(asked.memory, capacity.memory)) if errand.grown else asked


def stopped_ending(state: State, reason: str) -> Ending:
    """Of what was to be stopped: it may have ended well before."""
    done = state.stand is Stand.ENDED and state.code == 0 and not state.stopped and not state.told
    return Ending(state=state) if done else Ending(state=state, stopped=reason)


def _ending(state: State) -> Ending | None:
    match state.stand:
        case Stand.ENDED if state.stopped:
            return Ending(state=state, failure=Failure("it was canceled there", Cause.CANCELED))
        case Stand.ENDED:
            return Ending(state=state)
        case Stand.LOST:
            words = f"{state.host} has restarted, or what watched over it was killed"
            return Ending(failure=Failure(words, Cause.NODE))
        case Stand.NONE:
            return Ending(failure=Failure("nothing is known of it there any more: its folder was removed", Cause.NODE))
        case _:
            return None

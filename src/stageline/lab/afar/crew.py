"""A crew that has scripts run on a target. One thread talks to the target, about all of them at a time.

Whoever comes later with the same script finds it as it was left: running, ended, or not begun. When the target cannot
be reached, everything stays as it is until it can.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import msgspec

from stageline.errors import Canceled, ConfigError, StagelineError, TargetLost
from stageline.lab.afar.concluding import Concluding, Wanted
from stageline.lab.afar.desk import Desk
from stageline.lab.afar.fetching import Fetching
from stageline.lab.afar.hands import Hands, Over
from stageline.lab.afar.home import FarHome
from stageline.lab.afar.owed import OwedNotes
from stageline.lab.afar.pieces import Pieces
from stageline.lab.afar.there import There
from stageline.lab.ended import DONE
from stageline.lab.model import WORK_ITEMS
from stageline.lab.record import Record, changes, read_record
from stageline.lab.unit import Unit
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.schedulers.local import TURNED_AWAY
from stageline.schedulers.slurm_calls import NoAnswer
from stageline.tasks.later import Answer
from stageline.tasks.raised import raised

LOOK = 10.0
FIRST_LOOK = 1.2
PAUSES = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)

log = logging.getLogger(__name__)


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What a crew works with."""

    far: FarHome
    there: There
    pieces: Pieces
    concluding: Concluding
    hands: Hands
    owed: OwedNotes


class FarCrew:
    """If it `drains`, after a failure nothing more begins, and what runs ends first."""

    def __init__(self, tools: Tools, drains: bool = False) -> None:
        self._tools = tools
        self._hands = tools.hands
        self._drains = drains
        self._desk = Desk()
        self._fetching = Fetching(tools.concluding, tools.owed, self._desk.leaving, self._desk.wake)
        self._fetching.add(_owed(tools))
        self._done: dict[str, tuple[Unit, Record]] = {}
        self._over: list[Over] = []
        self._failed: list[tuple[str, TaskResult]] = []
        self._halted = False
        self.is_quiet = False
        self._pause = FIRST_LOOK
        self._thread: threading.Thread | None = None

    def submit(self, unit: Unit, answer: Answer, read: bool = False) -> None:
        self._hurry()
        self._desk.ask(unit, answer, read=read)
        self._begin_work()

    def _hurry(self) -> None:
        """The next look is a short one."""
        self.is_quiet = False
        self._pause = FIRST_LOOK

    def _begin_work(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="stageline-far", daemon=True)
            self._thread.start()

    def have(self, unit: Unit, renewed: Record | None, answer: Answer) -> None:
        record = renewed or self._tools.there.intact.get(unit.id)
        is_here = renewed is None and not self._fetching.busy and self._tools.concluding.is_here(unit)
        if record is None or is_here:
            answer(DONE)
            return
        self._tools.there.intact[unit.id] = record
        self._done[unit.id] = unit, record
        self._hurry()
        self._desk.ask(unit, answer, new=False)
        self._begin_work()

    def record(self, folder: str, id: str) -> Record | None:
        return self._tools.there.intact.get(id) or read_record(Path(folder), id)

    def stop(self, id: str, reason: str) -> None:
        self._desk.refuse(id, reason)

    def leave(self, id: str, reason: str) -> None:
        self._desk.leave(id, reason)

    def holds(self, record: Record, unit: Unit) -> bool:
        return unit.id in self._tools.there.intact or not changes(record, unit.out)

    def forget(self, ids: Collection[str]) -> None:
        """What is done there does not count; its record goes when it is begun anew."""
        for id in ids:
            self._tools.there.intact.pop(id, None)

    def close(self) -> None:
        """What was stopped is gone then; what was left goes on. If nothing was, all that is wanted is here."""
        if not self._desk.left:
            self._fetching.close()
        self._desk.close()
        self._fetching.close()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._work()
        finally:
            self._give_up("the crew ended before its work did")

    def _work(self) -> None:
        tries = 0
        while not self._desk.closed or self._desk.unwanted:
            try:
                self._step()
                tries = self._reached(tries)
            except Canceled:
                continue
            except (TargetLost, NoAnswer) as error:
                self._lost(tries, error)
                tries += 1
            except (StagelineError, OSError) as error:
                self._give_up(str(error))

    def _give_up(self, why: str) -> None:
        """Nobody can be told anything better; what runs there goes on, and is found by whoever comes later."""
        ids = self._desk.waiting
        self._desk.taken(ids)
        self._desk.ended(self._desk.unwanted)
        self._hands.drop(ids)
        self._over = [one for one in self._over if one.piece.id not in ids]
        for id in ids:
            self._desk.answer(id, TaskResult.failed(why))

    def _lost(self, tries: int, error: TargetLost | NoAnswer) -> None:
        if tries == 0:
            log.warning("%s; what runs there goes on, and it is tried again until it answers", error)
        if self._desk.closed:
            if unwanted := self._desk.unwanted:
                log.warning("%d jobs there could not be told to end: cancel the run again", len(unwanted))
                self._desk.ended(unwanted)
            return
        self._desk.leaving.wait(PAUSES[min(tries, len(PAUSES) - 1)])

    def _reached(self, tries: int) -> int:
        if tries:
            log.warning("target '%s' answers again", self._tools.far.target.name)
        return 0

    def _step(self) -> None:
        """All that there is to do, once. What is not finished when this is broken off is done again."""
        self._end(self._desk.unwanted)
        self._bring()
        self._begin(self._desk.new)
        self._over += self._hands.move(self._desk.leaving)
        self._conclude()
        listening = self._desk.listen()
        self._tell_what_came()
        self._over += self._hands.wait(self._pause, listening)
        news = self._over or self._failed or listening.requested or self._hands.urgent
        self.is_quiet = not (news or self._fetching.busy)
        self._conclude()
        self._tell_what_came()
        self._drain()
        self._pause = LOOK if self.is_quiet else FIRST_LOOK

    def _bring(self) -> None:
        """Have here what is wanted of what is done."""
        done = dict(self._done)
        if not done:
            return
        try:
            self._tools.concluding.keep([record for _, record in done.values()], [unit for unit, _ in done.values()])
            self._fetching.add(Wanted(unit, record) for unit, record in done.values())
        except (Canceled, TargetLost):
            raise
        except (StagelineError, OSError) as error:
            for id in done:
                self._desk.answer(id, TaskResult.failed(raised(error, "")))
        for id in done:
            del self._done[id]

    def _end(self, unwanted: Collection[str]) -> None:
        """End those that are not wanted, and forget that they were begun."""
        if not unwanted:
            return
        self._hands.stop(unwanted)
        self._tools.far.end_containers()
        self._desk.ended(unwanted)

    def _begin(self, new: Mapping[str, Unit]) -> None:
        if self._halted:
            self._turn_away(new)
            return
        if not new:
            return
        try:
            pieces = self._tools.pieces.ready(new, self._desk.leaving)
        except (Canceled, TargetLost):
            raise
        except (StagelineError, OSError) as error:
            self._desk.taken(new)
            for id in new:
                self._tell(id, TaskResult.failed(raised(error, "")))
            return
        self._hands.take(pieces)
        self._tools.there.begun.update((piece.id, piece.order.token) for piece in pieces)
        self._desk.taken(new)

    def _conclude(self) -> None:
        """Say what came of those that have ended."""
        if not self._over:
            return
        wanted = [one for one in self._over if self._desk.wants(one.piece.id)]
        try:
            found = self._tools.concluding.conclude(wanted) if wanted else {}
        except (Canceled, TargetLost):
            raise
        except (StagelineError, OSError) as error:
            found = {}
            for one in wanted:
                self._tell(one.piece.id, TaskResult.failed(raised(error, "")))
        ended, self._over = self._over, []
        self._hands.drop([one.piece.id for one in ended])
        there = self._tools.there
        for id, concluded in found.items():
            there.begun.pop(id, None)
            if concluded.record is not None:
                there.ends[id] = concluded.record.started
            if concluded.record is not None and concluded.record.succeeded:
                there.intact[id] = concluded.record
        self._fetching.add([self._told(one) for one in found.values()])

    def _told(self, one: Wanted) -> Wanted:
        """If what was made is read there, that need not wait for what comes here."""
        id = one.made.id
        if not one.succeeded or not self._desk.is_read(id) or WORK_ITEMS in one.made.outputs:
            return one
        try:
            if not self._tools.concluding.is_here(one.made):
                self._tools.owed.add(one.made)
        except ConfigError:
            return one  # who could not be told of later is told of late
        self._tell(id, DONE)
        return msgspec.structs.replace(one, told=True)

    def _tell_what_came(self) -> None:
        for id, result in self._fetching.taken():
            self._tell(id, result)

    def _tell(self, id: str, result: TaskResult) -> None:
        """Answer; if this drains, failures last."""
        if result.status is Status.FAILED and self._drains:
            self._failed.append((id, result))
            return
        self._desk.answer(id, result)

    def _drain(self) -> None:
        """After a failure nothing begins any more, and it is told when what runs has ended."""
        if not self._failed:
            return
        self._turn_away({**self._desk.new, **dict.fromkeys(self._hands.withdraw())})
        busy = self._hands.busy or self._fetching.busy
        if not self._halted and busy:
            failure = self._failed[0][1].failure
            log.warning("%s; what runs is let end, nothing more begins", failure.message if failure else "")
        self._halted = True
        if not busy:
            failed, self._failed = self._failed, []
            for id, result in failed:
                self._desk.answer(id, result)

    def _turn_away(self, ids: Iterable[str]) -> None:
        for id in list(ids):
            self._desk.taken([id])
            self._desk.answer(id, TaskResult.canceled(TURNED_AWAY))


def _owed(tools: Tools) -> list[Wanted]:
    """What an earlier process has said to be done, and did not bring any more."""
    there, notes = tools.there.intact, tools.owed.all()
    found = [one for one in notes if one.id in there and not tools.concluding.is_here(one)]
    tools.owed.paid({one.id for one in notes}.difference(one.id for one in found))
    return [Wanted(one, there[one.id], told=True) for one in found]

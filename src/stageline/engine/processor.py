"""The only loop. It owns runs, handles their messages in memory, writes all that changed in one commit, and only then
starts the effects of it.

A commit that fails is kept and tried again before anything else; a run whose claim was lost is dropped.
"""

import contextlib
import logging
from collections import deque
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import NamedTuple

from stageline.engine.active import ActiveRun, Handlers, Room
from stageline.engine.executor import Done, Executor, Job, Key, Lane
from stageline.engine.handlers.timing import at_after
from stageline.engine.helping import Helping
from stageline.engine.membership import Membership
from stageline.engine.messages import Execute, FireTimer, SetTimer, Stop
from stageline.engine.outcome import TIMEOUT
from stageline.engine.ports import Change, Claim, Clock, Store
from stageline.engine.timers import Timers
from stageline.engine.workbench import Workbench
from stageline.errors import InternalError, StoreUncertain

log = logging.getLogger(__name__)

MAX_RUNS = 200
GIVE_UP_AFTER = 900_000
PARKED_FOR = 30_000_000
SECOND = 1_000_000


class Wake(NamedTuple):
    """Something may be new in the store."""


class Deadline(NamedTuple):
    """An execution's time is over."""

    key: Key


class GiveUp(NamedTuple):
    """An execution that was stopped has had its time to go."""

    key: Key


class Processor:
    """Owns runs and moves them on, one `cycle` at a time. Only `wake` may be called from other threads.

    `defects` are the errors of handlers; each such run is left as it was last written, and tried again later.
    """

    def __init__(self, store: Store, handlers: Handlers, workbench: Workbench, slots: int, clock: Clock) -> None:
        self._store = store
        self._handlers = handlers
        self._bench = workbench
        self._clock = clock
        self._mail: SimpleQueue[Done | Wake] = SimpleQueue()
        self._opened: deque[Done | Wake] = deque()
        self._executor = Executor(slots, workbench.blobs, self._mail.put)
        self._membership = Membership(store, slots)
        self._active: dict[str, ActiveRun] = {}
        self._touched: dict[str, ActiveRun] = {}
        self._backlogged: dict[str, ActiveRun] = {}
        self._parked: list[Claim] = []
        self._helping = Helping(store)
        self._timers: Timers[tuple[str, FireTimer] | Deadline | GiveUp | Claim | Wake] = Timers()
        self._unwritten: tuple[list[Change], list[ActiveRun]] | None = None
        self._look = True
        self.defects: list[InternalError] = []

    @property
    def peer(self) -> str:
        """The name under which the store knows this processor."""
        return self._membership.id

    @property
    def is_busy(self) -> bool:
        """Whether it owns a run or an offered task, or has anything to look at."""
        return bool(self._active or self._helping or self._unwritten or self._look or self._opened)

    def wake(self) -> None:
        """Have the next cycle look into the store."""
        self._mail.put(Wake())

    def join(self) -> None:
        """Become known to the store."""
        self._give_sign_of_life(self._clock())

    def cycle(self, patience: float) -> None:
        """Wait at most `patience` seconds for something to do, and do it: one commit, then its effects."""
        if self._unwritten:
            self._flush()
        self._collect(0 if self._look or self._touched else self._until_due(patience))
        now = self._clock()
        if self._membership.is_due(now):
            self._give_sign_of_life(now)
        self._open_mail(now)
        self._ring(now)
        if self._look:
            self._look_into_store(now)
        self._drain(now)

    def close(self) -> None:
        """Stop all work, and free all that is owned for others to take up."""
        self._executor.close()
        self._forget_all()
        self._membership.leave()

    def _until_due(self, patience: float) -> float:
        due = self._membership.beat_at
        if self._timers.next_at is not None:
            due = min(due, self._timers.next_at)
        return min(patience, max(due - self._clock(), 0) / SECOND)

    def _collect(self, patience: float) -> None:
        if patience > 0:
            with contextlib.suppress(Empty):
                self._opened.append(self._mail.get(timeout=patience))
        for _ in range(self._mail.qsize()):
            self._opened.append(self._mail.get_nowait())

    def _give_sign_of_life(self, now: int) -> None:
        if not self._membership.beat(now):
            log.warning("this processor was taken for dead; what it owned is dropped, and it begins anew")
            self._forget_all()
            self._membership.beat(now)
        self._look = True

    def _forget_all(self) -> None:
        self._executor.stop_all("its processor has lost the run")
        for kept in (self._active, self._touched, self._backlogged):
            kept.clear()
        self._helping.forget()
        self._parked.clear()
        self._unwritten = None
        self._look = True

    def _open_mail(self, now: int) -> None:
        while self._opened:
            item = self._opened[0]
            if isinstance(item, Wake):
                self._look = True
            else:
                self._take_answer(item, now)
            self._opened.popleft()

    def _take_answer(self, done: Done, now: int) -> None:
        key = done.key
        if key in self._helping:
            self._helping.answer(self.peer, done, now)
            self._look = True
        elif run := self._active.get(key.run):
            run.answer(key.stage, key.execution, done.result)
            self._touched[run.id] = run
        self._executor.collected(done)

    def _ring(self, now: int) -> None:
        for thing in self._timers.due(now):
            match thing:
                case Deadline():
                    self._stop(thing.key, TIMEOUT)
                case GiveUp():
                    self._executor.give_up(thing.key)
                case Claim():
                    self._unpark(thing)
                case Wake():
                    self._look = True
                case (id, message):
                    if run := self._active.get(id):
                        run.messages.append(message)
                        self._touched[id] = run

    def _look_into_store(self, now: int) -> None:
        for claim in self._store.claim(self.peer, now, MAX_RUNS - len(self._active)):
            self._adopt(claim)
        for delivery in self._store.inbox(self.peer):
            if run := self._active.get(delivery.run):
                run.deliver(delivery)
                self._touched[run.id] = run
        if self._membership.peer_slots or self._helping or any(run.offered for run in self._active.values()):
            self._share_offers()
        ready_in = self._store.pending(now)
        if ready_in:
            self._timers.set(now + ready_in, Wake())
        self._look = ready_in == 0 and len(self._active) < MAX_RUNS

    def _share_offers(self) -> None:
        """Give up the offers that were withdrawn; take more, one's own too, as long as there are free places."""
        for key in self._helping.withdrawn(self.peer):
            self._stop(key, "it is not wanted any more")
        free = self._executor.free_places()[Lane.THREAD]
        if free > 0 and not self._backlogged:
            for job in self._helping.take(self.peer, self._bench.types, free, self._bench.offered_job):
                self._begin(job)

    def _adopt(self, claim: Claim) -> None:
        loaded = self._store.load(claim.run)
        run = ActiveRun(loaded.workflow, claim, self._bench.lane)
        run.take_over(loaded.offered)
        self._bench.clear_leftovers(run.run, loaded.offered)
        self._active[run.id] = self._touched[run.id] = run
        self._look = True

    def _drain(self, now: int) -> None:
        touched, self._touched = self._touched, {}
        runs = list((touched | self._backlogged).values())
        room = self._room()
        for run in runs:
            with _Intact(self, run):
                run.drain(self._handlers, room, now)
                if run.has_backlog:
                    self._backlogged[run.id] = run
                else:
                    self._backlogged.pop(run.id, None)
        runs = [run for run in runs if self._active.get(run.id) is run]
        changes = [change for run in runs if (change := run.take_change(now, self._bench.offer))]
        if runs:
            self._unwritten = changes, runs
            self._flush()

    def _room(self) -> Room:
        offered = sum(len(run.offered) for run in self._active.values()) if self._membership.peer_slots else 0
        return Room(self._executor.free_places(), self._membership.peer_slots - offered)

    def _flush(self) -> None:
        """Write what is to be written; StoreError leaves it to the next call."""
        assert self._unwritten is not None
        changes, runs = self._unwritten
        try:
            refused = self._store.commit(self.peer, changes, self._clock()) if changes else frozenset()
        except StoreUncertain:
            self._forget_all()
            self._membership.leave()
            raise
        self._unwritten = None
        released = {change.run for change in changes if change.release} | refused
        for run in runs:
            if run.id in refused:
                log.warning("run %s belongs to another processor now; its work here is stopped", run.id)
                self._stop_executing(run)
            else:
                self._start_effects(run)
            if run.id in released:
                self._drop(run)

    def _start_effects(self, run: ActiveRun) -> None:
        for effect in run.take_effects():
            match effect:
                case Execute():
                    self._begin(self._bench.job(run.run, effect))
                case Stop():
                    self._stop(Key(run.id, effect.stage, effect.execution), effect.reason)
                case SetTimer():
                    self._timers.set(effect.at, (run.id, FireTimer(effect.stage, effect.execution)))

    def _begin(self, job: Job) -> None:
        begun, timeout = job.stage.record.attempt_at, job.stage.timeout
        if begun is not None and timeout is not None:
            self._timers.set(at_after(begun, timeout), Deadline(job.key))
        if (done := self._executor.start(job)) is not None:
            self._take_answer(done, 0)

    def _stop(self, key: Key, reason: str) -> None:
        if self._executor.stop(key, reason):
            self._timers.set(self._clock() + GIVE_UP_AFTER, GiveUp(key))

    def _stop_executing(self, run: ActiveRun) -> None:
        for stage, execution in run.executing:
            self._stop(Key(run.id, stage, execution), "its processor has lost the run")

    def _drop(self, run: ActiveRun) -> None:
        for kept in (self._active, self._touched, self._backlogged):
            kept.pop(run.id, None)
        self._look = True

    def unpark_all(self) -> None:
        """Try again at once what handlers could not cope with."""
        for claim in list(self._parked):
            self._unpark(claim)

    def _unpark(self, claim: Claim) -> None:
        if claim in self._parked:
            self._parked.remove(claim)
            self._adopt(claim)

    def park(self, run: ActiveRun, error: Exception) -> None:
        """Put aside a run that a handler could not cope with: as it was last written, for a while."""
        defect = InternalError(f"run {run.id}: a handler failed, and the run is as it was before: {error!r}")
        defect.__cause__ = error
        self.defects.append(defect)
        self._stop_executing(run)
        self._drop(run)
        self._parked.append(run.claim)
        self._timers.set(self._clock() + PARKED_FOR, run.claim)


class _Intact:
    """Lets a run's changes be lost, not half made, when one of its handlers raises."""

    def __init__(self, processor: Processor, run: ActiveRun) -> None:
        self._processor = processor
        self._run = run

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._processor.park(self._run, error)
        return True

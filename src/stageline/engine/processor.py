"""The only loop. It owns runs, handles their messages in memory, writes all that changed in one commit, and only then
starts the effects of it.

A commit that fails is kept and tried again before anything else; a run whose claim was lost is dropped.
"""

import logging
from collections import deque
from collections.abc import Collection, Iterable
from types import TracebackType
from typing import NamedTuple

from stageline.engine.active import ActiveRun, Handlers, Room
from stageline.engine.chosen import Chosen
from stageline.engine.clock import ticks_of
from stageline.engine.effects import Effects
from stageline.engine.executor import Done, Executor, Lane
from stageline.engine.helping import Helping
from stageline.engine.mail import Mail
from stageline.engine.membership import Membership
from stageline.engine.messages import FireTimer
from stageline.engine.parked import Parked
from stageline.engine.ports import Change, Claim, Clock, Store
from stageline.engine.pulse import Pulse
from stageline.engine.timers import Timers
from stageline.engine.watch import GIVE_UP_AFTER, SECOND, Watch
from stageline.engine.workbench import Workbench
from stageline.errors import StoreError, StoreUncertain

log = logging.getLogger(__name__)

MAX_RUNS = 200


class Wake(NamedTuple):
    """Something may be new in the store."""


class Processor:
    """Owns runs and moves them on, one `cycle` at a time. Only `wake` may be called from other threads.

    `defects` are the errors of handlers; each such run is left as it was last written, and tried again later.
    Given `runs`, it works on these only, and on what they start, and is no help to other processors.
    """

    def __init__(
        self,
        store: Store,
        handlers: Handlers,
        workbench: Workbench,
        slots: int,
        clock: Clock,
        runs: Collection[str] | None = None,
    ) -> None:
        self._chosen = Chosen(runs)
        self._store = store
        self._handlers = handlers
        self._bench = workbench
        self._clock = clock
        self._ticks = ticks_of(clock)
        self._mail: Mail[Done | Wake] = Mail()
        self._executor = Executor(slots, workbench.blobs, self._mail.put)
        self._membership = Membership(store, slots if runs is None else 0)
        self._pulse = Pulse(self._membership, clock, self._ticks)
        self._active: dict[str, ActiveRun] = {}
        self._touched: dict[str, ActiveRun] = {}
        self._backlogged: dict[str, ActiveRun] = {}
        self._parked = Parked(self._ticks)
        self._helping = Helping(store)
        self._claimed: deque[Claim] = deque()
        self._timers: Timers[tuple[str, FireTimer]] = Timers()
        self._watch = Watch(self._executor, clock, self._ticks)
        self._effects = Effects(self._executor, self._watch, workbench, self._timers)
        self._store_due: int | None = None
        self._unwritten: tuple[list[Change], list[ActiveRun]] | None = None
        self._look = True
        self.defects = self._parked.defects

    @property
    def peer(self) -> str:
        """The name under which the store knows this processor."""
        return self._membership.id

    @property
    def is_busy(self) -> bool:
        """Whether it owns a run or an offered task, or has anything to look at."""
        return bool(self._active or self._helping or self._unwritten or self._look or self._mail)

    def pending(self) -> int | None:
        """When there is something to do for a free run that it may own, in microseconds from now."""
        return self._store.pending(self._clock(), self._chosen.only)

    def wake(self) -> None:
        """Have the next cycle look into the store."""
        self._mail.put(Wake())

    def join(self) -> None:
        """Become known to the store."""
        self._give_sign_of_life(self._clock())

    def cycle(self, patience: float) -> None:
        """Wait at most `patience` seconds for something to do, and do it: one commit, then its effects."""
        try:
            with self._pulse:
                self._step(patience)
        except StoreUncertain:
            self._forget_all()
            self._membership.leave()
            raise

    def close(self) -> None:
        """Stop all work, wait for its end, though not for ever, and free all that is owned for others to take up."""
        self._pulse.stop()
        self._executor.stop_all("the processor was closed")
        until = self._ticks() + GIVE_UP_AFTER
        while not self._executor.is_idle and (left := until - self._ticks()) > 0:
            self._mail.collect(left / SECOND)
        self._executor.close()
        self._forget_all()
        self._membership.leave()

    def _step(self, patience: float) -> None:
        self._keep_time()
        if self._unwritten:
            self._flush()
        self._mail.collect(0 if self._look or self._touched else self._until_due(patience))
        now = self._clock()
        if self._membership.is_due(self._ticks()):
            self._give_sign_of_life(now)
        self._open_mail(now)
        self._ring(now)
        if self._look:
            self._look_into_store(now)
        self._drain(now)

    def _until_due(self, patience: float) -> float:
        now, tick = self._clock(), self._ticks()
        utc = [at - now for at in (self._timers.next_at, self._store_due) if at is not None]
        forward = [at - tick for at in (self._membership.beat_at, self._watch.next_at) if at is not None]
        return min(patience, max(min(utc + forward), 0) / SECOND)

    def _give_sign_of_life(self, now: int) -> None:
        while not self._membership.beat(now, self._ticks()):
            log.warning("this processor was taken for dead; what it owned is dropped, and it begins anew")
            self._forget_all()
        self._look = True

    def _forget_all(self) -> None:
        self._executor.stop_all("its processor has lost the run")
        for kept in (self._active, self._touched, self._backlogged, self._parked):
            kept.clear()
        self._helping.forget()
        self._claimed.clear()
        self._unwritten = None
        self._look = True

    def _open_mail(self, now: int) -> None:
        for letter in self._mail.letters():
            if isinstance(letter, Wake):
                self._look = True
            else:
                self._take_answers((letter,), now)

    def _take_answers(self, answers: Iterable[Done], now: int) -> None:
        for done in answers:
            key = done.key
            if key in self._helping:
                self._helping.answer(self.peer, done, now)
                self._look = True
            elif run := self._active.get(key.run):
                run.answer(key.stage, key.execution, done.result)
                self._touched[run.id] = run
            self._executor.collected(done)

    def _keep_time(self) -> None:
        """What must happen in time, whether the store answers or not."""
        tick = self._ticks()
        if self._membership.is_lost(tick):
            log.warning("the store was out of reach for too long; what was owned is for others to take up")
            self._forget_all()
            self._membership.leave()
        self._watch.ring()
        self.unpark(tick)

    def _ring(self, now: int) -> None:
        for id, message in self._timers.due(now):
            if run := self._active.get(id):
                run.messages.append(message)
                self._touched[id] = run
        if self._store_due is not None and now >= self._store_due:
            self._look, self._store_due = True, None

    def _look_into_store(self, now: int) -> None:
        self._claimed.extend(self._store.claim(self.peer, now, MAX_RUNS - len(self._active), self._chosen.only))
        while self._claimed:
            self._adopt(self._claimed.popleft())
        for delivery in self._store.inbox(self.peer):
            if run := self._active.get(delivery.run):
                run.deliver(delivery)
                self._touched[run.id] = run
        if self._membership.peer_slots or self._helping or any(run.offered for run in self._active.values()):
            self._share_offers()
        ready_in = self.pending()
        self._store_due = now + ready_in if ready_in else None
        self._look = ready_in == 0 and len(self._active) < MAX_RUNS

    def _share_offers(self) -> None:
        """Give up the offers that were withdrawn; take more, one's own too, as long as there are free places."""
        for key in self._helping.withdrawn(self.peer):
            self._watch.stop(key, "it is not wanted any more")
        free = self._executor.free_places()[Lane.THREAD]
        if free > 0 and not self._backlogged:
            offers = self._store.take_offers(self.peer, tuple(self._bench.types), free, self._chosen.only)
            begun = map(self._effects.begin, self._helping.take(offers, self._bench.offered_job))
            self._take_answers(filter(None, begun), 0)

    def _adopt(self, claim: Claim) -> None:
        try:
            loaded = self._store.load(claim.run)
        except StoreError as error:
            self._parked.put(claim, error)
            return
        run = ActiveRun(loaded.workflow, claim, self._bench.lane)
        run.take_over(loaded.offered)
        self._chosen.add(run.children)
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
                self._backlogged.pop(run.id, None)
                if run.has_backlog:
                    self._backlogged[run.id] = run
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
        refused = self._store.commit(self.peer, changes, self._clock()) if changes else frozenset()
        self._unwritten = None
        self._chosen.add(child.id for change in changes for child in change.children)
        released = {change.run for change in changes if change.release} | refused
        for run in runs:
            if run.id in refused:
                log.warning("run %s belongs to another processor now; its work here is stopped", run.id)
                self._effects.stop(run)
            else:
                self._take_answers(self._effects.start(run), 0)
            if run.id in released:
                self._drop(run)

    def _drop(self, run: ActiveRun) -> None:
        for kept in (self._active, self._touched, self._backlogged):
            kept.pop(run.id, None)
        self._look = True

    def unpark(self, until: int | None = None) -> None:
        """Try again what could not be gone on with, if its time has come; all of it, without `until`."""
        for claim in self._parked.take(until):
            self._adopt(claim)

    def park(self, run: ActiveRun, error: Exception) -> None:
        """Put aside a run that a handler could not cope with: as it was last written, for a while."""
        self._effects.stop(run)
        self._drop(run)
        self._parked.put_failed(run.claim, error)


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

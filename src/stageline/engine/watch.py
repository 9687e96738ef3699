"""Over the executions here: stops those that are out of time, and gives up those that were asked to go and have not."""

from typing import NamedTuple

from stageline.engine.executor import Executor, Job, Key, Lane
from stageline.engine.handlers.timing import at_after
from stageline.engine.ports import Clock
from stageline.engine.timers import Timers
from stageline.targets.cancellation import Limit

SECOND = 1_000_000
GIVE_UP_AFTER = 900_000
MANY = 10_000


class Deadline(NamedTuple):
    """An execution's time is over."""

    key: Key
    reason: str


class GiveUp(NamedTuple):
    """An execution that was stopped has had its time to go."""

    key: Key


class Watch:
    """The time limits of what an executor does. They count forward only, whatever is done to the clock meanwhile."""

    def __init__(self, executor: Executor, clock: Clock, ticks: Clock) -> None:
        self._executor = executor
        self._clock = clock
        self._ticks = ticks
        self._alarms: Timers[Deadline | GiveUp] = Timers()

    @property
    def next_at(self) -> int | None:
        """The tick of the soonest alarm."""
        return self._alarms.next_at

    def begin(self, job: Job) -> None:
        """Let the job take as long as its stage allows for the present attempt. What is elsewhere is timed there."""
        begun, timeout = job.stage.record.attempt_at, job.stage.timeout
        if begun is None or timeout is None:
            return
        reason = f"timed out after {timeout:g} s"
        if job.lane is Lane.ATTENDING:
            job.stage.execution.cancellation.limit = Limit(timeout, reason)
            return
        left = max(at_after(begun, timeout) - self._clock(), 0)
        self._alarms.set(self._ticks() + left, Deadline(job.key, reason))
        if len(self._alarms) > MANY:
            self._alarms.prune(lambda alarm: self._executor.has(alarm.key))

    def stop(self, key: Key, reason: str, *, timed_out: bool = False, left: bool = False) -> None:
        """Ask an execution to go."""
        patience = self._executor.patience(key)
        if self._executor.stop(key, reason, timed_out=timed_out, left=left):
            self._alarms.set(self._ticks() + int(patience * SECOND), GiveUp(key))

    def ring(self) -> None:
        """Do what is due."""
        for alarm in self._alarms.due(self._ticks()):
            match alarm:
                case Deadline():
                    self.stop(alarm.key, alarm.reason, timed_out=True)
                case GiveUp():
                    self._executor.give_up(alarm.key)

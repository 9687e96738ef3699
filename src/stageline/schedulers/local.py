"""Runs work on this machine, as much at a time as there is room for. One thread starts it all and waits for the ends.

Ends are told in groups while there is more to do, so that whoever hears of them can write many down at once, and
right away when somebody may be waiting for them.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from typing import Protocol, TypeAlias

import msgspec

from stageline.errors import StagelineError
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.schedulers.admission import Admission, Amount
from stageline.schedulers.deadlines import Deadlines
from stageline.tasks.later import Answer
from stageline.tasks.raised import raised

TOGETHER = 0.1
RESERVE = 32
TURNED_AWAY = "not begun, since another job had failed"


class Work(Protocol):
    """One piece of work. All but `stop`, `expire` and a long `conclude` are called by the scheduler's thread."""

    amount: Amount
    """What it takes of the machine."""

    limit: int | None
    """The seconds that it may take from its beginning on."""

    def begin(self) -> int:
        """Start; answers a file descriptor that can be read once it has ended."""

    def end(self) -> bool:
        """It has ended: let go of it. Answers whether to conclude takes long."""

    def conclude(self) -> TaskResult:
        """What came of it."""

    def stop(self, reason: str) -> None:
        """End it, and return once all that it started is gone."""

    def expire(self) -> None:
        """The same, since it is out of time."""


class Submit(msgspec.Struct, frozen=True, gc=False):
    """Work to be done."""

    key: Hashable
    work: Work
    answer: Answer


class Stop(msgspec.Struct, frozen=True):
    """Work that is not wanted any more."""

    key: Hashable
    reason: str


class Stopped(msgspec.Struct, frozen=True):
    """Work that is gone."""

    key: Hashable


class Concluded(msgspec.Struct, frozen=True):
    """What came of work that took long to conclude."""

    answer: Answer
    result: TaskResult


Letter: TypeAlias = Submit | Stop | Stopped | Concluded


class LocalScheduler:
    """Does work within a capacity. If it `drains`, after a failure nothing more begins, and what runs ends first."""

    def __init__(
        self, capacity: Amount, drains: bool = False, warn: Callable[[TaskResult], None] | None = None
    ) -> None:
        self._admission: Admission[Hashable] = Admission(capacity)
        self._drains = drains
        self._warn = warn
        self._letters: deque[Letter] = deque()
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._poll = select.poll()
        self._poll.register(self._bell, select.POLLIN)
        self._jobs: dict[Hashable, Submit] = {}
        self._fds: dict[int, Hashable] = {}
        self._deadlines = Deadlines[Submit]()
        self._told: list[tuple[Answer, TaskResult]] = []
        self._tell_at = 0.0
        self._halted = False
        self._asleep = False
        self._concluding = 0
        self._closed = False
        self._thread: threading.Thread | None = None

    def submit(self, key: Hashable, work: Work, answer: Answer) -> None:
        """Do this when there is room, and answer what came of it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="stageline-local", daemon=True)
            self._thread.start()
        self._put(Submit(key, work, answer))

    def stop(self, key: Hashable, reason: str) -> None:
        """End this work, if it has not ended."""
        self._put(Stop(key, reason))

    def close(self) -> None:
        """Stop all work, and wait until it is gone."""
        for key in list(self._jobs):
            self.stop(key, "the scheduler was closed")
        self._closed = True
        self._ring()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _put(self, letter: Letter) -> None:
        self._letters.append(letter)
        if self._asleep:
            self._asleep = False
            self._ring()

    def _ring(self) -> None:
        os.eventfd_write(self._bell, 1)

    def _run(self) -> None:
        while not self._closed or self._jobs or self._concluding or self._letters:
            while self._letters:
                self._read(self._letters.popleft())
            self._start_more()
            self._tell()
            self._wait()
        self._flush()

    def _read(self, letter: Letter) -> None:
        match letter:
            case Submit():
                self._jobs[letter.key] = letter
                self._admission.ask(letter.key, letter.work.amount)
            case Stop():
                self._stop(letter)
            case Stopped():
                self._ended([letter.key])
            case Concluded():
                self._concluding -= 1
                self._keep(letter.answer, letter.result)

    def _stop(self, letter: Stop) -> None:
        job = self._jobs.get(letter.key)
        if job is None:
            return
        if self._admission.withdraw(letter.key):
            del self._jobs[letter.key]
            self._told.append((job.answer, TaskResult.canceled(letter.reason)))
            return
        fd = next((fd for fd, key in self._fds.items() if key == letter.key), None)
        if fd is not None:
            self._forget(fd)
            self._end(job, lambda: job.work.stop(letter.reason))

    def _end(self, job: Submit, end: Callable[[], None]) -> None:
        """Have work ended, which takes its time."""

        def work() -> None:
            end()
            self._put(Stopped(job.key))

        threading.Thread(target=work, daemon=True).start()

    def _expire(self) -> None:
        """End what is out of time."""
        for fd, job in self._deadlines.due(time.monotonic()):
            if self._fds.get(fd) == job.key and self._jobs.get(job.key) is job:
                self._forget(fd)
                self._end(job, job.work.expire)

    def _start_more(self) -> None:
        while not self._halted and (keys := self._admission.admit()):
            for key in keys:
                self._start(self._jobs[key])

    def _start(self, job: Submit) -> None:
        try:
            fd = job.work.begin()
        except (StagelineError, OSError, ValueError) as error:
            self._admission.release(job.key)
            del self._jobs[job.key]
            self._keep(job.answer, TaskResult.failed(raised(error, "")))
            return
        self._fds[fd] = job.key
        self._poll.register(fd, select.POLLIN)
        if job.work.limit:
            self._deadlines.set(time.monotonic() + job.work.limit, fd, job)

    def _wait(self) -> None:
        """Sleep until something ends, is asked, or is to be told."""
        self._asleep = True
        ready = [fd for fd, _ in self._poll.poll(self._patience())]
        self._asleep = False
        if self._bell in ready:
            os.eventfd_read(self._bell)
            ready.remove(self._bell)
        if ready:
            self._ended([self._forget(fd) for fd in ready])
        self._expire()

    def _patience(self) -> float | None:
        """How long there is nothing to do if nothing happens, in milliseconds."""
        if self._letters or (self._closed and not self._jobs and not self._concluding):
            return 0
        until = self._deadlines.next_at
        if self._told and not self._is_draining:
            until = self._tell_at if until is None else min(until, self._tell_at)
        return None if until is None else max(until - time.monotonic(), 0) * 1000

    def _forget(self, fd: int) -> Hashable:
        self._poll.unregister(fd)
        os.close(fd)
        return self._fds.pop(fd)

    def _ended(self, keys: list[Hashable]) -> None:
        """Let others begin in their places before anything else is done."""
        ended = [(job := self._jobs.pop(key), job.work.end()) for key in keys]
        for key in keys:
            self._admission.release(key)
        self._start_more()
        for job, takes_long in ended:
            if takes_long:
                self._concluding += 1
                threading.Thread(target=self._conclude, args=(job,), daemon=True).start()
            else:
                self._keep(job.answer, _conclusion(job.work))

    def _conclude(self, job: Submit) -> None:
        self._put(Concluded(job.answer, _conclusion(job.work)))

    def _keep(self, answer: Answer, result: TaskResult) -> None:
        if not self._told:
            self._tell_at = time.monotonic() + TOGETHER
        self._told.append((answer, result))
        if result.status is Status.FAILED and self._drains and not self._halted:
            self._halted = True
            if self._warn is not None and self._admission.running:
                self._warn(result)

    @property
    def _is_draining(self) -> bool:
        return self._halted and bool(self._admission.running or self._concluding)

    def _tell(self) -> None:
        """Say what has ended: at once if little is left to begin with, and else not each for itself."""
        if (self._told or (self._halted and self._admission.waiting)) and not self._is_draining:
            in_reserve = self._admission.waiting > RESERVE and not self._halted
            has_time = in_reserve and time.monotonic() < self._tell_at
            if not has_time:
                self._flush()

    def _flush(self) -> None:
        told, self._told = self._told, []
        for answer, result in sorted(told, key=_is_failure):
            answer(result)
        if self._halted and not self._admission.running:
            self._turn_away()

    def _turn_away(self) -> None:
        """Nothing begins any more: those that wait need not."""
        for key in [key for key in self._jobs if self._admission.withdraw(key)]:
            self._jobs.pop(key).answer(TaskResult.canceled(TURNED_AWAY))


def _is_failure(told: tuple[Answer, TaskResult]) -> bool:
    """Failures last: the first of them ends the run, and what went well should be in it."""
    return told[1].status is Status.FAILED


def _conclusion(work: Work) -> TaskResult:
    try:
        return work.conclude()
    except (StagelineError, OSError) as error:
        return TaskResult.failed(raised(error, ""))

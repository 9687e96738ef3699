"""Where tasks are executed: beside the loop at once, in threads, on one event loop, by somebody else, or elsewhere.

Every execution is answered exactly once, also one that was stopped and does not listen: it is given up, its thread
is replaced, and whatever it says later is ignored.
"""

from __future__ import annotations

import inspect
import logging
import threading
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import TYPE_CHECKING

import msgspec

from stageline.engine.blobs import Blobs
from stageline.engine.crew import Crew
from stageline.engine.outcome import CTRL_C, DONE, Outcome, stopped
from stageline.model.result import TaskResult
from stageline.tasks.later import LaterTask
from stageline.tasks.task import RunningStage, Task

if TYPE_CHECKING:
    import asyncio

AT_ONCE = 256
LOOP_SLOTS = 10_000
LATER_SLOTS = 128
FAR_SLOTS = 2000
ATTENDING_SLOTS = 256
ATTENDING_PATIENCE = 3.0

log = logging.getLogger(__name__)


class Lane(IntEnum):
    """Where a task is executed. The numbers are places in lists."""

    INSTANT = 0
    THREAD = 1
    LOOP = 2
    LATER = 3
    FAR = 4
    ATTENDING = 5


class Key(msgspec.Struct, frozen=True, gc=False):
    """One execution of one stage's task."""

    run: str
    stage: int
    execution: int


class Done(msgspec.Struct, frozen=True):
    """The answer of an execution, whose place in its lane is free once this is taken in."""

    key: Key
    lane: Lane
    result: TaskResult


class Job(msgspec.Struct, frozen=True):
    """A task and the stage to execute it for."""

    key: Key
    lane: Lane
    task: Task
    stage: RunningStage


def lane_of(task: Task) -> Lane:
    """Where a task belongs."""
    if task.instant:
        return Lane.INSTANT
    if isinstance(task, LaterTask):
        return Lane.FAR if task.far else Lane.LATER
    if inspect.iscoroutinefunction(task.execute):
        return Lane.LOOP
    return Lane.ATTENDING if task.attends else Lane.THREAD


class Executor:
    """Executes jobs and hands each answer to `deliver`, which may be called from any thread."""

    def __init__(self, slots: int, blobs: Blobs, deliver: Callable[[Done], None]) -> None:
        self._slots = [AT_ONCE, slots, LOOP_SLOTS, LATER_SLOTS, FAR_SLOTS, ATTENDING_SLOTS]
        self._free = self._slots.copy()
        self._blobs = blobs
        self._deliver = deliver
        self._jobs: dict[Key, Job] = {}
        self._begun: set[Key] = set()
        self._crews = {lane: Crew(self._slots[lane], self._work) for lane in (Lane.THREAD, Lane.ATTENDING)}
        self._loop: asyncio.AbstractEventLoop | None = None

    def free_places(self) -> list[int]:
        """How many more executions each lane takes now; below zero when retries have filled it beyond its size."""
        return self._free.copy()

    def start(self, job: Job) -> Done | None:
        """Execute the job; an instant one is answered right away."""
        lane = job.lane
        self._free[lane] -= 1
        if lane is Lane.INSTANT:
            return Done(job.key, lane, self._perform(job))
        self._jobs[job.key] = job
        if lane is Lane.LOOP:
            self._event_loop().call_soon_threadsafe(self._launch, job)
        elif lane in (Lane.LATER, Lane.FAR):
            self._hand_over(job)
        else:
            self._crews[lane].take(job, self._slots[lane] - self._free[lane])
        return None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being executed."""
        return not self._jobs

    def has(self, key: Key) -> bool:
        """Whether this execution is going on."""
        return key in self._jobs

    def patience(self, key: Key) -> float:
        """How many seconds this execution may take to go."""
        job = self._jobs.get(key)
        if job is None:
            return 0.0
        return ATTENDING_PATIENCE if job.lane is Lane.ATTENDING else job.task.patience

    def stop(self, key: Key, reason: str, *, timed_out: bool = False, left: bool = False) -> bool:
        """Ask an execution to go; False when there is none. It answers like any other, or is given up."""
        job = self._jobs.get(key)
        if job is not None:
            job.stage.execution.cancellation.cancel(reason, timed_out=timed_out, left=left)
        return job is not None

    def give_up(self, key: Key) -> None:
        """Answer in the place of an execution that was asked to go and has not."""
        job = self._jobs.pop(key, None)
        if job is None:
            return
        log.warning("stage '%s' does not stop when asked to; it is left behind", job.stage.ref_id)
        if key in self._begun:
            self._crews[job.lane].grow()
        self._deliver(Done(key, job.lane, stopped(TaskResult.canceled(), job.stage.execution.cancellation)))

    def collected(self, done: Done) -> None:
        """The answer has been taken in."""
        self._free[done.lane] += 1

    def stop_all(self, reason: str) -> None:
        """Ask everything to go, for others to take up."""
        for key in list(self._jobs):
            self.stop(key, reason, left=True)

    def close(self) -> None:
        """Let the threads end."""
        for crew in self._crews.values():
            crew.close()
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._loop = None

    def _perform(self, job: Job) -> TaskResult:
        ours = CTRL_C if job.lane is Lane.INSTANT else ()
        with Outcome(job.stage, self._blobs, ours, job.task.mask(job.stage)) as outcome:
            outcome.answer(job.task.execute(job.stage))
        return outcome.result

    def _hand_over(self, job: Job) -> None:
        """Let somebody else do the work, who answers from a thread of their own."""
        task = job.task
        assert isinstance(task, LaterTask)

        def answer(result: TaskResult) -> None:
            with Outcome(job.stage, self._blobs, CTRL_C, task.mask(job.stage)) as outcome:
                outcome.answer(result)
            self._finish(job, outcome.result)

        with Outcome(job.stage, self._blobs, CTRL_C, task.mask(job.stage)) as outcome:
            task.begin(job.stage, answer)
            outcome.answer(DONE)
        if outcome.result is not DONE:
            self._finish(job, outcome.result)

    def _finish(self, job: Job, result: TaskResult) -> bool:
        """Deliver the answer; False when the job was given up meanwhile."""
        if self._jobs.pop(job.key, None) is None:
            return False
        self._deliver(Done(job.key, job.lane, result))
        return True

    def _work(self, job: Job) -> bool:
        """Do a job in a thread; False when it was given up meanwhile, and the thread has been replaced."""
        cancellation = job.stage.execution.cancellation
        if cancellation.requested:
            self._finish(job, stopped(TaskResult.canceled(), cancellation))
            return True
        self._begun.add(job.key)
        kept = self._finish(job, self._perform(job))
        self._begun.discard(job.key)
        return kept

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        if self._loop is None:
            import asyncio  # only here: it takes longer to import than a short run takes

            self._loop = asyncio.new_event_loop()
            threading.Thread(target=_run_loop, args=(self._loop,), name="stageline-loop", daemon=True).start()
        return self._loop

    def _launch(self, job: Job) -> None:
        assert self._loop is not None
        loop = self._loop
        task = loop.create_task(self._perform_async(job))

        def cancel() -> None:
            loop.call_soon_threadsafe(task.cancel)

        job.stage.execution.cancellation.on_cancel(cancel)

    async def _perform_async(self, job: Job) -> None:
        import asyncio

        with Outcome(job.stage, self._blobs, (GeneratorExit,), job.task.mask(job.stage)) as outcome:
            answer = job.task.execute(job.stage)
            assert isinstance(answer, Awaitable)
            try:
                outcome.answer(await answer)
            except asyncio.CancelledError:
                outcome.answer(TaskResult.canceled())
        self._finish(job, outcome.result)


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Run a loop until it is stopped, then close it."""
    try:
        loop.run_forever()
    finally:
        loop.close()

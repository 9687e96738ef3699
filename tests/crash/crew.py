"""Processors in processes of their own, side by side on one store, that can be killed, stopped and watched."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from types import TracebackType

import msgspec

from stageline.engine.clock import utc_now
from stageline.engine.messages import StartWorkflow
from stageline.engine.ports import Store
from stageline.engine.queue_processor import QueueProcessor
from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution
from stageline.model.workflow import Workflow
from stageline.store.opening import open_store
from stageline.tasks.registry import TaskRegistry
from stageline.tasks.task import RunningStage, Task
from tests.crash.counted import CountedRegistry
from tests.crash.journal import Journal, Line
from tests.crash.killing import Killer

SECONDS = 30.0
NAP = 0.02


class Place(msgspec.Struct, frozen=True):
    """A store and a folder that several processors share."""

    url: str
    folder: Path

    @property
    def journal(self) -> Journal:
        return Journal(self.folder / "journal")

    @property
    def gathering(self) -> Path:
        """While this file is there no nap ends, so that there is work for whoever comes late."""
        return self.folder / "gathering"

    def open(self) -> Store:
        return open_store(self.url, files=self.folder / "files")

    def rows(self, sql: str) -> list[tuple[int]]:
        """What a query gives, past all of our own code."""
        if self.url.startswith("sqlite:"):
            with closing(sqlite3.connect(self.url.removeprefix("sqlite:///"))) as database:
                return database.execute(sql).fetchall()
        import psycopg

        with psycopg.connect(self.url, options="-c search_path=stageline") as server:
            return server.execute(sql.encode()).fetchall()


class Nap(Task):
    """Takes a moment, and lasts as long as the crew is gathering."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def execute(self, stage: RunningStage) -> TaskResult:
        time.sleep(NAP)
        while self._place.gathering.exists() and not stage.canceled:
            time.sleep(NAP)
        return TaskResult.success({stage.ref_id: stage.record.attempt})


class Hold(Task):
    """The first time it holds on until it is asked to go, and leaves a note of that; the second time it is quick."""

    def execute(self, stage: RunningStage) -> TaskResult:
        folder = Path(stage.context["folder"])
        if (folder / "holding").exists():
            return TaskResult.success({"times": 2})
        (folder / "holding").touch()
        if stage.execution.cancellation.wait(2 * SECONDS):
            (folder / "let go").touch()
        return TaskResult.success({"times": 1})


def work(place: Place, slots: int, ahead: float) -> None:
    """Be a processor until told to end; its clock may be ahead of the others'."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    tasks = TaskRegistry()
    tasks.register("nap", Nap(place))
    tasks.register("hold", Hold)
    counted = CountedRegistry(tasks, Killer(None), place.journal)
    with ExitStack() as stack:
        store = place.open()
        stack.callback(store.close)
        clock = lambda: utc_now() + int(ahead * 1_000_000)  # noqa: E731
        processor = QueueProcessor(store=store, registry=counted, slots=slots, clock=clock)
        stack.enter_context(processor).start()
        while True:
            signal.pause()


class Crew:
    """Starts processors on one place and ends them all at the end."""

    def __init__(self, processes: ForkServerContext, place: Place) -> None:
        self._processes = processes
        self.place = place
        self.members: list[ForkServerProcess] = []

    def start(self, count: int = 1, slots: int = 2, ahead: float = 0.0) -> list[int]:
        """So many more processors; answers their pids."""
        new = [self._processes.Process(target=work, args=(self.place, slots, ahead)) for _ in range(count)]
        for member in new:
            member.start()
        self.members += new
        return [member.pid or 0 for member in new]

    def kill(self, pid: int) -> float:
        """End one the hard way; answers when."""
        at = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        return at

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for member in self.members:
            if member.is_alive() and member.pid:
                os.kill(member.pid, signal.SIGCONT)
                member.terminate()
        for member in self.members:
            member.join(SECONDS)
            assert member.exitcode is not None, "a processor does not end when told to"


def begin(place: Place, workflows: Sequence[Workflow]) -> None:
    """Store and start these runs."""
    with closing(place.open()) as store:
        for workflow in workflows:
            store.store(workflow)
            store.push(workflow.id, StartWorkflow(), utc_now())


def all_ended(place: Place) -> bool:
    """Whether every run has ended."""
    with closing(place.open()) as store:
        return all(row.record.status.ended for row in store.list_runs(1000))


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for something that other processes do."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not after {SECONDS} s"
        time.sleep(0.01)


def pids(lines: Sequence[Line]) -> set[int]:
    return {line.pid for line in lines}


def many_runs() -> list[Workflow]:
    """Many short chains."""

    def chain() -> list[StageExecution]:
        needs: list[list[str]] = [[], ["s0"], ["s1"], ["s2"]]
        return [
            StageExecution(ref_id=f"s{n}", type="nap", requisite_stage_ref_ids=need) for n, need in enumerate(needs)
        ]

    return [Workflow.create("chain", chain(), id=f"chain-{n}") for n in range(40)]


def one_wide_run() -> list[Workflow]:
    """One run with much to do at a time."""
    fan = [StageExecution(ref_id=f"s{n}", type="nap") for n in range(160)]
    end = StageExecution(ref_id="end", type="noop", requisite_stage_ref_ids=[one.ref_id for one in fan])
    return [Workflow.create("wide", [*fan, end], id="wide")]

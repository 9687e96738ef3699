"""Calls that make no sense, and programs that stop in the middle: refused in words, or gone on with."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from stageline import (
    CompleteStageHandler,
    DocumentError,
    InternalError,
    Join,
    MemoryStore,
    Orchestrator,
    QueueProcessor,
    SqliteQueue,
    StageExecution,
    TaskRegistry,
    TaskResult,
    UnknownName,
    Workflow,
    WorkflowStatus,
    open_store,
    run,
)
from stageline.engine.clock import utc_now
from stageline.engine.messages import StartWorkflow
from stageline.engine.ports import Store
from stageline.model.status import Status
from stageline.tasks.task import RunningStage

SUCCEEDED = WorkflowStatus.SUCCEEDED


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[SqliteQueue]:
    with closing(SqliteQueue(f"sqlite:///{tmp_path}/runs.db")) as queue:
        yield queue


@pytest.fixture
def mine(queue: SqliteQueue) -> Workflow:
    """A stored run `my-run` of two stages, `first` and `second`."""
    second = StageExecution(ref_id="second", type="noop", requisite_stage_ref_ids=["first"])
    workflow = Workflow.create("mine", [StageExecution(ref_id="first", type="noop"), second], id="my-run")
    queue.store.store(workflow)
    return workflow


def process(queue: SqliteQueue, workflow: Workflow) -> Workflow:
    """Start a stored run and bring it to its end."""
    Orchestrator(queue).start(workflow)
    with QueueProcessor(queue) as processor:
        assert processor.process_all(10)
    return queue.store.retrieve(workflow.id)


@pytest.mark.parametrize(
    "ask",
    [
        lambda queue: queue.push("my-rum", StartWorkflow()),
        lambda queue: queue.store.retrieve("my-rum"),
        lambda queue: queue.store.events("my-rum"),
        lambda queue: run("my-rum", queue.store),
        lambda queue: Orchestrator(queue).start("my-rum"),
        lambda queue: Orchestrator(queue).cancel("my-rum"),
        lambda queue: Orchestrator(queue).signal("my-rum", "first"),
        lambda queue: Orchestrator(queue).retry("my-rum"),
    ],
)
@pytest.mark.usefixtures("mine")
def test_an_unknown_run_is_named_with_the_closest_one(queue: SqliteQueue, ask: Callable[[SqliteQueue], object]) -> None:
    with pytest.raises(UnknownName) as caught:
        ask(queue)
    assert "no run 'my-rum' in sqlite:///" in str(caught.value)
    assert "did you mean 'my-run'?" in str(caught.value)
    assert queue.store.retrieve("my-run").status is WorkflowStatus.NOT_STARTED


@pytest.mark.parametrize("ask", [Orchestrator.signal, Orchestrator.cancel_stage, Orchestrator.retry])
def test_an_unknown_stage_is_named_with_the_closest_one(
    queue: SqliteQueue, mine: Workflow, ask: Callable[[Orchestrator, Workflow, str], object]
) -> None:
    process(queue, mine)
    with pytest.raises(UnknownName) as caught:
        ask(Orchestrator(queue), mine, "secund")
    assert str(caught.value) == "no stage 'secund' in 'mine'; did you mean 'second'?"


def test_an_ended_stage_hears_no_signal(queue: SqliteQueue, mine: Workflow) -> None:
    process(queue, mine)
    with pytest.raises(DocumentError, match=r"stage 'first' of run my-run has ended \(SUCCEEDED\)"):
        Orchestrator(queue).signal(mine, "first")


def test_a_signal_that_is_not_json_is_refused(queue: SqliteQueue, mine: Workflow) -> None:
    with pytest.raises(DocumentError, match=r"the signal's payload\['x'\] is not JSON"):
        Orchestrator(queue).signal(mine, "first", {"x": object()})


def test_a_run_that_has_not_ended_cannot_be_retried(queue: SqliteQueue, mine: Workflow) -> None:
    with pytest.raises(DocumentError, match=r"run my-run has not ended \(NOT_STARTED\): cancel it first, or wait"):
        Orchestrator(queue).retry(mine)


def test_a_run_is_stored_once(queue: SqliteQueue, mine: Workflow) -> None:
    process(queue, mine)
    with pytest.raises(
        DocumentError, match=r"there is a run 'my-run' in sqlite:///.* already; give the new one another id"
    ):
        queue.store.store(mine)
    assert queue.store.retrieve("my-run").status is SUCCEEDED


def test_a_run_that_is_started_twice_runs_once(queue: SqliteQueue, mine: Workflow) -> None:
    once = process(queue, mine)
    assert process(queue, mine) == once
    assert run(mine.id, queue.store) == once


def test_a_handler_that_raises_leaves_the_run_as_it_was(queue: SqliteQueue, mine: Workflow) -> None:
    class Broken(CompleteStageHandler):
        def handle(self, run: object, message: object) -> list[object]:  # type: ignore[override]
            raise ZeroDivisionError("I am broken")

    Orchestrator(queue).start(mine)
    with QueueProcessor(queue) as processor:
        processor.register_handler(Broken())
        with pytest.raises(InternalError) as caught:
            processor.process_all(10)
        assert all(word in str(caught.value) for word in ("run my-run", "handler", "ZeroDivisionError", "I am broken"))
        events = queue.store.events(mine.id)
        assert queue.store.retrieve(mine.id).status is WorkflowStatus.RUNNING
        with pytest.raises(InternalError):
            processor.process_all(10)
        assert queue.store.events(mine.id)[: len(events)] == events
        processor.register_handler(CompleteStageHandler())
        assert processor.process_all(10)
    assert queue.store.retrieve(mine.id).status is SUCCEEDED


def slow_run(store: Store, seconds: float, done: list[int]) -> tuple[Workflow, TaskRegistry]:
    """A stored and started run whose only stage takes its time; `done` counts how often it got through."""

    def slow(stage: RunningStage) -> TaskResult:
        if stage.execution.cancellation.wait(seconds):
            return TaskResult.canceled()
        done.append(1)
        return TaskResult.success()

    tasks = TaskRegistry()
    tasks.register("slow", slow)
    workflow = Workflow.create("slow", [StageExecution(ref_id="only", type="slow")])
    store.store(workflow)
    store.push(workflow.id, StartWorkflow(), utc_now())
    return workflow, tasks


def test_a_timeout_of_process_all_ends_the_waiting_and_nothing_else(queue: SqliteQueue) -> None:
    done: list[int] = []
    workflow, tasks = slow_run(queue.store, 0.6, done)
    with QueueProcessor(queue, registry=tasks) as processor:
        begun = time.monotonic()
        assert processor.process_all(0.1) is False
        assert time.monotonic() - begun < 0.5
        assert queue.store.retrieve(workflow.id).status is WorkflowStatus.RUNNING
        assert processor.process_all(10) is True
    assert queue.store.retrieve(workflow.id).status is SUCCEEDED
    assert done == [1]


def test_a_processor_that_is_closed_in_the_middle_leaves_its_run_to_the_next(queue: SqliteQueue) -> None:
    done: list[int] = []
    workflow, tasks = slow_run(queue.store, 0.4, done)
    with QueueProcessor(queue, registry=tasks) as processor:
        processor.process_all(0.1)
    kept = queue.store.retrieve(workflow.id)
    assert (kept.status, kept.stage("only").status, done) == (WorkflowStatus.RUNNING, Status.RUNNING, [])
    with QueueProcessor(queue, registry=tasks) as processor:
        assert processor.process_all(10)
    assert (queue.store.retrieve(workflow.id).status, done) == (SUCCEEDED, [1])


def test_paths_may_have_blanks_and_signs(tmp_path: Path) -> None:
    place = tmp_path / "my runs, 100 % done? (#1)"
    place.mkdir()
    stage = StageExecution(
        ref_id="a stage's name", type="shell", context={"command": "pwd; echo $0", "cwd": str(place)}
    )
    result = run(Workflow.create("odd name", [stage], id="run 1: it's"), f"{place}/our runs.db")
    assert result.stage("a stage's name").outputs["stdout"] == f"{place}\nbash\n"
    assert (place / "our runs.db").exists()
    with closing(open_store(f"{place}/our runs.db")) as store:
        assert store.retrieve("run 1: it's") == result


def test_a_run_is_over_though_a_canceled_stage_would_have_waited_for_an_hour() -> None:
    quick = StageExecution(ref_id="quick", type="noop")
    slow = StageExecution(ref_id="slow", type="wait", context={"seconds": 3600})
    first = StageExecution(
        ref_id="first", type="noop", requisite_stage_ref_ids=["quick", "slow"], join=Join.any(cancel_losers=True)
    )
    begun = time.monotonic()
    result = run(Workflow.create("race", [slow, quick, first]))
    assert time.monotonic() - begun < 5
    assert result.status is SUCCEEDED


def test_a_timer_that_is_no_longer_wanted_takes_no_other_one_with_it() -> None:
    asked = threading.Event()

    def listen(stage: RunningStage) -> TaskResult:
        asked.set()
        if not stage.signal:
            return TaskResult.suspend(timeout=0.6)
        return TaskResult.success() if stage.record.execution > 2 else TaskResult.running(after=1.2)

    tasks = TaskRegistry()
    tasks.register("listen", listen)
    workflow = Workflow.create("listening", [StageExecution(ref_id="ear", type="listen")])
    with closing(MemoryStore()) as store, QueueProcessor(store=store, registry=tasks) as processor:
        store.store(workflow)
        store.push(workflow.id, StartWorkflow(), utc_now())
        processor.process_all(0.2)
        Orchestrator(store=store).signal(workflow, "ear", {"word": "yes"})
        processor.process_all(5)
        assert store.retrieve(workflow.id).status is SUCCEEDED


SAME_EVERYWHERE = """
import json
import re
import sys
import msgspec
from stageline import StageExecution, Workflow, Retry, open_store, run

def stage(ref, type, *needs, **context):
    return StageExecution(ref_id=ref, type=type, requisite_stage_ref_ids=set(needs), context=context)

child = Workflow.create("child", [stage("in", "python", script="RESULT = 'İıß ü'")])
stages = [
    stage("later", "wait", until="2020-01-31T12:00:00"),
    stage("words", "python", script="RESULT = sorted(['b', 'ä', 'A', 'Z', 'i', 'I'])"),
    stage("more", "shell", command="printf 'ä %s' x"),
    stage("join", "python", "words", "more", script="RESULT = list(INPUT)"),
    stage("below", "workflow", "join", workflow=child),
]
store = open_store(sys.argv[1])
result = run(Workflow.create("same", stages, id="same"), store)
shown = {s.ref_id: [str(s.status), s.outputs] for s in result.stages}
kinds = sorted(type(event).__name__ for event in store.events("same"))
print(json.dumps([shown, kinds, Retry(3).delay_after(2, "key")], ensure_ascii=True))
"""


def test_nothing_depends_on_time_zone_language_or_hash_seed(tmp_path: Path) -> None:
    def result(number: int, **variables: str) -> object:
        environment = {**os.environ, **variables}
        command = [sys.executable, "-c", SAME_EVERYWHERE, f"sqlite:///{tmp_path}/{number}.db"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    usual = result(0, TZ="UTC", LANG="C.UTF-8", PYTHONHASHSEED="0")
    assert result(1, TZ="Asia/Kathmandu", LC_ALL="C", PYTHONHASHSEED="1") == usual
    assert result(2, TZ="America/St_Johns", LANG="tr_TR.UTF-8", PYTHONHASHSEED="4242") == usual

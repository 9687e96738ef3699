"""The real processor, one cycle at a time: no threads, because all its tasks are instant, and a clock that is moved.

Processors die, are taken for dead, and meet a store that fails; tasks answer what was drawn for them.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from stageline.engine.handlers import default_handlers
from stageline.engine.messages import CompleteTask, Message, ResumeWorkflow, StartWorkflow
from stageline.engine.ports import Change, Peer
from stageline.engine.processor import Processor
from stageline.engine.run import Run
from stageline.engine.workbench import Workbench
from stageline.errors import StoreError, StoreUncertain
from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from stageline.tasks.registry import TaskRegistry
from stageline.tasks.task import RunningStage, Task
from stageline.testing import FakeClock, MemoryStore
from tests.property.ledger import Ledger, audit
from tests.property.workflows import REFS, commands, results, seconds, workflows

LEASE = 11.0


class FailingStore(MemoryStore):
    """Fails the next commit if it is told to: before it is written, or with the answer lost on its way."""

    def __init__(self) -> None:
        super().__init__()
        self.next_failure = ""

    def commit(self, peer: str, changes: Sequence[Change], now: int) -> frozenset[str]:
        failure, self.next_failure = self.next_failure, ""
        if failure == "refused":
            raise StoreError("the disk is full")
        if failure == "unwritten":
            raise StoreUncertain("the connection was lost before the commit")
        refused = super().commit(peer, changes, now)
        if failure == "written":
            raise StoreUncertain("the connection was lost after the commit")
        return refused


class Scripted(Task):
    """Answers what the script has for a stage, then successes. Objects when it is executed for nothing."""

    instant = True

    def __init__(self, store: MemoryStore, script: dict[str, list[TaskResult]]) -> None:
        self._store = store
        self._script = script
        self.objections: list[str] = []
        self.executed: Counter[tuple[str, str, int]] = Counter()

    def execute(self, stage: RunningStage) -> TaskResult:
        run, ref, execution = stage.execution.run, stage.ref_id, stage.record.execution
        kept = self._store.load(run).workflow.stage(ref).record
        if (kept.status, kept.execution, kept.round) != (Status.RUNNING, execution, stage.record.round):
            self.objections.append(f"{run}/{ref}: execution {execution} began, but {kept} is what is written")
        self.executed[run, ref, execution] += 1
        if self.executed[run, ref, execution] > 1:
            self.objections.append(f"{run}/{ref}: execution {execution} began twice")
        left = self._script.get(ref)
        return left.pop() if left else TaskResult.success({"k": execution})


class Machine(RuleBasedStateMachine):
    """Some runs and some processors on one store."""

    def __init__(self) -> None:
        super().__init__()
        self.store = FailingStore()
        self.clock = FakeClock()
        self.script: dict[str, list[TaskResult]] = {}
        self.task = Scripted(self.store, self.script)
        self.processors: list[Processor] = []
        self.ledgers: dict[str, Ledger] = {}

    @initialize(workflow=workflows())
    def begin(self, workflow: Workflow) -> None:
        self._join()
        self._start(workflow)

    @rule(workflow=workflows())
    def another_run_is_started(self, workflow: Workflow) -> None:
        self._start(msgspec.structs.replace(workflow, id=f"run-{len(self.ledgers)}"))

    @rule(ref=st.sampled_from(REFS), answer=results(REFS))
    def a_task_will_answer(self, ref: str, answer: TaskResult) -> None:
        self.script.setdefault(ref, []).append(answer)

    @rule(which=st.integers(0, 3), times=st.integers(1, 4))
    def a_processor_works(self, which: int, times: int) -> None:
        for _ in range(times):
            self._cycle(self.processors[which % len(self.processors)])

    @rule(passed=seconds)
    def time_passes(self, passed: float) -> None:
        self.clock.advance(passed)

    @rule(which=st.integers(0, 9), command=commands(REFS))
    def somebody_asks_for_something(self, which: int, command: Message) -> None:
        run = sorted(self.ledgers)[which % len(self.ledgers)]
        self.store.push(run, command, self.clock())
        for processor in self.processors:
            processor.wake()

    @rule(failure=st.sampled_from(["refused", "unwritten", "written"]))
    def the_next_commit_fails(self, failure: str) -> None:
        self.store.next_failure = failure

    @rule(which=st.integers(0, 3))
    def a_processor_dies(self, which: int) -> None:
        """Nothing of it is left but what was written; its lease ends some day."""
        self.processors.pop(which % len(self.processors))
        self.clock.advance(LEASE)
        self._join()

    @rule(which=st.integers(0, 3))
    def a_processor_is_taken_for_dead(self, which: int) -> None:
        """It sleeps through its lease while another one works, and wakes up later."""
        sleeper = self.processors[which % len(self.processors)]
        others = [other for other in self.processors if other is not sleeper]
        self.clock.advance(LEASE)
        self.processors = others
        self._join()
        self._cycle(self.processors[-1])
        self.processors = [sleeper, *self.processors][:3]

    @invariant()
    def nothing_is_executed_for_nothing(self) -> None:
        assert self.task.objections == []
        for processor in self.processors:
            assert processor.defects == []
        for row in self.store.list_runs():
            if row.id not in self.ledgers:
                self.ledgers[row.id] = Ledger(self.store.load(row.id).workflow)
            audit(self.store, row.id, self.ledgers[row.id])

    def teardown(self) -> None:
        """Left to itself and never paused, everything ends or waits for a word."""
        if not self.processors:
            return
        for _ in range(3):
            for run in self.ledgers:
                self.store.push(run, ResumeWorkflow(), self.clock())
            self._settle()
        self.nothing_is_executed_for_nothing()
        for run, ledger in self.ledgers.items():
            stages = self.store.load(run).workflow.stages
            awaits = [stage for stage in stages if stage.record.waiting in ("signal", "child")]
            assert ledger.judge.run in ("new", "over") or awaits, run
        self.store.close()

    def _start(self, workflow: Workflow) -> None:
        self.store.store(workflow)
        self.ledgers[workflow.id] = Ledger(workflow)
        self.store.push(workflow.id, StartWorkflow(), self.clock())
        for processor in self.processors:
            processor.wake()

    def _join(self) -> None:
        registry = TaskRegistry()
        registry.register("t", self.task)
        bench = Workbench(registry, self.store, self.clock)
        processor = Processor(self.store, default_handlers(), bench, 2, self.clock)
        processor.join()
        self.processors = [*self.processors, processor][-3:]

    def _cycle(self, processor: Processor) -> None:
        try:
            processor.cycle(0)
        except StoreError:
            assert self.store.next_failure == ""

    def _settle(self) -> None:
        self.store.next_failure = ""
        self.processors = self.processors[-1:]
        self.clock.advance(LEASE)
        for _ in range(1_000):
            for processor in self.processors:
                processor.wake()
                self._cycle(processor)
            if not any(processor.is_busy for processor in self.processors):
                ready_in = self.store.pending(self.clock())
                if ready_in is None:
                    return
                self.clock.now += ready_in
            else:
                self.clock.advance(0.5)
        raise AssertionError("the processors do not come to rest")


Machine.TestCase.settings = settings(
    max_examples=120,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
TestMachine = Machine.TestCase


class Slow(Task):
    """A task that needs a thread."""

    def execute(self, stage: RunningStage) -> TaskResult:
        raise AssertionError("it is executed by somebody else")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_an_answer_that_came_while_nobody_owned_its_run_is_not_asked_for_again(store: MemoryStore) -> None:
    clock, registry = FakeClock(), TaskRegistry()
    registry.register("t", Slow)
    store.join(Peer("helper", "elsewhere", 1, "", 2), clock() + 10**12)
    store.store(Workflow.create("w", [StageExecution(ref_id="a", type="t")], id="run"))
    store.push("run", StartWorkflow(), clock())

    def processor() -> Processor:
        made = Processor(store, default_handlers(), Workbench(registry, store, clock), 0, clock)
        made.join()
        made.cycle(0)
        made.cycle(0)
        return made

    processor()
    [offer] = store.take_offers("helper", ["t"], 1)
    clock.advance(LEASE)
    store.beat("helper", clock(), clock() + 10**12)
    assert store.answer_offer("helper", "run", CompleteTask(0, offer.execution, TaskResult.success()), clock())
    processor()
    record = store.retrieve("run").stage("a").record
    assert (record.status, record.execution) == (Status.SUCCEEDED, 1)


def test_a_processor_that_slept_through_its_lease_alone_goes_on_where_it_was(store: MemoryStore) -> None:
    clock, registry = FakeClock(), TaskRegistry()
    registry.register("t", Scripted(store, {"a": [TaskResult.running(1.0)]}))
    store.store(Workflow.create("w", [StageExecution(ref_id="a", type="t")], id="run"))
    store.push("run", StartWorkflow(), clock())
    processor = Processor(store, default_handlers(), Workbench(registry, store, clock), 1, clock)
    processor.join()
    for _ in range(3):
        processor.cycle(0)
    clock.advance(LEASE)
    for _ in range(6):
        processor.cycle(0)
    assert store.retrieve("run").status is Status.SUCCEEDED


def test_a_run_that_cannot_be_handled_is_put_aside_as_it_was(store: MemoryStore) -> None:
    clock, registry = FakeClock(), TaskRegistry()
    store.store(Workflow.create("w", [StageExecution(ref_id="a", type="t")], id="run"))
    store.push("run", StartWorkflow(), clock())
    handlers = default_handlers()
    del handlers[StartWorkflow]
    processor = Processor(store, handlers, Workbench(registry, store, clock), 0, clock)
    processor.join()
    processor.cycle(0)
    [defect] = processor.defects
    assert "run run: a handler failed, and the run is as it was before" in str(defect)
    assert Run(store.load("run").workflow).record.status is Status.NOT_STARTED

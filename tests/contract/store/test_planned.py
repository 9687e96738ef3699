"""Stages that were planned while a run goes on are kept like all others, and the log tells of them."""

import pytest

from stageline.engine.events import RunStarted, StagesPlanned, StageStarted
from stageline.engine.messages import StartWorkflow
from stageline.engine.orchestrator import Orchestrator
from stageline.engine.ports import Peer, Store
from stageline.engine.queue_processor import QueueProcessor
from stageline.errors import DocumentError, UnknownName
from stageline.model.plan import SCOPE, Plan, Scope
from stageline.model.record import StageRecord, Waiting
from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from stageline.tasks.registry import TaskRegistry
from stageline.tasks.task import RunningStage, Task
from tests.contract.store.world import NOW, Place, a_run, change, claimed, done, joined, stage
from tests.folding import folded

NAMES = {"item": {"ü": [1, 2.5, None]}, "n": 3}


def planned(first: int, key: str) -> list[tuple[int, StageExecution]]:
    """A scope with two stages below stage 0, numbered from `first` on."""
    context = {"names": NAMES, "shielded": True}
    above = StageExecution(ref_id=key, type=SCOPE, context=context, parent=0, epoch=2)
    return [
        (first, above),
        (first + 1, stage("one", parent=first, retry=2)),
        (first + 2, stage("two", "one", parent=first)),
    ]


def test_planned_stages_are_read_as_they_were_written(place: Place) -> None:
    store = place.open()
    me = joined(store, "me")
    claim = claimed(store, me)
    one, two = planned(2, "k1"), planned(5, "k2")
    waits = StageRecord(Status.RUNNING, NOW, waiting=Waiting.SCOPES, epoch=2, limit=1)
    events = [StagesPlanned(NOW, 0, 2, tuple(spec for _, spec in one), 1)]
    store.commit(me.id, [change(claim, events, stages=[(0, waits), (3, done(n=1))], planned=one)], NOW)
    store.commit(me.id, [change(claim, [StageStarted(NOW, 5)], seen=1, planned=two, stages=[(7, done())])], NOW)
    for kept in (store.retrieve("run"), store.load("run").workflow, place.open().retrieve("run")):
        own = a_run("run").stages
        assert [s.ref_id for s in kept.stages] == [*(s.ref_id for s in own), *(s.ref_id for _, s in [*one, *two])]
        assert [s.with_record(StageRecord()) for s in kept.stages[2:]] == [spec for _, spec in [*one, *two]]
        assert kept.stage("a/k1/one").outputs == {"n": 1}
        assert kept.stage("a/k2/one").status is Status.NOT_STARTED
    assert store.events("run") == [*events, StageStarted(NOW, 5)]


def test_a_refused_commit_plans_nothing(store: Store, me: Peer, other: Peer) -> None:
    claim = claimed(store, me)
    assert store.commit(other.id, [change(claim, [RunStarted(NOW)], planned=planned(2, "k"))], NOW) == {"run"}
    assert len(store.retrieve("run").stages) == 2


class Loop(Task):
    """Plans windows of two items, three in all levels; the innermost stage listens in the last one."""

    instant = True

    def execute(self, stage: RunningStage) -> TaskResult:
        at, depth = stage.context.get("at", 0), stage.context["depth"]
        if at < 6:
            scopes = [Scope(key=str(n), stages=inner(n, depth), names={"n": n}) for n in (at, at + 1)]
            return TaskResult.run_stages(Plan(scopes=scopes, limit=2, more=at < 4), context={"at": at + 2})
        return TaskResult.success({"ended": list(stage.scopes)})


def inner(n: int, depth: int) -> list[StageExecution]:
    last = StageExecution(ref_id="two", type="loop", context={"depth": depth - 1}, requisite_stage_ref_ids={"one"})
    if depth == 0 or n != 5:
        last = stage("two", "one")
    return [StageExecution(ref_id="one", type="listen" if (n, depth) == (5, 0) else "noop"), last]


class Listen(Task):
    """Waits for a word."""

    def execute(self, stage: RunningStage) -> TaskResult:
        return TaskResult.success(stage.signal) if stage.signal else TaskResult.suspend()


def registry() -> TaskRegistry:
    tasks = TaskRegistry()
    tasks.register("loop", Loop)
    tasks.register("listen", Listen)
    return tasks


def waiting_run(store: Store) -> Workflow:
    """A run that has come as far as it can without a word for `loop/5/two/5/one`."""
    first = StageExecution(ref_id="loop", type="loop", context={"depth": 1})
    run = Workflow.create("planning", [first, stage("end", "loop")], id="run")
    store.store(run)
    store.push(run.id, StartWorkflow(), NOW)
    work(store)
    return store.retrieve(run.id)


def work(store: Store) -> None:
    """A processor that knows nothing of earlier ones does all that can be done."""
    with QueueProcessor(store=store, registry=registry()) as processor:
        assert processor.process_all(30)


def test_a_run_with_plans_is_taken_up_by_another_processor_and_its_log_gives_its_tables(place: Place) -> None:
    store = place.open()
    halfway = waiting_run(store)
    assert halfway.stage("loop/5/two/5/one").status is Status.SUSPENDED
    assert folded(halfway, store.events("run")) == halfway

    Orchestrator(store=store).signal("run", "loop/5/two/5/one", {"word": "go"})
    work(store)

    ended = store.retrieve("run")
    assert ended.status is Status.SUCCEEDED
    assert ended.stage("loop").outputs == {"ended": [str(n) for n in range(6)]}
    assert ended.stage("loop/5/two/5/one").outputs == {"word": "go"}
    assert len(ended.stages) == 2 + 2 * 6 * 3
    assert folded(ended, store.events("run")) == ended


def test_a_stage_inside_is_steered_by_its_path(store: Store) -> None:
    waiting_run(store)
    steer = Orchestrator(store=store)
    with pytest.raises(UnknownName, match=r"no stage 'loop/5/two/5/oen'.*did you mean 'one'"):
        steer.signal("run", "loop/5/two/5/oen")
    with pytest.raises(DocumentError, match="'loop/5/two/4/one' of run run has ended"):
        steer.signal("run", "loop/5/two/4/one")
    steer.cancel_stage("run", "loop/5/two/5", "enough")
    work(store)
    ended = store.retrieve("run")
    assert ended.stage("loop/5/two/5").status is Status.CANCELED
    assert ended.status is Status.SUCCEEDED
    with pytest.raises(DocumentError, match="'loop/5/two' was planned by 'loop': retry from that stage"):
        steer.retry("run", "loop/5/two")
    steer.retry("run", "loop")
    work(store)
    again = store.retrieve("run")
    assert again.stage("loop/5/two/5/one").status is Status.SUSPENDED
    assert folded(again, store.events("run")) == again

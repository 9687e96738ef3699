"""A processor may be there for some runs only, and for what they start; what others have begun is not its business."""

from stageline.engine.clock import utc_now
from stageline.engine.messages import StartWorkflow
from stageline.engine.orchestrator import Orchestrator
from stageline.engine.ports import Offer, Peer, Store
from stageline.engine.queue_processor import QueueProcessor
from stageline.model.stage import StageExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.contract.store.world import LATER, NOW, a_run, change, claimed, joined, started


def test_only_the_chosen_runs_are_claimed(store: Store, me: Peer) -> None:
    for run in ("one", "two", "three"):
        started(store, run)
    assert [claim.run for claim in store.claim(me.id, NOW, 10, ["three", "one", "none"])] == ["one", "three"]
    assert store.claim(me.id, NOW, 10, []) == []
    assert [claim.run for claim in store.claim(me.id, NOW, 10)] == ["two"]


def test_only_the_chosen_runs_are_something_to_do(store: Store) -> None:
    started(store, "one")
    assert store.pending(NOW, ["two"]) is None
    assert store.pending(NOW, ["one", "two"]) == 0


def test_only_the_offers_of_the_chosen_runs_are_taken(store: Store, me: Peer) -> None:
    for run in ("one", "two"):
        claim = claimed(store, me, run)
        store.commit(me.id, [change(claim, offers=[Offer(run, 0, 1, "noop", {})])], NOW)
    assert [offer.run for offer in store.take_offers(me.id, ["noop"], 5, ["two"])] == ["two"]
    assert store.take_offers(me.id, ["noop"], 5, []) == []
    assert [offer.run for offer in store.take_offers(me.id, ["noop"], 5)] == ["one"]


def test_a_processor_for_one_run_leaves_the_others_alone(store: Store) -> None:
    for run in ("mine", "theirs"):
        started(store, run)
    with QueueProcessor(store=store, runs=["mine"]) as processor:
        assert processor.process_all(timeout=30)
    assert store.retrieve("mine").status is Status.SUCCEEDED
    assert store.retrieve("theirs").status is Status.NOT_STARTED


def test_what_its_run_starts_is_its_business_too(store: Store) -> None:
    child = a_run(stages=[StageExecution(ref_id="inner", type="noop")])
    parent = Workflow.create("p", [StageExecution(ref_id="sub", type="workflow", context={"workflow": child})], id="p")
    store.store(parent)
    store.push("p", StartWorkflow(), NOW)
    with QueueProcessor(store=store, runs=["p"]) as processor:
        assert processor.process_all(timeout=30)
    assert store.retrieve("p").status is Status.SUCCEEDED


def test_a_run_that_waits_for_its_child_is_taken_over_with_it(store: Store) -> None:
    wait = StageExecution(ref_id="inner", type="approval")
    child = a_run(stages=[wait])
    parent = Workflow.create("p", [StageExecution(ref_id="sub", type="workflow", context={"workflow": child})], id="p")
    store.store(parent)
    store.push("p", StartWorkflow(), NOW)
    with QueueProcessor(store=store, runs=["p"]) as processor:
        processor.process_all(timeout=5)
    (below,) = [row.id for row in store.list_runs() if row.parent == "p"]
    assert store.retrieve(below).status is Status.RUNNING
    store.push("p", StartWorkflow(), NOW)
    with QueueProcessor(store=store, runs=["p"]) as processor:
        processor.process_all(timeout=5)
        Orchestrator(store=store).signal(below, "inner", {"approved": True})
        processor.process_all(timeout=30)
    assert store.retrieve("p").status is Status.SUCCEEDED


def test_others_do_not_count_on_it(store: Store) -> None:
    other = joined(store, "other", lease_until=2 * LATER)
    with QueueProcessor(store=store, runs=["mine"], slots=4) as processor:
        processor.process_all(timeout=5)
        assert store.beat(other.id, utc_now(), 2 * LATER) == 0
    with QueueProcessor(store=store, slots=4) as processor:
        processor.process_all(timeout=5)
        assert store.beat(other.id, utc_now(), 2 * LATER) == 4

"""A commit writes all or nothing of each run, and nothing of a run whose owner is another by now."""

import threading

import pytest

from stageline.engine.events import RunStarted
from stageline.engine.messages import CancelWorkflow, PauseWorkflow, Signal, StartWorkflow
from stageline.engine.ports import Change, Claim, Offer, Peer, Store
from stageline.errors import DocumentError
from stageline.model.record import Parent
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.contract.store.world import (
    NOW,
    Place,
    a_run,
    change,
    claimed,
    done,
    free,
    joined,
    messages,
    stage,
    started,
)


def everything(claim: Claim) -> Change:
    """A change that would leave a trace in every table."""
    return change(
        claim,
        [RunStarted(NOW)],
        stages=[(0, done(n=1))],
        planned=[(2, stage("planned"))],
        consumed=range(1, 100),
        tells=[("bystander", CancelWorkflow())],
        children=[a_run("child")],
        offers=[Offer(claim.run, 1, 1, "noop", {})],
        release=True,
        ready_at=NOW,
    )


@pytest.mark.parametrize("wrong", ["fence", "owner", "free", "gone"])
def test_who_does_not_own_a_run_writes_nothing_of_it(store: Store, me: Peer, other: Peer, wrong: str) -> None:
    store.store(a_run("bystander"))
    claim = claimed(store, me)
    before = store.retrieve("run")
    writer = me
    match wrong:
        case "fence":
            claim = Claim("run", claim.fence - 1)
        case "owner":
            writer = other
        case "free":
            store.leave(me.id)
        case _:
            claim = Claim("no such run", 1)
    assert store.commit(writer.id, [everything(claim)], NOW) == {claim.run}
    assert store.retrieve("run") == before
    assert store.events("run") == []
    assert store.take_offers(other.id, ["noop"], 10) == []
    assert {row.id for row in store.list_runs()} == {"bystander", "run"}
    store.leave(me.id)
    assert [claim.run for claim in store.claim(other.id, NOW, 10)] == ["run"]
    assert messages(store, other) == [StartWorkflow()]


def test_the_other_changes_of_a_commit_go_through(store: Store, me: Peer) -> None:
    mine, lost = claimed(store, me, "mine"), claimed(store, me, "lost")
    stale = Claim("lost", lost.fence - 1)
    refused = store.commit(me.id, [change(stale, stages=[(0, done())]), change(mine, stages=[(0, done())])], NOW)
    assert refused == {"lost"}
    assert store.retrieve("lost").stages[0].status is Status.NOT_STARTED
    assert store.retrieve("mine").stages[0].status is Status.SUCCEEDED


def test_an_empty_commit_is_no_error(store: Store, me: Peer) -> None:
    assert store.commit(me.id, [], NOW) == frozenset()


def test_what_is_not_json_changes_nothing(store: Store, me: Peer) -> None:
    one, two = claimed(store, me, "one"), claimed(store, me, "two")
    bad = change(two, stages=[(0, done(bad=object()))])
    with pytest.raises(DocumentError, match="StageRecord"):
        store.commit(me.id, [change(one, stages=[(0, done())]), bad], NOW)
    assert store.retrieve("one").stages[0].status is Status.NOT_STARTED
    assert store.commit(me.id, [change(one), change(two)], NOW) == frozenset()


def test_the_later_of_two_records_of_a_stage_stays(store: Store, me: Peer) -> None:
    claim = claimed(store, me)
    store.commit(me.id, [change(claim, stages=[(0, done(n=1)), (0, done(n=2))])], NOW)
    store.commit(me.id, [change(claim, stages=[(1, done(n=3))])], NOW)
    assert [s.outputs for s in store.retrieve("run").stages] == [{"n": 2}, {"n": 3}]


def test_stages_planned_on_the_way_come_after_those_that_were_there(store: Store, me: Peer) -> None:
    claim = claimed(store, me)
    planned = [(number, stage(f"p{number}", context={"item": number})) for number in range(2, 30)]
    store.commit(me.id, [change(claim, planned=planned[:12], stages=[(3, done(n=3))])], NOW)
    store.commit(me.id, [change(claim, planned=planned[12:], stages=[(2, done(n=2)), (29, done(n=29))])], NOW)
    for read in (store.retrieve("run"), store.load("run").workflow):
        assert [s.ref_id for s in read.stages] == ["a", "b", *(f"p{number}" for number in range(2, 30))]
        assert [s.context for s in read.stages[2:]] == [{"item": number} for number in range(2, 30)]
        assert {n: s.outputs["n"] for n, s in enumerate(read.stages) if s.outputs} == {2: 2, 3: 3, 29: 29}


def test_children_are_created_and_started(store: Store, me: Peer, other: Peer) -> None:
    claim = claimed(store, me)
    child = Workflow(id="child", name="c", stages=[stage("x")], parent=Parent("run", 0, 1, 1))
    store.commit(me.id, [change(claim, children=[child])], NOW)
    assert store.retrieve("child") == child
    assert [claim.run for claim in store.claim(other.id, NOW, 10)] == ["child"]
    assert messages(store, other) == [StartWorkflow()]


def test_children_that_are_there_are_left_alone(store: Store, me: Peer) -> None:
    claim = claimed(store, me)
    store.commit(me.id, [change(claim, children=[a_run("child", name="first")])], NOW)
    again = [a_run("child", name="second"), a_run("new"), a_run("new")]
    store.commit(me.id, [change(claim, children=again)], NOW)
    store.claim(me.id, NOW, 10)
    assert store.retrieve("child").name == "first"
    assert sorted(d.run for d in store.inbox(me.id)) == ["child", "new", "run"]


def test_a_tell_reaches_owned_and_free_runs_and_new_children(store: Store, me: Peer, other: Peer) -> None:
    claimed(store, other, "theirs")
    store.store(a_run("idle"))
    claim = claimed(store, me)
    tells = [(run, Signal(run)) for run in ("theirs", "idle", "run", "child", "unknown")]
    store.commit(me.id, [change(claim, tells=tells, children=[a_run("child")])], NOW)
    assert messages(store, other) == [StartWorkflow(), Signal("theirs")]
    assert messages(store, me) == [StartWorkflow(), Signal("run")]
    assert {claim.run for claim in store.claim(me.id, NOW, 10)} == {"idle", "child"}
    assert Signal("idle") in messages(store, me)
    assert Signal("child") in messages(store, me)


def test_runs_of_one_commit_may_tell_each_other(store: Store, me: Peer) -> None:
    one, two = claimed(store, me, "one"), claimed(store, me, "two")
    for claim in (one, two):
        free_it = change(claim, consumed=[d.id for d in store.inbox(me.id) if d.run == claim.run])
        store.commit(me.id, [free_it], NOW)
    both = [
        change(one, tells=[("two", PauseWorkflow())], release=True),
        change(two, tells=[("one", CancelWorkflow())], release=True),
    ]
    assert store.commit(me.id, both, NOW) == frozenset()
    assert {claim.run for claim in store.claim(me.id, NOW, 10)} == {"one", "two"}


def test_a_released_run_with_messages_left_is_ready_at_once(store: Store, me: Peer) -> None:
    claim = claimed(store, me)
    store.commit(me.id, [change(claim, release=True, ready_at=NOW + 10**12)], NOW)
    assert store.pending(NOW) == 0
    assert len(store.claim(me.id, NOW, 1)) == 1


def test_after_a_release_the_old_number_is_refused(store: Store, me: Peer) -> None:
    claim = claimed(store, me)
    free(store, me, claim)
    assert store.commit(me.id, [change(claim)], NOW) == {"run"}


def test_no_message_is_lost_between_release_and_push(place: Place) -> None:
    """Each round, a message is left just as the run is let go: it must make the run ready again."""
    owner, pusher = place.open(), place.open()
    peer = joined(owner)
    started(owner)
    for _ in range(60):
        (claim,) = owner.claim(peer.id, NOW, 1)
        seen = [delivery.id for delivery in owner.inbox(peer.id)]
        together = threading.Barrier(2)

        def push(together: threading.Barrier = together) -> None:
            together.wait()
            pusher.push("run", PauseWorkflow(), NOW)

        thread = threading.Thread(target=push)
        thread.start()
        together.wait()
        owner.commit(peer.id, [change(claim, consumed=seen, release=True)], NOW)
        thread.join()
        assert owner.pending(NOW) == 0


def test_commits_that_tell_each_other_crosswise_do_not_block(place: Place) -> None:
    stores = [place.open(), place.open()]
    peers = [joined(store, f"peer-{number}") for number, store in enumerate(stores)]
    claims = [claimed(stores[n], peers[n], run) for n, run in enumerate(("a", "b"))]
    failures: list[object] = []

    def tell(number: int) -> None:
        store, peer, claim = stores[number], peers[number], claims[number]
        target = claims[1 - number].run
        for _ in range(60):
            refused = store.commit(peer.id, [change(claim, tells=[(target, PauseWorkflow())])], NOW)
            failures.extend(refused)

    threads = [threading.Thread(target=tell, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [len(store.inbox(peer.id)) for store, peer in zip(stores, peers, strict=True)] == [61, 61]


def test_a_reader_sees_whole_commits_only(place: Place) -> None:
    writer, reader = place.open(), place.open()
    peer = joined(writer)
    claim = claimed(writer, peer)

    def write() -> None:
        for number in range(300):
            both = [(0, done(n=number)), (1, done(n=number))]
            writer.commit(peer.id, [change(claim, seen=number, stages=both)], NOW)

    write_all = threading.Thread(target=write)
    write_all.start()
    while write_all.is_alive():
        read = reader.retrieve("run")
        assert {stage.outputs.get("n", 0) for stage in read.stages} == {read.record.events}
    write_all.join()
    assert reader.retrieve("run").record.events == 299

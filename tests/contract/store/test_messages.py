"""Messages are kept until a commit of the run's owner consumes them: never lost, never handed to anybody else."""

import pytest

from stageline.engine import messages as m
from stageline.engine.ports import Peer, Store
from stageline.errors import DocumentError, UnknownName
from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.model.status import Status
from tests.contract.store.world import NOW, Place, a_run, change, claimed, free, joined, messages, started

EVERY_MESSAGE: list[m.Message] = [
    m.StartWorkflow(),
    m.StartStage(1),
    m.StartTask(1, 2),
    m.RunTask(1),
    m.CompleteTask(1, 2, TaskResult.success({"a": [1]}, {"c": 1})),
    m.CompleteTask(1, 2, TaskResult.failed(Failure("no", Cause.EXIT, 3))),
    m.CompleteTask(1, 2, TaskResult.suspend(2.5)),
    m.CompleteStage(1, Status.FAILED, {"a": 1}, Failure("no")),
    m.CompleteWorkflow(),
    m.CancelWorkflow("enough"),
    m.CancelStage("a", "enough"),
    m.PauseWorkflow(),
    m.ResumeWorkflow(),
    m.Signal("a", {"approved": True}),
    m.RetryWorkflow("a"),
    m.FireTimer(1, 2),
    m.FinishChild(1, 2, "child", Status.SUCCEEDED, {"a": 1}),
    m.RecoverWorkflow((1, 2)),
]


def test_messages_come_in_the_order_in_which_they_were_left(store: Store, me: Peer) -> None:
    store.store(a_run("run"))
    for message in EVERY_MESSAGE:
        store.push("run", message, NOW)
    store.claim(me.id, NOW, 1)
    assert messages(store, me) == EVERY_MESSAGE


def test_messages_stay_until_they_are_consumed(store: Store, me: Peer) -> None:
    claim = claimed(store, me)
    store.push("run", m.PauseWorkflow(), NOW)
    first, second = store.inbox(me.id)
    assert store.inbox(me.id) == [first, second]
    store.commit(me.id, [change(claim, consumed=[second.id])], NOW)
    assert store.inbox(me.id) == [first]
    store.commit(me.id, [change(claim, consumed=[first.id, second.id, 999])], NOW)
    assert store.inbox(me.id) == []


def test_one_run_cannot_consume_the_messages_of_another(store: Store, me: Peer) -> None:
    one, _ = claimed(store, me, "one"), claimed(store, me, "two")
    everything = [delivery.id for delivery in store.inbox(me.id)]
    store.commit(me.id, [change(one, consumed=everything)], NOW)
    assert [delivery.run for delivery in store.inbox(me.id)] == ["two"]


def test_numbers_of_messages_are_never_used_again(store: Store, me: Peer) -> None:
    claim = claimed(store, me)
    seen: set[int] = set()
    for _ in range(5):
        (delivery,) = store.inbox(me.id)
        assert delivery.id not in seen
        seen.add(delivery.id)
        store.commit(me.id, [change(claim, consumed=[delivery.id])], NOW)
        store.push("run", m.PauseWorkflow(), NOW)


def test_only_the_owner_has_them_in_its_inbox(store: Store, me: Peer, other: Peer) -> None:
    claimed(store, me, "mine")
    claimed(store, other, "theirs")
    started(store, "nobodys")
    assert [delivery.run for delivery in store.inbox(me.id)] == ["mine"]
    assert [delivery.run for delivery in store.inbox(other.id)] == ["theirs"]
    assert store.inbox("nobody") == []


def test_the_next_owner_finds_what_was_not_consumed(store: Store, me: Peer, other: Peer) -> None:
    claimed(store, me)
    store.leave(me.id)
    assert len(store.claim(other.id, NOW, 1)) == 1
    assert messages(store, other) == [m.StartWorkflow()]


def test_a_message_for_no_run_is_refused(store: Store) -> None:
    store.store(a_run("known"))
    with pytest.raises(UnknownName, match="did you mean 'known'"):
        store.push("knawn", m.StartWorkflow(), NOW)


def test_a_message_that_is_not_json_is_refused(store: Store, me: Peer) -> None:
    claimed(store, me)
    with pytest.raises(DocumentError, match="Signal"):
        store.push("run", m.Signal("a", {"x": object()}), NOW)
    assert messages(store, me) == [m.StartWorkflow()]


def test_a_message_frees_a_run_to_be_claimed_at_once(store: Store, me: Peer) -> None:
    free(store, me, claimed(store, me), ready_at=None)
    assert store.claim(me.id, NOW, 1) == []
    store.push("run", m.Signal("a"), NOW)
    assert [claim.run for claim in store.claim(me.id, NOW, 1)] == ["run"]


def test_messages_survive_a_new_opening(shared: Place) -> None:
    first = shared.open()
    started(first)
    first.close()
    again = shared.open()
    peer = joined(again)
    again.claim(peer.id, NOW, 1)
    assert messages(again, peer) == [m.StartWorkflow()]

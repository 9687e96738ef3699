"""A task on offer is held by one processor at a time; its answer reaches the run's owner exactly once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from stageline.engine.messages import CompleteTask
from stageline.engine.ports import Claim, Offer, Peer, Store
from stageline.errors import UnknownName
from stageline.model.result import TaskResult
from tests.contract.store.world import LATER, NOW, Place, change, claimed, joined, messages

BODY = {"context": {"text": "a\x00🎈", "n": [1, 2.5]}, "timeout": None}
ANSWER = CompleteTask(0, 1, TaskResult.success({"n": 1}))


def offer(stage: int, execution: int = 1, type: str = "noop") -> Offer:
    return Offer("run", stage, execution, type, BODY)


@pytest.fixture
def claim(store: Store, me: Peer) -> Claim:
    """A run that I own and have no messages of, and that offers three tasks."""
    made = claimed(store, me)
    consumed = [delivery.id for delivery in store.inbox(me.id)]
    offers = [offer(0), offer(1), offer(2, type="shell")]
    store.commit(me.id, [change(made, consumed=consumed, offers=offers)], NOW)
    return made


def test_offers_are_taken_by_type_and_up_to_a_limit(store: Store, claim: Claim, me: Peer, other: Peer) -> None:
    assert store.take_offers(other.id, ["python"], 10) == []
    assert store.take_offers(other.id, [], 10) == []
    assert store.take_offers(other.id, ["noop", "shell"], 0) == []
    assert store.take_offers(other.id, ["noop"], 1) == [offer(0)]
    assert store.take_offers(me.id, ["noop", "shell"], 10) == [offer(1), offer(2, type="shell")]
    assert store.take_offers(me.id, ["noop", "shell"], 10) == []


def test_who_has_not_joined_takes_nothing(store: Store, claim: Claim) -> None:
    assert store.take_offers("stranger", ["noop"], 10) == []


def test_what_is_held_can_be_asked(store: Store, claim: Claim, me: Peer, other: Peer) -> None:
    store.take_offers(other.id, ["noop"], 10)
    assert store.held_offers(other.id) == {("run", 0, 1), ("run", 1, 1)}
    assert store.held_offers(me.id) == frozenset()
    store.commit(me.id, [change(claim, withdrawn=[(0, 1)])], NOW)
    assert store.held_offers(other.id) == {("run", 1, 1)}


def test_a_loaded_run_knows_what_it_offers_held_or_not(store: Store, claim: Claim, other: Peer) -> None:
    store.take_offers(other.id, ["noop"], 1)
    assert store.load("run").offered == (0, 1, 2)
    store.answer_offer(other.id, "run", ANSWER, NOW)
    assert store.load("run").offered == (1, 2)


def test_an_answer_reaches_the_owner_once(store: Store, claim: Claim, me: Peer, other: Peer) -> None:
    store.take_offers(other.id, ["noop"], 1)
    assert store.answer_offer(other.id, "run", ANSWER, NOW)
    assert not store.answer_offer(other.id, "run", ANSWER, NOW)
    assert messages(store, me) == [ANSWER]


def test_an_answer_counts_from_the_holder_only(store: Store, claim: Claim, me: Peer, other: Peer) -> None:
    store.take_offers(other.id, ["noop"], 1)
    assert not store.answer_offer(me.id, "run", ANSWER, NOW)
    assert not store.answer_offer(other.id, "run", CompleteTask(0, 2, TaskResult.success()), NOW)
    assert not store.answer_offer(other.id, "run", CompleteTask(1, 1, TaskResult.success()), NOW)
    assert messages(store, me) == []
    with pytest.raises(UnknownName):
        store.answer_offer(other.id, "rum", ANSWER, NOW)


def test_an_answer_to_a_free_run_makes_it_ready(store: Store, claim: Claim, me: Peer, other: Peer) -> None:
    store.take_offers(other.id, ["noop"], 1)
    store.commit(me.id, [change(claim, release=True)], NOW)
    assert store.claim(me.id, NOW, 1) == []
    assert store.answer_offer(other.id, "run", ANSWER, NOW)
    assert len(store.claim(me.id, NOW, 1)) == 1
    assert messages(store, me) == [ANSWER]


def test_a_withdrawn_offer_is_gone_held_or_not(store: Store, claim: Claim, me: Peer, other: Peer) -> None:
    store.take_offers(other.id, ["noop"], 1)
    store.commit(me.id, [change(claim, withdrawn=[(0, 1), (1, 1), (7, 7)])], NOW)
    assert not store.answer_offer(other.id, "run", ANSWER, NOW)
    assert store.take_offers(other.id, ["noop"], 1) == []
    assert store.load("run").offered == (2,)


def test_a_withdrawn_task_may_be_offered_anew_in_one_commit(store: Store, claim: Claim, me: Peer, other: Peer) -> None:
    store.take_offers(other.id, ["noop"], 2)
    store.commit(me.id, [change(claim, withdrawn=[(0, 1)], offers=[offer(0, 2)])], NOW)
    assert not store.answer_offer(other.id, "run", ANSWER, NOW)
    assert store.take_offers(other.id, ["noop"], 5) == [offer(0, 2)]


def test_what_a_dead_holder_held_is_free_again(store: Store, claim: Claim, me: Peer) -> None:
    dead = joined(store, "dead", lease_until=NOW + 1)
    store.take_offers(dead.id, ["noop"], 1)
    store.beat(me.id, NOW + 1, LATER)
    assert not store.answer_offer(dead.id, "run", ANSWER, NOW)
    assert store.take_offers(me.id, ["noop"], 1) == [offer(0)]


def test_a_holder_keeps_its_offer_when_the_owner_dies(store: Store, claim: Claim, me: Peer, other: Peer) -> None:
    store.take_offers(other.id, ["noop"], 1)
    store.leave(me.id)
    third = joined(store, "third")
    assert len(store.claim(third.id, NOW, 1)) == 1
    assert store.load("run").offered == (0, 1, 2)
    assert store.answer_offer(other.id, "run", ANSWER, NOW)
    assert messages(store, third) == [ANSWER]


def test_threads_never_hold_the_same_offer(place: Place) -> None:
    stores = [place.open() for _ in range(4)]
    owner = joined(stores[0], "owner")
    claim = claimed(stores[0], owner)
    stores[0].commit(owner.id, [change(claim, offers=[offer(number) for number in range(200)])], NOW)
    together = threading.Barrier(4)

    def take_all(number: int) -> list[int]:
        peer = joined(stores[number], f"peer-{number}")
        together.wait()
        mine: list[int] = []
        while taken := stores[number].take_offers(peer.id, ["noop"], 3):
            mine += [offer.stage for offer in taken]
        return mine

    with ThreadPoolExecutor(4) as pool:
        everything = [stage for mine in pool.map(take_all, range(4)) for stage in mine]
    everything += [offer.stage for offer in stores[0].take_offers("peer-0", ["noop"], 200)]
    assert sorted(everything) == list(range(200))

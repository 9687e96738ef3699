"""A run has one owner at a time, and every ownership its own, growing number."""

import threading
from concurrent.futures import ThreadPoolExecutor

from stageline.engine.ports import Peer, Store
from tests.contract.store.world import (
    NOW,
    SECOND,
    Place,
    a_run,
    another_process,
    change,
    claimed,
    free,
    joined,
    started,
)


def test_a_run_without_messages_is_not_ready(store: Store, me: Peer) -> None:
    store.store(a_run())
    assert store.claim(me.id, NOW, 10) == []
    assert store.pending(NOW) is None


def test_the_oldest_are_claimed_first_up_to_the_limit(store: Store, me: Peer) -> None:
    ids = [started(store, f"run-{number}") for number in (3, 1, 2)]
    assert [claim.run for claim in store.claim(me.id, NOW, 2)] == ids[:2]
    assert [claim.run for claim in store.claim(me.id, NOW, 2)] == ids[2:]
    assert store.claim(me.id, NOW, 2) == []


def test_nothing_is_claimed_with_a_limit_of_nought(store: Store, me: Peer) -> None:
    started(store)
    assert store.claim(me.id, NOW, 0) == []
    assert store.pending(NOW) == 0


def test_an_owned_run_is_nobody_elses(store: Store, me: Peer, other: Peer) -> None:
    claimed(store, me)
    assert store.claim(other.id, NOW, 1) == []
    assert store.claim(me.id, NOW, 1) == []


def test_who_has_not_joined_claims_nothing(store: Store, me: Peer) -> None:
    started(store)
    assert store.claim("stranger", NOW, 1) == []
    assert len(store.claim(me.id, NOW, 1)) == 1


def test_each_claim_has_a_higher_number(store: Store, me: Peer, other: Peer) -> None:
    claim = claimed(store, me)
    for peer in (other, me, other):
        holder = me if peer is other else other
        free(store, holder, claim, ready_at=NOW)
        (after,) = store.claim(peer.id, NOW, 1)
        assert after.fence > claim.fence
        claim = after


def test_a_released_run_is_claimed_again_when_it_said(store: Store, me: Peer) -> None:
    free(store, me, claimed(store, me), ready_at=NOW + 5 * SECOND)
    assert store.claim(me.id, NOW + 5 * SECOND - 1, 1) == []
    assert len(store.claim(me.id, NOW + 5 * SECOND, 1)) == 1


def test_the_one_that_was_ready_earlier_comes_first(store: Store, me: Peer) -> None:
    for run, after in (("late", 3), ("early", 1), ("middle", 2)):
        free(store, me, claimed(store, me, run), ready_at=NOW + after)
    assert [claim.run for claim in store.claim(me.id, NOW + 9, 10)] == ["early", "middle", "late"]


def test_pending_tells_how_long_until_the_next_free_run(store: Store, me: Peer) -> None:
    assert store.pending(NOW) is None
    claim = claimed(store, me)
    assert store.pending(NOW) is None
    free(store, me, claim, ready_at=NOW + SECOND)
    assert store.pending(NOW) == SECOND
    assert store.pending(NOW + 2 * SECOND) == 0
    started(store, "another")
    assert store.pending(NOW) == 0


def test_a_released_run_without_a_time_waits_for_a_message(store: Store, me: Peer) -> None:
    free(store, me, claimed(store, me), ready_at=None)
    assert store.pending(NOW) is None


def test_threads_never_claim_the_same_run(place: Place) -> None:
    stores = [place.open() for _ in range(4)] * 2
    for number in range(200):
        started(stores[0], f"run-{number}")
    together = threading.Barrier(8)

    def claim_all(number: int) -> list[str]:
        store = stores[number]
        peer = joined(store, f"peer-{number}")
        together.wait()
        mine: list[str] = []
        while claims := store.claim(peer.id, NOW, 3):
            mine += [claim.run for claim in claims]
        return mine

    with ThreadPoolExecutor(8) as pool:
        everything = [run for mine in pool.map(claim_all, range(8)) for run in mine]
    # On PostgreSQL a run that another is just claiming is passed over, never waited for.
    everything += [claim.run for claim in stores[0].claim("peer-0", NOW, 200)]
    assert sorted(everything) == sorted(f"run-{number}" for number in range(200))


def test_processes_never_claim_the_same_run(shared: Place) -> None:
    store = shared.open()
    for number in range(200):
        started(store, f"run-{number}")
    both = [another_process("claim", shared.url) for _ in range(2)]
    for process in both:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    claims = [process.communicate("go\n", timeout=60)[0].split() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert not set(claims[0]) & set(claims[1])
    assert len(claims[0]) + len(claims[1]) == 200


def test_a_fence_from_an_earlier_ownership_of_ones_own_is_refused(store: Store, me: Peer) -> None:
    old = claimed(store, me)
    free(store, me, old, ready_at=NOW)
    (new,) = store.claim(me.id, NOW, 1)
    assert store.commit(me.id, [change(old)], NOW) == {"run"}
    assert store.commit(me.id, [change(new)], NOW) == frozenset()

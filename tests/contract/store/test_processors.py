"""A processor lives as long as it renews its lease. What a dead one held is free for the others, soon."""

import os
import signal
import subprocess
import sys

import msgspec
import pytest

from stageline.engine.messages import StartWorkflow
from stageline.engine.peers import birth_of, is_gone, this_host, this_peer
from stageline.engine.ports import Offer, Peer, Store
from tests.contract.store.world import (
    LATER,
    NOW,
    SECOND,
    Place,
    another_process,
    change,
    claimed,
    done,
    joined,
    messages,
    started,
)


def test_a_beat_counts_the_slots_of_the_others(store: Store) -> None:
    joined(store, "a", slots=2)
    assert store.beat("a", NOW, LATER) == 0
    joined(store, "b", slots=3)
    joined(store, "c", slots=4)
    assert store.beat("a", NOW, LATER) == 7
    store.leave("b")
    assert store.beat("a", NOW, LATER) == 4


def test_who_has_not_joined_or_has_left_is_dead(store: Store, me: Peer) -> None:
    assert store.beat("stranger", NOW, LATER) is None
    store.leave(me.id)
    assert store.beat(me.id, NOW, LATER) is None
    store.leave(me.id)


def test_joining_again_renews(store: Store, me: Peer) -> None:
    claimed(store, me)
    store.join(me, LATER + SECOND)
    joined(store, "other")
    assert store.beat("other", LATER, LATER + SECOND) == 1
    assert messages(store, me) == [StartWorkflow()]


def test_when_a_lease_is_over_the_others_bury_its_owner(store: Store) -> None:
    late = joined(store, "late", lease_until=NOW + SECOND)
    claim = claimed(store, late)
    store.commit(late.id, [change(claim, offers=[Offer("run", 0, 1, "noop", {})])], NOW)
    store.take_offers(late.id, ["noop"], 1)
    joined(store, "other")

    assert store.beat("other", NOW + SECOND - 1, LATER) == 1
    assert store.claim("other", NOW, 1) == []

    assert store.beat("other", NOW + SECOND, LATER) == 0
    assert store.beat(late.id, NOW + SECOND, LATER) is None
    assert store.claim(late.id, NOW, 1) == []
    assert store.take_offers(late.id, ["noop"], 1) == []
    assert store.commit(late.id, [change(claim, stages=[(0, done())])], NOW) == {"run"}
    (taken,) = store.claim("other", NOW, 1)
    assert (taken.run, taken.fence > claim.fence) == ("run", True)
    assert len(store.take_offers("other", ["noop"], 1)) == 1


def test_a_renewed_lease_is_not_over(store: Store, me: Peer) -> None:
    claim = claimed(store, me)
    assert store.beat(me.id, NOW, LATER + SECOND) == 0
    joined(store, "other", lease_until=LATER + SECOND)
    assert store.beat("other", LATER, LATER + SECOND) == 1
    assert store.commit(me.id, [change(claim)], LATER) == frozenset()


def test_a_late_processor_that_nobody_has_buried_goes_on(store: Store, me: Peer) -> None:
    claim = claimed(store, me)
    assert store.commit(me.id, [change(claim)], LATER + SECOND) == frozenset()
    assert store.beat(me.id, LATER + SECOND, LATER + 2 * SECOND) == 0


def test_leaving_frees_all_that_was_held(store: Store, me: Peer, other: Peer) -> None:
    mine, theirs = claimed(store, me, "mine"), claimed(store, other, "theirs")
    store.commit(other.id, [change(theirs, offers=[Offer("theirs", 0, 1, "noop", {})])], NOW)
    store.take_offers(me.id, ["noop"], 1)
    store.leave(me.id)
    assert [claim.run for claim in store.claim(other.id, NOW, 5)] == ["mine"]
    assert [offer.run for offer in store.take_offers(other.id, ["noop"], 5)] == ["theirs"]
    assert store.commit(me.id, [change(mine)], NOW) == {"mine"}
    assert store.commit(other.id, [change(theirs)], NOW) == frozenset()


@pytest.mark.parametrize(
    ("fields", "gone"),
    [
        ({}, False),
        ({"birth": "1"}, True),
        ({"birth": ""}, False),
        ({"pid": 2**22 + 1}, True),
        ({"pid": 2**22 + 1, "host": "elsewhere"}, False),
        ({"pid": 2**22 + 1, "birth": ""}, True),
    ],
    ids=str,
)
def test_a_process_of_this_host_that_is_no_more_is_gone(fields: dict[str, object], gone: bool) -> None:
    peer = msgspec.structs.replace(this_peer(1), **fields)
    assert is_gone(peer, this_host()) is gone


def test_a_zombie_is_gone() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True)
    peer = Peer("x", this_host(), child.pid, birth_of(child.pid) or "", 1)
    assert not is_gone(peer, this_host())
    os.kill(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(peer, this_host())
    assert child.stdin
    child.stdin.close()
    child.wait()


def test_a_gone_process_is_buried_before_its_lease_is_over(store: Store, me: Peer) -> None:
    gone = msgspec.structs.replace(this_peer(1, "gone"), birth="1")
    store.join(gone, LATER)
    claimed(store, gone)
    assert store.beat(me.id, NOW, LATER) == 0
    assert len(store.claim(me.id, NOW, 1)) == 1


def test_what_a_killed_process_held_is_taken_over_at_once(shared: Place) -> None:
    store = shared.open()
    me = joined(store)
    mine = claimed(store, me, "mine")
    store.commit(me.id, [change(mine, offers=[Offer("mine", 1, 1, "noop", {})])], NOW)
    started(store, "theirs")
    process = another_process("hold", shared.url)
    assert process.stdout
    peer, *held = process.stdout.readline().split()
    assert held == ["theirs", "offer:1"]
    assert store.beat(me.id, NOW, LATER) == 1
    assert store.claim(me.id, NOW, 1) == []

    process.kill()
    process.communicate()

    assert store.beat(me.id, NOW, LATER) == 0
    assert [claim.run for claim in store.claim(me.id, NOW, 1)] == ["theirs"]
    assert [offer.stage for offer in store.take_offers(me.id, ["noop"], 1)] == [1]
    assert store.beat(peer, NOW, LATER) is None


def test_a_process_killed_while_it_commits_leaves_whole_commits(shared: Place) -> None:
    store = shared.open()
    me = joined(store)
    started(store)
    with another_process("commit", shared.url) as process:
        assert process.stdout
        said = [process.stdout.readline() for _ in range(50)]
        process.kill()
        said += process.stdout.read().splitlines(keepends=True)
    last = int([line for line in said if line.endswith("\n")][-1])
    assert store.retrieve("run").record.events in (last, last + 1)
    assert store.beat(me.id, NOW, LATER) == 0
    assert len(store.claim(me.id, NOW, 1)) == 1

"""A processor with nothing to do sleeps, and is woken when there may be something new, promptly."""

import threading
import time
from collections.abc import Callable

import pytest

from stageline.engine.messages import CompleteTask, PauseWorkflow
from stageline.engine.ports import Offer, Peer, Store
from stageline.model.result import TaskResult
from tests.contract.store.world import (
    LATER,
    NOW,
    Place,
    a_run,
    another_process,
    change,
    claimed,
    joined,
    started,
)

PROMPT = 5.0
LONG = 60.0


def quiet(store: Store, *peers: Peer) -> None:
    """Let all that has rung so far be heard."""
    for peer in peers:
        while store.wait(peer.id, 0.05):
            pass


def wakes(sleeper: Store, peer: Peer, action: Callable[[], object]) -> bool:
    """Whether `action` ends a long sleep of this processor within a short time."""
    quiet(sleeper, peer)
    timer = threading.Timer(0.1, action)
    timer.start()
    began = time.monotonic()
    woken = sleeper.wait(peer.id, LONG)
    timer.join()
    return woken and time.monotonic() - began < PROMPT


def test_a_wait_ends_with_its_time(store: Store, me: Peer) -> None:
    quiet(store, me)
    began = time.monotonic()
    assert not store.wait(me.id, 0.2)
    assert 0.15 < time.monotonic() - began < PROMPT


def test_a_ring_before_the_wait_counts_once(store: Store, me: Peer) -> None:
    quiet(store, me)
    store.wake(me.id)
    store.wake(me.id)
    assert store.wait(me.id, LONG)
    assert not store.wait(me.id, 0.05)


def test_wake_ends_a_wait(store: Store, me: Peer) -> None:
    assert wakes(store, me, lambda: store.wake(me.id))


def test_wake_is_for_one_processor(store: Store, me: Peer, other: Peer) -> None:
    quiet(store, me, other)
    store.wake(me.id)
    assert not store.wait(other.id, 0.1)


def test_many_rings_are_no_burden(store: Store, me: Peer) -> None:
    for _ in range(5000):
        store.wake(me.id)
    quiet(store, me)
    assert wakes(store, me, lambda: store.wake(me.id))


def test_a_message_for_a_free_run_wakes_everybody(place: Place) -> None:
    here, there = place.open(), place.open()
    mine, theirs = joined(here, "mine"), joined(there, "theirs")
    here.store(a_run("run"))
    assert wakes(there, theirs, lambda: here.push("run", PauseWorkflow(), NOW))
    assert wakes(here, mine, lambda: there.push("run", PauseWorkflow(), NOW))


def test_a_message_for_an_owned_run_wakes_its_owner(place: Place) -> None:
    here, there = place.open(), place.open()
    owner = joined(here, "owner")
    claimed(here, owner)
    assert wakes(here, owner, lambda: there.push("run", PauseWorkflow(), NOW))


@pytest.mark.parametrize("what", ["tells", "children", "offers", "withdrawn", "release"])
def test_a_commit_that_concerns_others_wakes_them(place: Place, what: str) -> None:
    here, there = place.open(), place.open()
    owner, sleeper = joined(here, "owner"), joined(there, "sleeper")
    claim = claimed(here, owner)
    claimed(there, sleeper, "theirs")
    concerned = {
        "tells": change(claim, tells=[("theirs", PauseWorkflow())]),
        "children": change(claim, children=[a_run("child")]),
        "offers": change(claim, offers=[Offer("run", 0, 1, "noop", {})]),
        "withdrawn": change(claim, withdrawn=[(0, 1)]),
        "release": change(claim, release=True, ready_at=NOW),
    }
    assert wakes(there, sleeper, lambda: here.commit(owner.id, [concerned[what]], NOW))


def test_an_answer_wakes_the_owner(place: Place) -> None:
    here, there = place.open(), place.open()
    owner, worker = joined(here, "owner"), joined(there, "worker")
    claim = claimed(here, owner)
    here.commit(owner.id, [change(claim, offers=[Offer("run", 0, 1, "noop", {})])], NOW)
    there.take_offers(worker.id, ["noop"], 1)
    answer = CompleteTask(0, 1, TaskResult.success())
    assert wakes(here, owner, lambda: there.answer_offer(worker.id, "run", answer, NOW))


def test_what_a_dead_or_leaving_processor_held_wakes_the_others(place: Place) -> None:
    here, there = place.open(), place.open()
    sleeper = joined(there, "sleeper")
    claimed(here, joined(here, "leaving"), "one")
    assert wakes(there, sleeper, lambda: here.leave("leaving"))
    assert len(there.claim(sleeper.id, NOW, 1)) == 1
    claimed(here, joined(here, "dying", lease_until=NOW + 1), "two")
    joined(here, "living")
    assert wakes(there, sleeper, lambda: here.beat("living", NOW + 1, LATER))


def test_other_processes_wake_us_and_we_them(shared: Place) -> None:
    store = shared.open()
    me = joined(store)
    store.store(a_run("run"))
    process = another_process("sleep", shared.url)
    assert process.stdout
    process.stdout.readline()
    time.sleep(0.3)
    started(store, "another")
    assert process.stdout.readline() == "woken\n"
    process.communicate()

    pushing: list[str] = []
    assert wakes(store, me, lambda: pushing.append(another_process("push", shared.url, "run").communicate()[0]))
    assert pushing == ["pushed\n"]


def test_a_sleeping_processor_keeps_nobody_from_the_store(store: Store, me: Peer) -> None:
    quiet(store, me)
    sleeper = threading.Thread(target=store.wait, args=(me.id, LONG))
    sleeper.start()
    time.sleep(0.05)
    assert store.beat(me.id, NOW, LATER) == 0
    assert store.list_runs() == []
    store.wake(me.id)
    sleeper.join(PROMPT)
    assert not sleeper.is_alive()


@pytest.mark.parametrize("end", ["leave", "close"])
def test_leaving_and_closing_end_a_wait(store: Store, me: Peer, end: str) -> None:
    quiet(store, me)
    sleeper = threading.Thread(target=store.wait, args=(me.id, LONG))
    sleeper.start()
    time.sleep(0.05)
    if end == "leave":
        store.leave(me.id)
        store.wake(me.id)
    else:
        store.close()
    sleeper.join(PROMPT)
    assert not sleeper.is_alive()

"""Runs that have ended can be deleted, with all that is kept of them; what goes on, or is about to, is let be."""

from typing import Any

import msgspec

from stageline.engine.events import Event, RunEnded, RunStarted
from stageline.engine.messages import RetryWorkflow
from stageline.engine.ports import Offer, Peer, Store
from stageline.errors import UnknownName
from stageline.model.record import Parent, RunRecord
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.contract.store.world import NOW, a_run, change, claimed, done, messages, stage, started

DIGESTS = [character * 64 for character in "abcd"]


def ended(store: Store, me: Peer, run: str = "run", **more: Any) -> str:
    """A run that has come to its end and is nobody's."""
    claim = claimed(store, me, run)
    consumed = [d.id for d in store.inbox(me.id) if d.run == run]
    events: list[Event] = [RunStarted(NOW), RunEnded(NOW, Status.SUCCEEDED)]
    last = change(claim, events, consumed=consumed, release=True, **more)
    over = RunRecord(Status.SUCCEEDED, NOW, NOW, events=2)
    store.commit(me.id, [msgspec.structs.replace(last, record=over)], NOW)
    return run


def is_there(store: Store, run: str) -> bool:
    try:
        store.retrieve(run)
    except UnknownName:
        return False
    return True


def test_an_ended_run_is_gone_with_all_of_it(store: Store, me: Peer) -> None:
    ended(store, me, "old", stages=[(0, done(n=1))])
    ended(store, me, "kept", stages=[(0, done(n=2))])
    assert store.forget(["old", "old", "unknown"]) == {"old"}
    assert [row.id for row in store.list_runs()] == ["kept"]
    assert not is_there(store, "old")
    assert store.retrieve("kept").stages[0].outputs == {"n": 2}


def test_the_id_of_a_deleted_run_is_free_and_nothing_of_the_old_one_shows(store: Store, me: Peer) -> None:
    ended(store, me, "again", stages=[(0, done(n=1))])
    store.forget(["again"])
    store.store(a_run("again", [stage("new")]))
    assert [s.ref_id for s in store.retrieve("again").stages] == ["new"]
    assert store.retrieve("again").stages[0].outputs == {}
    assert store.events("again") == []


def test_what_has_not_ended_is_let_be(store: Store, me: Peer) -> None:
    claimed(store, me, "owned")
    store.store(a_run("new"))
    started(store, "waiting")
    assert store.forget(["new", "waiting", "owned"]) == frozenset()
    assert all(is_there(store, run) for run in ("new", "waiting", "owned"))


def test_an_ended_run_that_is_about_to_go_on_is_let_be(store: Store, me: Peer) -> None:
    ended(store, me)
    store.push("run", RetryWorkflow(), NOW)
    assert store.forget(["run"]) == frozenset()
    (claim,) = store.claim(me.id, NOW, 1)
    assert claim.run == "run"
    assert messages(store, me) == [RetryWorkflow()]


def test_runs_are_found_by_how_their_ids_begin(store: Store) -> None:
    for id in ("abc1", "abc2", "ab%", "xyz", "ABC"):
        store.store(a_run(id))
    assert store.find_runs("abc") == ["abc2", "abc1"]
    assert store.find_runs("ab") == ["ab%", "abc2", "abc1"]
    assert store.find_runs("ab%") == ["ab%"]
    assert store.find_runs("") == ["ABC", "xyz", "ab%", "abc2", "abc1"]
    assert store.find_runs("", limit=2) == ["ABC", "xyz"]
    assert store.find_runs("abc12") == []


def test_the_list_tells_whose_a_run_is_and_what_started_it(store: Store, me: Peer) -> None:
    claimed(store, me, "parent")
    child = a_run("child")
    store.store(Workflow(id="child", name="c", stages=child.stages, parent=Parent("parent", 0, 1, 1)))
    rows = {row.id: row for row in store.list_runs()}
    assert (rows["child"].parent, rows["child"].owner) == ("parent", None)
    assert (rows["parent"].parent, rows["parent"].owner) == ("", me)
    assert [row.ready_at for row in store.list_runs()] == [None, None]
    store.leave(me.id)
    assert [(row.owner, row.ready_at) for row in store.list_runs()] == [(None, None), (None, 0)]


def test_large_values_are_known_wherever_they_are_referred_to(store: Store, me: Peer) -> None:
    marks = [{"$stageline.file": digest, "size": 1} for digest in DIGESTS]
    claim = claimed(store, me)
    offer = Offer("run", 1, 1, "noop", {"in": {"deep": marks[1]}})
    store.commit(me.id, [change(claim, stages=[(0, done(x=marks[0]))], offers=[offer])], NOW)
    store.push("run", RetryWorkflow(names={"y": [marks[2]]}), NOW)
    assert store.large_values() == set(DIGESTS[:3])

"""Runs are kept as they were handed in, and read as of the last commit."""

from typing import Any, get_type_hints

import msgspec
import pytest

from stageline.engine.events import Event, RunEnded, RunStarted, StageEnded, StageStarted
from stageline.engine.messages import StartWorkflow
from stageline.engine.ports import Peer, Store
from stageline.errors import DocumentError, UnknownName
from stageline.model.failure import Cause, Failure
from stageline.model.join import Join
from stageline.model.record import Parent, RunRecord, StageRecord, TaskRecord, Waiting
from stageline.model.retry import Retry
from stageline.model.stage import StageExecution, TaskExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.contract.store.world import NOW, Place, a_run, change, claimed, done, record, stage, started

ALL_SET = StageExecution(
    ref_id="everything",
    type="shell",
    name="Ärger mit 'Quotes' \"und\" 🎈",
    requisite_stage_ref_ids={"b", "a"},
    context={"script": "a\nb\tc\\", "n": 1, "x": 0.1, "none": None, "deep": [{"a": [1, [2]]}]},
    tasks=(TaskExecution.create("one", "shell", stage_start=True), TaskExecution.create("two", "python")),
    join=Join.n_of(2, cancel_losers=True),
    retry=Retry(3, 1.5, 3.0, 60.0, 0.0, ("exit:75", "timeout")),
    timeout=12.5,
    on_failure="continue",
    max_jumps=3,
)


def test_a_run_is_read_as_it_was_handed_in(store: Store) -> None:
    run = Workflow.create("n", [stage("a"), stage("b"), ALL_SET], "app", "keep-going")
    store.store(run)
    assert store.retrieve(run.id) == run
    assert store.load(run.id).workflow == run


def test_a_run_may_be_stored_with_what_has_become_of_it(store: Store) -> None:
    begun = StageExecution(ref_id="a", type="noop", record=done(answer=42))
    run = Workflow(id="r", name="n", stages=[begun, stage("b")], record=record(3), parent=Parent("p", 1, 2, 3))
    store.store(run)
    assert store.retrieve("r") == run


def test_an_id_is_taken_once(store: Store) -> None:
    store.store(a_run("same", name="first"))
    with pytest.raises(DocumentError, match="'same'"):
        store.store(a_run("same", name="second"))
    assert store.retrieve("same").name == "first"


@pytest.mark.parametrize("method", ["retrieve", "load", "events"])
def test_an_unknown_run_is_named_with_the_closest_one(store: Store, method: str) -> None:
    store.store(a_run("nightly-report"))
    with pytest.raises(UnknownName, match=r"no run 'nightly-rebort'.*did you mean 'nightly-report'"):
        getattr(store, method)("nightly-rebort")


def test_ids_are_any_text(store: Store) -> None:
    ids = ["a'b", 'a"b', "%s", "ü/🎈", " ", "x" * 500]
    for id in ids:
        store.store(Workflow(id=id, name="n", stages=[stage("a")]))
    assert [store.retrieve(id).id for id in ids] == ids


def test_the_list_shows_the_newest_runs_first(store: Store) -> None:
    for number in range(5):
        store.store(a_run(f"run-{number}", name=f"name {number}"))
    rows = store.list_runs(limit=3)
    assert [(row.id, row.name, row.application) for row in rows] == [
        ("run-4", "name 4", "tests"),
        ("run-3", "name 3", "tests"),
        ("run-2", "name 2", "tests"),
    ]
    assert rows[0].record == RunRecord()
    assert len(store.list_runs()) == 5
    assert store.list_runs(limit=0) == []


def test_a_commit_shows_in_all_views(store: Store, me: Peer) -> None:
    claim = claimed(store, me)
    ended = StageEnded(NOW, 0, Status.SUCCEEDED, {"n": 1})
    store.commit(me.id, [change(claim, [RunStarted(NOW), ended], stages=[(0, done(n=1))])], NOW)
    assert store.retrieve("run").record == record(events=2)
    assert store.retrieve("run").stages[0].outputs == {"n": 1}
    assert store.retrieve("run").stages[1].status is Status.NOT_STARTED
    assert store.load("run").workflow == store.retrieve("run")
    assert store.list_runs()[0].record == record(events=2)


def test_events_are_numbered_on_and_read_from_a_number_on(store: Store, me: Peer) -> None:
    claim = claimed(store, me)
    first: list[Event] = [RunStarted(NOW), StageStarted(NOW, 0)]
    failed = StageEnded(NOW, 0, Status.FAILED, failure=Failure("no", Cause.EXIT, 3))
    then: list[Event] = [failed, RunEnded(NOW, Status.FAILED)]
    store.commit(me.id, [change(claim, first)], NOW)
    store.commit(me.id, [change(claim, then, seen=2)], NOW)
    assert store.events("run") == [*first, *then]
    assert store.events("run", after=3) == then[1:]
    assert store.events("run", after=4) == []


def test_every_field_of_a_record_is_kept(store: Store, me: Peer) -> None:
    claim = claimed(store, me)
    some = StageRecord(
        status=Status.SUSPENDED,
        outputs={"a": [1, 2.5, None, True, {"b": "c"}]},
        context={"seen": 1},
        failure=Failure("bad", Cause.SIGNAL, None, ("KILL",), "detail", "/log", True),
        waiting=Waiting.SIGNAL,
        signal={},
        kept_signals=({"a": 1}, {}),
        tasks=(TaskRecord(Status.SUCCEEDED, NOW, NOW + 1), TaskRecord(Status.RUNNING, NOW)),
    )
    plain = {bool: True, int: 7, int | None: NOW, str: "text"}
    types = get_type_hints(StageRecord)
    unset = [name for name in types if getattr(some, name) == getattr(StageRecord(), name)]
    full = msgspec.structs.replace(some, **{name: plain[types[name]] for name in unset})
    store.commit(me.id, [change(claim, stages=[(1, full)])], NOW)
    assert store.retrieve("run").stages[1].record == full


def test_tasks_show_what_the_record_says_of_them(store: Store, me: Peer) -> None:
    tasks = (TaskExecution.create("one", "noop"), TaskExecution.create("two", "noop"))
    store.store(Workflow.create("n", [StageExecution(ref_id="a", tasks=tasks)], id="tasks"))
    store.push("tasks", StartWorkflow(), NOW)
    (claim,) = store.claim(me.id, NOW, 1)
    half_done = StageRecord(Status.RUNNING, NOW, tasks=(TaskRecord(Status.SUCCEEDED, NOW, NOW + 1),))
    store.commit(me.id, [change(claim, stages=[(0, half_done)])], NOW)
    one, two = store.retrieve("tasks").stages[0].tasks
    assert (one.status, one.ended_at, two.status) == (Status.SUCCEEDED, NOW + 1, Status.NOT_STARTED)


@pytest.mark.parametrize(
    "value",
    [
        "a\x00b",
        "\x00",
        "🎈" * 1000,
        "x" * 100_000,
        "\r\n\t\x1b\x7f\u2028",
        "\\u0000",
        2**63,
        -(2**63),
        0.1,
        1e308,
        5e-324,
        [],
        {"": {"": None}},
    ],
    ids=lambda value: repr(value)[:12],
)
def test_any_json_value_survives(store: Store, me: Peer, value: Any) -> None:
    claim = claimed(store, me)
    store.commit(me.id, [change(claim, stages=[(0, done(value=value))])], NOW)
    assert store.retrieve("run").stages[0].outputs == {"value": value}


def test_nothing_is_shared_with_those_who_read_or_wrote(store: Store, me: Peer) -> None:
    claim = claimed(store, me)
    outputs: dict[str, Any] = {"list": [1]}
    store.commit(me.id, [change(claim, stages=[(0, StageRecord(Status.SUCCEEDED, outputs=outputs))])], NOW)
    outputs["list"].append(2)
    store.retrieve("run").stages[0].outputs["list"].append(3)
    assert store.retrieve("run").stages[0].outputs == {"list": [1]}


def test_twenty_thousand_stages_are_one_run(store: Store, me: Peer) -> None:
    stages = [stage("s0"), *(stage(f"s{number}", "s0") for number in range(1, 20_000))]
    started(store, "large", stages)
    (claim,) = store.claim(me.id, NOW, 1)
    for start in range(0, 20_000, 5000):
        part = [(number, done(n=number)) for number in range(start, start + 5000)]
        events = [StageEnded(NOW, number, Status.SUCCEEDED) for number, _ in part]
        assert not store.commit(me.id, [change(claim, events, seen=start, stages=part)], NOW)
    read = store.load("large").workflow
    assert [(s.ref_id, s.outputs["n"]) for s in read.stages] == [(f"s{n}", n) for n in range(20_000)]
    assert [getattr(event, "stage", None) for event in store.events("large")] == list(range(20_000))


def test_another_opening_sees_the_same_runs(place: Place) -> None:
    place.open().store(a_run("seen"))
    assert place.open().retrieve("seen").id == "seen"


def test_files_are_in_a_folder_of_ones_own(place: Place) -> None:
    files = place.open().files
    assert files.is_dir()
    assert files.stat().st_mode & 0o077 == 0
    assert place.open().files == files

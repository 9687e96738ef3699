"""Workflows as values: what they check, what they keep private, and how they are written plainly."""

from typing import Any

import pytest

from stageline.errors import Canceled, DocumentError, RunFailed, UnknownName
from stageline.model.failure import Failure
from stageline.model.join import Join
from stageline.model.record import RunRecord, StageRecord, TaskRecord
from stageline.model.retry import Retry
from stageline.model.stage import StageExecution, TaskExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow, from_plain, to_plain

A = StageExecution(ref_id="a", type="noop")
TWO_TASKS = (TaskExecution.create("one", "noop"), TaskExecution.create("two", "noop"))


def test_a_stage_is_named_after_its_ref_unless_it_has_a_name() -> None:
    assert A.name == "a"
    assert StageExecution(ref_id="a", type="noop", name="Alpha").name == "Alpha"


def test_requisites_may_be_any_collection_and_are_kept_in_order() -> None:
    assert StageExecution(ref_id="c", type="noop", requisite_stage_ref_ids={"b", "a"}).requisite_stage_ref_ids == (
        "a",
        "b",
    )


def test_a_text_for_requisites_is_refused_with_the_remedy() -> None:
    with pytest.raises(DocumentError, match=r"write \{'ab'\}"):
        StageExecution(ref_id="c", type="noop", requisite_stage_ref_ids="ab")


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_timeout_is_above_zero(timeout: float) -> None:
    with pytest.raises(DocumentError, match="timeout is a number of seconds above 0"):
        StageExecution(ref_id="a", type="noop", timeout=timeout)


def test_on_failure_has_two_words_for_stages_and_two_for_workflows() -> None:
    with pytest.raises(DocumentError, match="on_failure is 'fail' or 'continue'"):
        StageExecution(ref_id="a", type="noop", on_failure="ignore")  # type: ignore[arg-type]
    with pytest.raises(DocumentError, match="on_failure is 'fail-fast' or 'keep-going'"):
        Workflow.create("w", [A], on_failure="continue")  # type: ignore[arg-type]


def test_a_stage_without_tasks_has_one_of_its_own_type() -> None:
    assert A.plan == (TaskExecution("a", "noop"),)
    assert StageExecution(ref_id="a", tasks=TWO_TASKS).plan == TWO_TASKS


def test_a_context_is_copied_when_the_workflow_is_made() -> None:
    rows = [1]
    made = Workflow.create("w", [StageExecution(ref_id="a", type="noop", context={"rows": rows})])
    rows.append(2)
    assert made.stage("a").context == {"rows": [1]}


def test_a_context_that_is_no_json_is_refused_with_its_place() -> None:
    with pytest.raises(DocumentError, match=r"stage 'a': context\['x'\]\[0\] is NaN"):
        Workflow.create("w", [StageExecution(ref_id="a", type="noop", context={"x": [float("nan")]})])


def test_two_runs_of_the_same_stages_have_different_ids() -> None:
    assert Workflow.create("w", [A]).id != Workflow.create("w", [A]).id
    assert Workflow.create("w", [A], id="mine").id == "mine"


def test_a_stage_is_found_by_its_ref_or_the_closest_is_named() -> None:
    made = Workflow.create("w", [StageExecution(ref_id="extract", type="noop")])
    assert made.stage("extract").ref_id == "extract"
    with pytest.raises(UnknownName, match="no stage 'extrat' in 'w'; did you mean 'extract'"):
        made.stage("extrat")


def test_a_single_task_shows_what_has_become_of_its_stage() -> None:
    stage = StageExecution(ref_id="a", tasks=TWO_TASKS[:1]).with_record(StageRecord(Status.FAILED, 10, 20))
    assert [(task.status, task.started_at, task.ended_at) for task in stage.tasks] == [(Status.FAILED, 10, 20)]


def test_of_several_tasks_each_shows_its_own_record_and_the_later_ones_none() -> None:
    record = StageRecord(Status.RUNNING, 10, tasks=(TaskRecord(Status.RUNNING, 10),))
    stage = StageExecution(ref_id="a", tasks=TWO_TASKS).with_record(record)
    assert [task.status for task in stage.tasks] == [Status.RUNNING, Status.NOT_STARTED]
    assert stage.record is record


def _full() -> Workflow:
    fields: dict[str, Any] = {"retry": Retry(2, on=("exit:75",)), "join": Join.any(), "timeout": 3.5, "max_jumps": 1}
    stages = [A, StageExecution(ref_id="b", tasks=TWO_TASKS, requisite_stage_ref_ids={"a"}, context={"k": 1}, **fields)]
    return Workflow.create("w", stages, "app", "keep-going", "one")


def test_the_plain_form_gives_the_same_workflow_back() -> None:
    assert from_plain(to_plain(_full()), "one") == _full()


def test_the_plain_form_knows_nothing_of_a_run() -> None:
    plain = to_plain(Workflow(id="one", name="w", record=RunRecord(Status.FAILED), stages=[A]))
    assert "id" not in plain
    assert "record" not in plain


def test_a_workflow_in_a_context_becomes_plain() -> None:
    parent = Workflow.create("p", [StageExecution(ref_id="a", type="noop", context={"child": _full()})])
    assert from_plain(parent.stage("a").context["child"], "one") == _full()


@pytest.mark.parametrize(
    ("plain", "why"),
    [
        ("nonsense", "not str"),
        ({"name": "w"}, "it has no stages"),
        ({"name": 1, "stages": []}, "not a workflow"),
        ({"name": "w", "stages": [{"type": "noop"}]}, "not a workflow"),
        ({1: 2}, "not a workflow"),
        ({"name": "w", "stages": [{"ref_id": "a", "type": "noop", "timeout": -1}]}, "timeout"),
    ],
)
def test_what_is_no_plain_workflow_is_refused(plain: object, why: str) -> None:
    with pytest.raises(DocumentError, match=why):
        from_plain(plain, "one")


@pytest.mark.parametrize(("status", "error"), [(Status.FAILED, RunFailed), (Status.CANCELED, Canceled)])
def test_a_run_that_ended_badly_can_be_raised(status: Status, error: type[Exception]) -> None:
    record = RunRecord(status, failure=Failure("stage 'a' failed: no luck"))
    with pytest.raises(error, match=r"run r of 'w'.*stage 'a' failed: no luck"):
        Workflow(id="r", name="w", stages=[A], record=record).raise_for_status()


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.RUNNING, Status.SKIPPED])
def test_a_run_that_has_not_ended_badly_is_handed_on(status: Status) -> None:
    run = Workflow(id="r", name="w", stages=[A], record=RunRecord(status))
    assert run.raise_for_status() is run


@pytest.mark.parametrize(
    ("field", "value"),
    [("retry", "3"), ("retry", 2.5), ("max_jumps", None), ("name", 7), ("context", [1]), ("join", "any"), ("type", A)],
)
def test_a_field_of_a_wrong_type_is_named_before_anything_is_kept(field: str, value: Any) -> None:
    fields: dict[str, Any] = {"ref_id": "odd", "type": "noop", field: value}
    with pytest.raises(DocumentError, match=rf"stage 'odd': .*({field}|mapping)"):
        Workflow.create(name="w", stages=[A, StageExecution(**fields)])


def test_outputs_are_ones_own_copy() -> None:
    A.outputs["x"] = 1
    assert A.outputs == {}

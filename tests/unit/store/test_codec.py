"""What is written is read back the same, in as few objects as will do."""

import pytest

from stageline.engine.events import RunRetried
from stageline.engine.messages import RetryWorkflow
from stageline.errors import DocumentError, StoreError
from stageline.model.record import Parent, StageRecord
from stageline.model.stage import StageExecution, TaskExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from stageline.store import codec

TASKS = (TaskExecution.create("Run", "noop", stage_start=True, stage_end=True),)


def read_back(workflow: Workflow) -> Workflow:
    records = {number: codec.encode(record) for number, record in codec.begun(workflow.stages)}
    stages = [(codec.encode_stage(stage), records.get(number)) for number, stage in enumerate(workflow.stages)]
    return codec.decode_workflow(codec.encode_definition(workflow), codec.encode(workflow.record), stages)


def test_a_workflow_comes_back() -> None:
    ended = StageExecution(ref_id="b", type="noop", record=StageRecord(Status.SUCCEEDED, 1, 2, outputs={"n": 1}))
    workflow = Workflow(id="r", name="n", stages=[StageExecution(ref_id="a", type="noop", context={"x": 1}), ended])
    assert read_back(workflow) == workflow


def test_equal_texts_and_tasks_are_one_object() -> None:
    first, *others = [
        StageExecution(ref_id=f"s{n}", type="noop", requisite_stage_ref_ids={"s0"} if n else (), tasks=TASKS)
        for n in range(10)
    ]
    read = read_back(Workflow(id="r", name="n", stages=[first, *others])).stages
    assert len({id(stage.tasks) for stage in read}) == 1
    assert len({id(stage.type) for stage in read}) == 1
    assert {id(next(iter(stage.requisite_stage_ref_ids))) for stage in read[1:]} == {id(read[0].ref_id)}
    assert all(stage.name is stage.ref_id for stage in read)


def test_stages_that_have_not_begun_have_nothing_written_of_them() -> None:
    assert codec.begun([StageExecution(ref_id="a", record=StageRecord()), StageExecution(ref_id="b")]) == []


@pytest.mark.parametrize(
    "value", [object(), {1, object()}, "\ud800", 1j], ids=["object", "set", "half a letter", "complex"]
)
def test_what_is_not_json_is_named(value: object) -> None:
    with pytest.raises(DocumentError, match="a StageRecord holds something that is not JSON"):
        codec.encode(StageRecord(outputs={"x": value}))


def test_a_text_of_another_version_is_named() -> None:
    with pytest.raises(StoreError, match=r"cannot read .*no_such_event"):
        codec.decode_event('{"event":"no_such_event","at":1}')


def test_what_an_earlier_version_wrote_of_a_retried_run_is_read() -> None:
    assert codec.decode_run_record('{"status":"FAILED","events":3}').names == {}
    assert codec.decode_event('{"event":"run_retried","at":1}') == RunRetried(1)
    assert codec.decode_message('{"message":"retry_workflow","ref":"a"}') == RetryWorkflow("a")


def test_the_run_that_started_another_is_read_from_its_definition() -> None:
    child = Workflow(id="c", name="n", parent=Parent("p", 0, 1, 1))
    assert codec.decode_parent(codec.encode_definition(child)) == "p"
    assert codec.decode_parent(codec.encode_definition(Workflow(id="r", name="n"))) == ""

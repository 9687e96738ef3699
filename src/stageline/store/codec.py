"""What is written down of runs, as JSON text, and back. Stores share this, so that they keep the very same things.

A run is three texts: its definition without stages, its record, and for each stage its definition without its record.
Texts that stages have in common are one object in memory after reading.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import msgspec

from stageline.engine.events import Event
from stageline.engine.messages import Message
from stageline.engine.no_collection import no_collection
from stageline.engine.ports import Change
from stageline.errors import DocumentError, StoreError
from stageline.model.record import NEW_RUN, NEW_STAGE, Parent, RunRecord, StageRecord, TaskRecord
from stageline.model.stage import StageExecution, TaskExecution
from stageline.model.workflow import Workflow

EMPTY = "{}"

T = TypeVar("T")

_NEW_TASK = TaskRecord()
_to_json = msgspec.json.Encoder().encode


class _Head(msgspec.Struct):
    parent: Parent | None = None


_head = msgspec.json.Decoder(_Head).decode
_definition = msgspec.json.Decoder(Workflow).decode
_run_record = msgspec.json.Decoder(RunRecord).decode
_stage = msgspec.json.Decoder(StageExecution).decode
_stage_record = msgspec.json.Decoder(StageRecord).decode
_event: Callable[[str], Event] = msgspec.json.Decoder(Event).decode
_message: Callable[[str], Message] = msgspec.json.Decoder(Message).decode
_body = msgspec.json.Decoder(dict[str, Any]).decode
_fix = msgspec.structs.force_setattr


def encode(value: object) -> str:
    """A record, an event, a message or an offer's body as text."""
    try:
        return _to_json(value).decode()
    except (TypeError, ValueError, RecursionError, OverflowError) as error:
        raise DocumentError(f"a {type(value).__name__} holds something that is not JSON: {error}") from error


def encode_definition(workflow: Workflow) -> str:
    """All of a workflow that neither changes nor belongs to a stage."""
    return encode(msgspec.structs.replace(workflow, stages=(), record=NEW_RUN))


def encode_stage(stage: StageExecution) -> str:
    """A stage without what has become of it."""
    if any(task.record is not _NEW_TASK and task.record != _NEW_TASK for task in stage.tasks):
        tasks = tuple(msgspec.structs.replace(task, record=_NEW_TASK) for task in stage.tasks)
        stage = msgspec.structs.replace(stage, tasks=tasks)
    if stage.record is not NEW_STAGE:
        stage = msgspec.structs.replace(stage, record=NEW_STAGE)
    return encode(stage)


def begun(stages: Iterable[StageExecution]) -> list[tuple[int, StageRecord]]:
    """The records of those stages that have one already, with their numbers."""
    return [
        (number, s.record) for number, s in enumerate(stages) if s.record is not NEW_STAGE and s.record != NEW_STAGE
    ]


class Texts:
    """What one change writes, as text; made before anything is touched, so that what is not JSON changes nothing."""

    __slots__ = ("change", "events", "offers", "planned", "record", "stages", "tells")

    def __init__(self, change: Change) -> None:
        self.change = change
        self.record = encode(change.record)
        self.stages = {number: encode(record) for number, record in change.stages}
        self.planned = [(number, encode_stage(stage)) for number, stage in change.planned]
        first = change.record.events - len(change.events) + 1
        self.events = [(number, encode(event)) for number, event in enumerate(change.events, first)]
        self.tells = [(run, encode(message)) for run, message in change.tells]
        self.offers = [(offer.stage, offer.execution, offer.type, encode(offer.body)) for offer in change.offers]


def decode_event(text: str) -> Event:
    return _decoded(_event, text)


def decode_message(text: str) -> Message:
    return _decoded(_message, text)


def decode_run_record(text: str) -> RunRecord:
    return _decoded(_run_record, text)


def decode_parent(definition: str) -> str:
    """The id of the run that started a run, from that one's definition; empty when it was started by itself."""
    parent = _decoded(_head, definition).parent
    return parent.run if parent else ""


def decode_body(text: str) -> dict[str, Any]:
    return _decoded(_body, text)


def decode_workflow(definition: str, record: str, stages: Iterable[tuple[str, str | None]]) -> Workflow:
    """A run from its definition, its record, and the definition and record of each of its stages, in order."""
    workflow = _decoded(_definition, definition)
    with no_collection():
        parts = _decoded_stages(stages)
    return msgspec.structs.replace(workflow, stages=parts, record=decode_run_record(record))


def with_task_records(workflow: Workflow) -> Workflow:
    """The run, in which each task shows what its stage's record says of it."""
    return msgspec.structs.replace(
        workflow, stages=tuple([s.with_record(s.record) if s.tasks else s for s in workflow.stages])
    )


def _decoded(decoder: Callable[[str], T], text: str) -> T:
    try:
        return decoder(text)
    except (msgspec.DecodeError, DocumentError) as error:
        raise _unreadable(text, error) from error


def _decoded_stages(stages: Iterable[tuple[str, str | None]]) -> tuple[StageExecution, ...]:
    reader = _StageReader()
    read = []
    for spec, record in stages:
        try:
            stage = reader.read(spec)
        except (msgspec.DecodeError, DocumentError) as error:
            raise _unreadable(spec, error) from error
        if record is not None and record != EMPTY:
            # The stage was made right here and nobody else has seen it: it may still be filled in.
            _fix(stage, "record", _decoded(_stage_record, record))
        read.append(stage)
    return tuple(read)


def _unreadable(text: str, error: Exception) -> StoreError:
    return StoreError(
        f"the database holds a text that this Stageline cannot read ({error}): {text[:80]!r}; "
        "it was written by another version, or changed by hand: restore it from a backup"
    )


class _StageReader:
    """Decodes the stages of one run; equal refs, names, types and task lists become one object."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._tasks: dict[tuple[TaskExecution, ...], tuple[TaskExecution, ...]] = {}

    def read(self, spec: str) -> StageExecution:
        stage = _stage(spec)
        share = self._texts.setdefault
        _fix(stage, "ref_id", share(stage.ref_id, stage.ref_id))
        _fix(stage, "name", share(stage.name, stage.name))
        _fix(stage, "type", share(stage.type, stage.type))
        needs = tuple([share(ref, ref) for ref in stage.requisite_stage_ref_ids])
        _fix(stage, "requisite_stage_ref_ids", needs)
        if stage.tasks:
            tasks = tuple(stage.tasks)
            _fix(stage, "tasks", self._tasks.setdefault(tasks, tasks))
        return stage

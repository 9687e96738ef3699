"""A run as it is watched: its stages and what has become of each, moved on by the events of the store."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from stageline.engine.events import AboutRun, Event, StagesPlanned
from stageline.engine.evolve import run_after, stage_after
from stageline.engine.inputs import FIRST, work_of
from stageline.model.plan import SCOPE
from stageline.model.record import NEW_STAGE, StageRecord
from stageline.model.stage import StageExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from stageline.stages.asking import asks_in
from stageline.stages.lower import PLACE, kind_in

if TYPE_CHECKING:
    from stageline.cli.room import Room

LABEL = 40
PARAMS = 80
_JOB_ID = re.compile(r"-([0-9a-f]{12})[0-9a-f]{20}(?=/|$)")
OF_A_LAB = "lab"
LAB = f"{OF_A_LAB}."
WAITS = "waits for room"
KEY = "key"


class RunState:
    """What is known of a run. A stage is named by its number; `below` holds the numbers below each, and below None.

    `started` are the runs that stages of it have started; `above` is the path of the stage that has started this one.
    It is light: of the outputs that come in with events only what is shown is kept, and what is written once for all
    rounds of a loop is kept once.
    """

    def __init__(self, workflow: Workflow, above: str = "") -> None:
        self.above = above
        self.started: dict[int, RunState] = {}
        self.id = workflow.id
        self.name = workflow.name
        self.parent = workflow.parent
        self.names = workflow.names
        self.record = workflow.record
        self.room = _room_of(workflow)
        self.specs: list[StageExecution] = []
        self.parents: list[int | None] = []
        self._epochs: list[int] = []
        self._shared: dict[bytes, StageExecution] = {}
        self.records: list[StageRecord] = []
        self.below: dict[int | None, list[int]] = {}
        self._add(workflow.stages)

    def _add(self, stages: Sequence[StageExecution]) -> None:
        for spec in stages:
            self.below.setdefault(spec.parent, []).append(len(self.specs))
            self.specs.append(self._light(spec))
            self.parents.append(spec.parent)
            self._epochs.append(spec.epoch)
            self.records.append(spec.record)

    def _light(self, spec: StageExecution) -> StageExecution:
        """The stage without what is only needed to run it: of a large run that is most of it."""
        of_a_lab = spec.type.startswith(LAB)
        known: dict[str, Any] = {name: spec.context[name] for name in spec.context if of_a_lab or name == PLACE}
        if spec.type == SCOPE and (key := spec.context.get("names", {}).get("key", "")) != spec.ref_id:
            known[KEY] = key
        light = msgspec.structs.replace(spec, context=known, parent=None, epoch=0, record=NEW_STAGE)
        return light if spec.type == SCOPE else self._shared.setdefault(msgspec.json.encode(light), light)

    def apply(self, events: Iterable[Event]) -> None:
        """Let these events have happened, the next ones after all that are known."""
        for event in events:
            number = self.record.events + 1
            if isinstance(event, AboutRun):
                self.record = run_after(self.record, event)
            else:
                seq = event.stage
                spec = self.specs[seq]
                self.records[seq] = _shown(stage_after(self.records[seq], event, number, spec), spec)
                if isinstance(event, StagesPlanned):
                    self._add(event.stages)
            self.record = msgspec.structs.replace(self.record, events=number)

    @property
    def params(self) -> dict[str, Any]:
        """The parameters that its stages see now."""
        params: dict[str, Any] = {**self.names, **self.record.names}.get("params", {})
        return params

    def look(self) -> None:
        """See which jobs have begun since this was asked last."""
        if self.room is not None:
            self.room.look()

    def waits_for_room(self, number: int) -> bool:
        """Whether a stage is RUNNING for the engine, and what it stands for has not begun."""
        return self.room is not None and self.room.is_awaited(self.specs[number], self.records[number])

    def began(self, number: int) -> int | None:
        """When the work of a stage began; None when it has not."""
        if self.waits_for_room(number):
            return None
        record = self.records[number]
        known = self.room.began(self.specs[number], record) if self.room is not None else None
        return record.started_at if known is None else known

    def children(self, number: int | None) -> list[int]:
        """The stages right below one that count: not those of an earlier round of it."""
        epoch = 0 if number is None else self.records[number].epoch
        return [one for one in self.below.get(number, ()) if self._epochs[one] == epoch]

    def path(self, number: int) -> str:
        """The path of a stage, as it is named on the command line."""
        return "/".join(self.specs[one].ref_id for one in self._line(number))

    def whole_path(self, number: int) -> str:
        """The path of a stage from the first run on, through those that started one another."""
        return f"{self.above}/{self.path(number)}" if self.above else self.path(number)

    def title(self, number: int) -> str:
        """The path of a stage for people; of a job, with its parameters."""
        spec = self.specs[number]
        return short(self.whole_path(number)) + (_params(spec) if spec.type.startswith(LAB) else "")

    def _line(self, number: int) -> list[int]:
        line: list[int] = []
        at: int | None = number
        while at is not None:
            line.insert(0, at)
            at = self.parents[at]
        return line

    def walk(self, number: int | None = None) -> Iterator[int]:
        """All stages that count, each before those below it."""
        for one in self.children(number):
            yield one
            yield from self.walk(one)

    def everything(self, number: int | None = None) -> Iterator[tuple["RunState", int]]:
        """The same with the stages of the runs that were started, each behind the stage that started it."""
        for one in self.walk(number):
            yield self, one
            if one in self.started:
                yield from self.started[one].everything()

    def folder(self, number: int, files: Path) -> Path:
        """Where the present execution of a stage keeps its log; the first one once had a folder below its stage's."""
        folder = files / "runs" / self.id / work_of(self.path(number), self.records[number])
        return folder / FIRST if (folder / FIRST).is_dir() else folder

    def stage_folder(self, number: int, files: Path) -> Path:
        """Where all executions of a stage keep theirs."""
        return files / "runs" / self.id / self.path(number)


def _room_of(workflow: Workflow) -> "Room | None":
    if workflow.application != OF_A_LAB:
        return None
    from stageline.cli.room import Room

    return Room(workflow.names)


def _shown(record: StageRecord, spec: StageExecution) -> StageRecord:
    """The record with what is shown of its outputs."""
    if not record.outputs or kind_of(spec) == "empty":
        return record
    return msgspec.structs.replace(record, outputs=NEW_STAGE.outputs)


def kind_of(spec: StageExecution) -> str:
    """What a stage does, in one word."""
    return kind_in(spec.type) or "tasks"


def asking(context: Mapping[str, Any]) -> str:
    """What another attempt asks for that the first did not, as a part of a sentence."""
    asks = asks_in(context)
    return f", with {asks.words}" if asks is not None and asks.words else ""


def shown_status(state: RunState, number: int) -> Status:
    """The state of a stage for people: what waits for room has not started."""
    return Status.NOT_STARTED if state.waits_for_room(number) else state.records[number].status


def label_of(spec: StageExecution) -> str:
    """What a stage is called among its neighbours; of the round of a loop, the item too."""
    if spec.type.startswith(LAB):
        return short(spec.ref_id) + _params(spec)
    key = spec.context.get(KEY, "")
    return f"{spec.ref_id} {first_line(key, LABEL)}" if key else spec.ref_id


def short(path: str) -> str:
    """A path for people: of the ids of jobs, as much as one types."""
    return _JOB_ID.sub(r"-\1", path)


def _params(spec: StageExecution) -> str:
    """What a job was given."""
    _, paren, params = spec.name.partition(" (")
    return f"{paren}{first_line(params, PARAMS)}"


def first_line(text: str, width: int = 1000) -> str:
    """The beginning of a text that may have several lines, where there is room for one."""
    line = text.partition("\n")[0]
    return line if len(line) <= width else f"{line[: width - 1]}…"


def message_of(spec: StageExecution, record: StageRecord) -> list[str]:
    """The lines that a stage has said by being there: those of `echo`, once it has ended well."""
    text = record.outputs.get("echo") if kind_of(spec) == "empty" and record.status.met else None
    return text.splitlines() if isinstance(text, str) else []

"""The parts of a scatter-gather job as scripts to be run: the scatter, each step for each item, and the gather.

What a part makes is kept under the id of its branch: the hash of its script's id, its item, and the branches before it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from stageline.errors import ConfigError
from stageline.lab.contents import digest_of, made_by
from stageline.lab.identity import branch_id
from stageline.lab.items import BadItems, items_in
from stageline.lab.layout import OUT
from stageline.lab.model import WORK_ITEMS, FromItem, FromScatter, FromStep, FromWorkers, Job, Part, Scattered
from stageline.lab.order import in_order
from stageline.lab.places import LOG
from stageline.lab.unit import Unit
from stageline.lab.workshop import Workshop
from stageline.targets.whole import write_whole
from stageline.tasks.later import Answer
from stageline.tasks.task import RunningStage

SCATTER = "scatter"
GATHER = "gather"
ITEM = "item.json"
OUTS = "worker__outs.json"


class Branches:
    """One job's parts. The items are read when they are first asked for, after the scatter."""

    def __init__(self, workshop: Workshop, job: Job) -> None:
        assert job.scattered is not None
        self.job = job
        self.of: Scattered = job.scattered
        self._order = _order(self.of)
        self._workshop = workshop
        self._places = workshop.places
        self._items: Sequence[Any] | None = None
        self._ids: dict[int, Mapping[str, str]] = {}

    @property
    def items(self) -> Sequence[Any]:
        """What the scatter has written; BadItems when that is wrong."""
        if self._items is None:
            part = self.of.scatter
            path = Path(_inside(self._out(self.scatter_id), part.ingredients.outputs[WORK_ITEMS]))
            self._items = items_in(path.read_bytes(), self.of.example)
        return self._items

    def forget(self) -> None:
        """The scatter is to be run again."""
        self._items = None
        self._ids.clear()

    def forget_records(self) -> None:
        """All of it is to be run again."""
        with contextlib.suppress(OSError, BadItems):
            for number in range(len(self.items)):
                for id in self.ids(number).values():
                    self._workshop.forget(self._places.branch_records, id)
        self._workshop.forget(self._places.branch_records, self.scatter_id)
        self.forget()

    def scatter(self) -> Unit:
        """The script that makes the items."""
        unit = self._unit(SCATTER, self.of.scatter, self.scatter_id, {})
        return msgspec.structs.replace(unit, read=self._outside(self.of.scatter))

    def step(self, name: str, number: int) -> Unit:
        """One step for one item."""
        ids = self.ids(number)
        part, id = self.of.steps[name], ids[name]
        inside, read = dict[str, str](), self._outside(part)
        for key, wire in part.ingredients.inputs.items():
            match wire:
                case FromItem():
                    inside[key] = f"{self._folder(id)}/{ITEM}"
                case FromStep(step, _, output):
                    inside[key] = _inside(self._out(ids[step]), self.of.steps[step].ingredients.outputs[output])
                    read.update(self._made(ids[step], output, key))
                case FromScatter(_, output):
                    inside[key] = self._from_scatter(output)
                    read.update(self._made(self.scatter_id, output, key))
                case _:
                    pass  # it comes from outside
        unit = self._unit(f"step-{name}", part, id, inside, f"{self.job.pname} item {number} {name}")
        return msgspec.structs.replace(unit, read=read)

    def gather(self) -> Unit:
        """The script that makes the job's outputs: its record is the job's."""
        inside, read = dict[str, str](), self._outside(self.of.gather)
        for key, wire in self.of.gather.ingredients.inputs.items():
            match wire:
                case FromWorkers():
                    inside[key] = self._outs
                    read[key] = digest_of(self._made_by_all())
                case FromScatter(_, output):
                    inside[key] = self._from_scatter(output)
                    read.update(self._made(self.scatter_id, output, key))
                case _:
                    pass  # it comes from outside
        unit = self._unit(GATHER, self.of.gather, self.job.id, inside)
        return msgspec.structs.replace(
            unit,
            out=self._places.out(self.job),
            log=self._places.log(self.job),
            records=self._places.records,
            outputs=self.job.outputs,
            reads=(self._places.branches,),
            read=read,
            below=self._workshop.contents.read_below(self.job),
        )

    def do(self, stage: RunningStage, number: int | None, answer: Answer) -> None:
        """Have the part run that a stage stands for: a step of an item, or the scatter or the gather."""
        if number is not None:
            self.write_item(stage.ref_id, number)
            self._workshop.do(stage, self.step(stage.ref_id, number), answer)
        elif stage.ref_id == SCATTER:
            self._workshop.do(stage, self.scatter(), answer)
        else:
            self.write_outs()
            self._workshop.do(stage, self.gather(), answer)

    def ids(self, number: int) -> Mapping[str, str]:
        """The ids of an item's steps, by name."""
        if number in self._ids:
            return self._ids[number]
        ids = _step_ids(self.of, self._order, self.items[number])
        self._ids[number] = ids
        return ids

    def scatter_is_done(self) -> bool:
        """Whether the items are there."""
        return self._workshop.is_done(self.scatter())

    def is_done(self, number: int) -> bool:
        """Whether no step of an item need be run."""
        return not self.left(number)

    def left(self, number: int) -> dict[str, Part]:
        """The steps of an item that are not done, and those after them, as these may have other content to read."""
        left: dict[str, Part] = {}
        for name in self._order:
            part = self.of.steps[name]
            if any(before in left for before in steps_before(part)) or not self._step_is_done(name, number):
                left[name] = part
        return left

    def _step_is_done(self, name: str, number: int) -> bool:
        return self.ids(number)[name] in self._workshop.records and self._workshop.is_done(self.step(name, number))

    def write_item(self, name: str, number: int) -> None:
        """Put the item where the step will look for it."""
        id = self.ids(number)[name]
        if any(isinstance(wire, FromItem) for wire in self.of.steps[name].ingredients.inputs.values()):
            write_whole(Path(self._folder(id), ITEM), msgspec.json.encode(self.items[number]) + b"\n")

    def write_outs(self) -> None:
        """Write the outputs of all items' last steps, in their order."""
        outputs = self.of.steps[self.of.last].ingredients.outputs
        outs = [
            {name: self._given(self.ids(number)[self.of.last], path) for name, path in outputs.items()}
            for number in range(len(self.items))
        ]
        write_whole(Path(self._outs), msgspec.json.encode(outs) + b"\n")

    @property
    def scatter_id(self) -> str:
        """The id under which the items are kept."""
        return branch_id(self.of.scatter.id)

    @property
    def _outs(self) -> str:
        return f"{self._places.jobs}/{self.job.folder}/{OUTS}"

    def _outside(self, part: Part) -> dict[str, str]:
        return self._workshop.contents.read_by(self.job, part)

    def _made(self, id: str, output: str, key: str) -> dict[str, str]:
        """The content of an output of a part, for the input `key`; nothing while it is not known."""
        record = self._workshop.record(self._places.branch_records, id)
        return {key: record.outputs[output].digest} if record is not None and output in record.outputs else {}

    def _made_by_all(self) -> Iterator[str]:
        for number in range(len(self.items)):
            id = self.ids(number)[self.of.last]
            record = self._workshop.record(self._places.branch_records, id)
            yield f"{id} {made_by(record) if record is not None else ''}"

    def _from_scatter(self, output: str) -> str:
        return _inside(self._out(self.scatter_id), self.of.scatter.ingredients.outputs[output])

    def _given(self, id: str, path: str) -> str:
        return self._places.given.shown(_inside(self._out(id), path))

    def _folder(self, id: str) -> str:
        return f"{self._places.branches}/{id}"

    def _out(self, id: str) -> str:
        return f"{self._folder(id)}/out"

    def _unit(self, key: str, part: Part, id: str, inside: Mapping[str, str], name: str = "") -> Unit:
        return Unit(
            id=id,
            name=name or f"{self.job.pname} {key}",
            executable=self._places.executable(self.job, key),
            out=self._out(id),
            log=f"{self._folder(id)}/{LOG}",
            records=self._places.branch_records,
            inputs=self._workshop.inputs(part, inside),
            outputs=part.ingredients.outputs,
            environment=part.ingredients.environment,
            resources=self._workshop.resources(self.job, part),
            params=part.ingredients.params,
            place=part.place,
        )


def steps_before(part: Part) -> list[str]:
    """The steps whose outputs a step reads, by name."""
    return sorted({wire.step for wire in part.ingredients.inputs.values() if isinstance(wire, FromStep)})


def branches_of(of: Scattered, branches: Path) -> Iterator[str]:
    """The ids of all that a scatter-gather has in a folder of branches: its scatter, and the steps of its items.

    ConfigError when there is a scatter whose items cannot be read: nobody knows then which branches are its own.
    """
    yield branch_id(of.scatter.id)
    for ids in items_of(of, branches):
        yield from ids.values()


def items_of(of: Scattered, branches: Path) -> Iterator[Mapping[str, str]]:
    """The ids of the steps of each item, by name, in the order of the items; none before there is a scatter.

    ConfigError as for `branches_of`.
    """
    path = items_file(of, branches)
    if not path.exists():
        return
    try:
        items = items_in(path.read_bytes(), of.example)
    except (OSError, BadItems) as error:
        raise ConfigError(f"{path}: {error}; delete {branches / branch_id(of.scatter.id)}") from error
    order = _order(of)
    for item in items:
        yield _step_ids(of, order, item)


def items_file(of: Scattered, branches: Path) -> Path:
    """Where the scatter writes its items."""
    out = f"{branches}/{branch_id(of.scatter.id)}/{OUT}"
    return Path(_inside(out, of.scatter.ingredients.outputs[WORK_ITEMS]))


def _order(of: Scattered) -> Sequence[str]:
    return in_order({name: steps_before(part) for name, part in of.steps.items()})


def _step_ids(of: Scattered, order: Sequence[str], item: Any) -> dict[str, str]:
    ids: dict[str, str] = {}
    for name in order:
        part = of.steps[name]
        ids[name] = branch_id(part.id, item, *(ids[before] for before in steps_before(part)))
    return ids


def _inside(out: str, path: str) -> str:
    return f"{out}/{path.partition('/')[2]}"

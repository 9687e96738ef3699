"""What a stage sees of the stages before it, computed only when something asks.

Outputs are merged by level, then declaration: the later wins, lists append without duplicates. Only what had ended
when the stage started counts, so that an execution after a crash sees the same.
"""

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from stageline.engine.blobs import Blobs
from stageline.engine.graph import Node, above, all_before
from stageline.engine.ports import Clock
from stageline.engine.run import Run
from stageline.model.record import StageRecord
from stageline.model.stage import StageExecution
from stageline.targets.cancellation import Cancellation
from stageline.targets.notes import Notes
from stageline.tasks.task import EachWhenAsked, Execution, Inputs, RunningStage

FIRST = "0.1"

log = logging.getLogger(__name__)

Expand = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class View(msgspec.Struct, frozen=True):
    """A stage and what it may look at, wherever it is executed."""

    run: str
    spec: StageExecution
    record: StageRecord
    merged: Mapping[str, Any]
    stages: Mapping[str, Any]
    names: Mapping[str, Any]
    scopes: Mapping[str, Any]
    place: str
    halted: bool = False


def view_of(run: Run, node: Node, expand: Expand) -> View:
    """What a stage sees, in the process that holds its run. Nothing is computed yet. `expand` reads large values."""
    merged = Inputs(lambda: _private(merge_outputs(run, node, expand)))
    stages = Inputs(lambda: stage_outputs(node, expand), _private)
    scopes = Inputs(lambda: scope_outcomes(node, expand), _private) if node.inner is not None else {}
    names = Inputs(lambda: names_of(run, node), _private)
    place = node.spec.ref_id if node.group.owner is None else "/".join(each.spec.ref_id for each in above(node))
    halted = node.inner is not None and node.inner.closed and node.inner.is_over
    return View(run.id, node.spec, node.record, merged, stages, names, scopes, place, halted)


def expanded(view: View, expand: Expand) -> View:
    """A view that came from another process, in which large values are still references."""
    parts = {name: getattr(view, name) for name in ("merged", "stages", "scopes")}
    return msgspec.structs.replace(view, **{name: Inputs(partial(expand, part)) for name, part in parts.items()})


class Surroundings(msgspec.Struct, frozen=True):
    """What every execution in one process shares. `notes` is the name of a file in the folder of each run."""

    files: str
    blobs: Blobs
    clock: Clock
    notes: str = ".processes"


def running_stage(view: View, around: Surroundings) -> RunningStage:
    """The stage as its task will see it."""
    spec, record = view.spec, view.record
    settings = _private({**spec.context, **record.context}) if spec.context or record.context else {}
    folder, work = f"{around.files}/runs/{view.run}", work_of(view.place, record)
    execution = Execution(
        run=view.run,
        key=f"{view.run}/{view.place}/{record.round}.{record.task}",
        attempt=record.attempt,
        settings=settings,
        inputs=view.merged,
        stages=view.stages,
        names=view.names,
        scopes=view.scopes,
        halted=view.halted,
        place=f"{folder}/{work}",
        notes=Notes(f"{folder}/{around.notes}", work),
        cancellation=Cancellation(),
        now=around.clock,
    )
    return RunningStage(
        ref_id=spec.ref_id,
        type=spec.type,
        name=spec.name,
        requisite_stage_ref_ids=spec.requisite_stage_ref_ids,
        context=Inputs(lambda: {**view.merged, **settings}),
        tasks=spec.tasks,
        retry=spec.retry,
        timeout=spec.timeout,
        record=record,
        execution=execution,
    )


def work_of(path: str, record: StageRecord) -> str:
    """What the present execution of the stage at this path is called in its run's folder: the first as its stage."""
    number = f"{record.round}.{record.execution}"
    return path if number == FIRST else f"{path}/{number}"


def _private(values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy through and through: what a task changes in it, nobody else sees."""
    copied: dict[str, Any] = msgspec.to_builtins(values, enc_hook=dict)
    return copied


def names_of(run: Run, node: Node) -> dict[str, Any]:
    """The names of the run as its last retry left them, and over them those of the scopes around, the inner last."""
    names = {**run.names, **run.record.names}
    for each in above(node):
        if each.is_scope:
            names.update(each.spec.context["names"])
    return names


def merge_outputs(run: Run, node: Node, expand: Expand) -> dict[str, Any]:
    """The flat merge of the outputs of all stages before this one, but for those that failed or were canceled."""
    merged: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for before in _ended_before(node):
        if not before.record.status.met:
            continue
        for key, value in expand(before.record.outputs).items():
            if key in merged:
                _report(run, key, origin[key], before.spec.ref_id)
            merged[key] = _joined(merged.get(key), value)
            origin[key] = before.spec.ref_id
    return merged


def stage_outputs(node: Node, expand: Expand) -> Mapping[str, Any]:
    """`{ref: {"outputs": …, "status": …}}` of the stages before this one, with the `error` of those that failed."""
    return EachWhenAsked(
        {before.spec.ref_id: partial(_outcome, before.record, expand) for before in _ended_before(node)}
    )


def _outcome(record: StageRecord, expand: Expand) -> dict[str, Any]:
    return record.outcome(expand(record.outputs))


def scope_outcomes(node: Node, expand: Expand) -> dict[str, Any]:
    """`{key: {"status": …, "outputs": …, "failure": …}}` of the ended scopes that the stage has planned."""
    if node.inner is None:
        return {}
    return {
        scope.spec.ref_id: {
            "status": str(scope.record.status),
            "outputs": expand(scope.record.outputs),
            "failure": scope.record.failure.message if scope.record.failure else None,
        }
        for scope in node.inner.nodes
        if scope.record.status.ended
    }


def _ended_before(node: Node) -> list[Node]:
    begun = node.record.started_seq
    return [before for before in all_before(node) if before.record.status.ended and before.record.ended_seq < begun]


def _joined(earlier: Any, later: Any) -> Any:
    if isinstance(earlier, list) and isinstance(later, list):
        return earlier + [item for item in later if item not in earlier]
    return later


def _report(run: Run, key: str, first: str, second: str) -> None:
    if key not in run.reported_keys:
        run.reported_keys.add(key)
        log.info("run %s: key '%s' is put out by '%s' and by '%s'; the later wins", run.id, key, first, second)

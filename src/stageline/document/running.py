"""From a definition to a run: parameters are read, stages are lowered, and what they trigger is put into them.

A run carries all that it needs: its file may change or go away while it waits.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from stageline.document.definition import WorkflowDefinition
from stageline.document.kinds import TRIGGER
from stageline.document.partial import Part, kept_outside
from stageline.model.stage import StageExecution
from stageline.model.workflow import Workflow, to_plain
from stageline.stages.definition import StageDefinition
from stageline.stages.inner import INNER, named
from stageline.stages.lower import TYPE, Defaults, lower
from stageline.stages.tools import SECRETS, SPECS, with_params

CHILD = "workflow"


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a run differs from what its file says: its id, what stages get that say nothing, and which of them run.

    `part` runs some stages only; the others keep what they put out before.
    """

    id: str = ""
    application: str = ""
    timeout: float | None = None
    retry_delay: float | None = None
    part: Part | None = None


_ALL = RunOptions()


def make_run(
    definition: WorkflowDefinition, given: Mapping[str, Any] | None = None, options: RunOptions = _ALL
) -> Workflow:
    """A new run, not yet started. DocumentError names every parameter that is wrong."""
    names = with_params(_names(definition), given or {})
    stages: Sequence[StageDefinition] = definition.stages
    if options.part is not None:
        stages = kept_outside(definition, options.part)
    return Workflow.create(
        definition.name,
        named(_lowered(definition, stages, options), names),
        application=options.application,
        on_failure=definition.header.on_failure,
        id=options.id,
        names=names,
    )


def _names(definition: WorkflowDefinition) -> dict[str, Any]:
    """What all runs of a workflow know, whatever their parameters are."""
    return {
        "workflow": definition.name,
        "file": definition.file,
        "folder": definition.folder,
        "env": dict(definition.header.env),
        "registry": list(definition.header.registry),
        "plugins": definition.all_plugins(),
        SECRETS: definition.all_secrets(),
        SPECS: msgspec.to_builtins(dict(definition.params)),
    }


def _lowered(
    definition: WorkflowDefinition, stages: Sequence[StageDefinition], options: RunOptions
) -> list[StageExecution]:
    places = definition.places()
    timeout = definition.header.timeout or options.timeout
    defaults = Defaults(timeout, options.retry_delay, lambda stage: places.get(id(stage), ""))
    executions = lower(stages, defaults)
    if definition.triggered:
        children = {name: _child(one, options) for name, one in definition.triggered.items()}
        for execution in executions:
            _embed(execution.type, dict(execution.context), children, execution.context)
    return executions


def _child(definition: WorkflowDefinition, options: RunOptions) -> dict[str, Any]:
    """A workflow in its plain form, for the stage that triggers it: it gets its parameters when it begins."""
    stages = _lowered(definition, definition.stages, options)
    header = definition.header
    return to_plain(Workflow.create(definition.name, stages, on_failure=header.on_failure, names=_names(definition)))


def _embed(type_: str, context: Any, children: Mapping[str, Any], into: Any) -> None:
    """Puts the workflows into the stages that trigger them, wherever they stand."""
    if type_ == TYPE + TRIGGER:
        into[CHILD] = children[context[TRIGGER]]
    for stages in context.get(INNER, {}).values():
        for stage in stages:
            _embed(stage["type"], stage.get("context", {}), children, stage.get("context", {}))

"""One execution of a stage of some kind: the running stage, the names that its expressions see, and the tools."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from stageline.model.plan import Scope
from stageline.model.stage import StageExecution
from stageline.stages.copies import own_copy
from stageline.stages.fields import is_dynamic
from stageline.stages.inner import INNER, named
from stageline.stages.names import Names
from stageline.stages.tools import Tools
from stageline.targets.masking import Mask
from stageline.targets.notes import Notes
from stageline.tasks.shapes import converted
from stageline.tasks.task import Cancellation, RunningStage, shared

PLANNED = "planned"


class Work:
    """What `perform` is given."""

    def __init__(self, stage: RunningStage, tools: Tools) -> None:
        self.stage = stage
        self.tools = tools
        self.names = Names(stage, tools)

    @property
    def settings(self) -> Mapping[str, Any]:
        """The stage's fields as they were written, and what earlier executions of it left."""
        return self.stage.execution.settings

    @property
    def call(self) -> tuple[dict[str, Any], str, dict[str, Any]]:
        """The parameters, the run's id, and what the stages before have put out: the arguments of `process`."""
        context = {name: own_copy(self.names[name]) for name in self.names if name not in ("params", "env", "secrets")}
        return own_copy(self.names["params"]), self.stage.execution.run, context

    @property
    def cancellation(self) -> Cancellation:
        return self.stage.execution.cancellation

    @property
    def key(self) -> str:
        """The same for every attempt at this work, in every process."""
        return self.stage.execution.key

    @property
    def mask(self) -> Mask | None:
        """What hides the secrets of the workflow, if it has any."""
        return self.tools.mask(self.stage)

    def holds_secret(self, text: str) -> bool:
        """Whether a secret of the workflow stands in the text."""
        return self.mask is not None and self.mask.text(text) != text

    @property
    def folder(self) -> Path:
        """This execution's own folder, for logs and scratch files."""
        return self.stage.execution.folder

    @property
    def notes(self) -> Notes | None:
        """Where the processes of this execution are noted."""
        return self.stage.execution.notes

    @property
    def project(self) -> str:
        """The folder of the workflow file, where its commands run."""
        folder: str = self.stage.names["folder"]
        return folder

    @property
    def env(self) -> dict[str, Any]:
        """The workflow's own variables."""
        return dict(self.stage.names.get("env", {}))

    @property
    def planned(self) -> int:
        """How many scopes this stage has planned so far. What it planned before it was tried again does not count."""
        epoch, count = self.settings.get(PLANNED, (0, 0))
        return count if epoch == self.epoch else 0

    @property
    def epoch(self) -> int:
        """How often this stage has begun to plan anew."""
        return self.stage.record.epoch

    @property
    def scopes(self) -> Mapping[str, Any]:
        """`{key: {"status": …, "outputs": {ref: {"status": …, "outputs": …}}, "failure": …}}` of ended scopes.

        What it holds is not a copy: read it, and do not change it.
        """
        return shared(self.stage.scopes)

    def scope(self, key: str, names: Mapping[str, Any] | None = None, *, of: str = "", shielded: bool = False) -> Scope:
        """A scope of the stages that are kept under `of`, else under `key`; they see these names beside all others."""
        stages = self.inner[of or key]
        if any(is_dynamic(stage.name) for stage in stages):
            stages = named(stages, self.names.over(names or {}))
        return Scope(key=key, stages=stages, names=names or {}, shielded=shielded)

    @cached_property
    def inner(self) -> dict[str, list[StageExecution]]:
        """The stages to be planned, by the keys of the kind's `inner`."""
        return converted(self.settings.get(INNER, {}), dict[str, list[StageExecution]])

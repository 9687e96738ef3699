"""What a file says: its workflows by their names, each with its stages as they were written."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from stageline.document.written import StageList, Written, walk
from stageline.errors import DocumentError, UnknownName, did_you_mean
from stageline.load.nodes import MapNode
from stageline.load.words import listed
from stageline.model.params import Param
from stageline.stages.definition import StageDefinition
from stageline.stages.kept import KeptStage

OnFailure = Literal["fail-fast", "keep-going"]


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside the stages of a workflow."""

    desc: str = ""
    env: Mapping[str, str] = {}
    on_failure: OnFailure = "fail-fast"
    timeout: float | None = None
    registry: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()


class WorkflowDefinition(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A workflow as it was written. `secrets` are all names that it uses as `secrets.NAME`.

    Without a block `params:` those that its expressions name must be given, and may be anything.
    """

    name: str
    file: str
    folder: str
    header: Header
    params: Mapping[str, Param]
    written: StageList
    secrets: tuple[str, ...] = ()
    triggered: Mapping[str, "WorkflowDefinition"] = {}

    @property
    def stages(self) -> tuple[StageDefinition, ...]:
        """The stages of its own list."""
        return tuple(written.stage for written in self.written.stages)

    @property
    def desc(self) -> str:
        return self.header.desc

    def all_stages(self) -> list[Written]:
        """Its stages and those inside of them."""
        return list(walk(self.written))

    def kinds(self) -> set[type[StageDefinition]]:
        """The kinds that a run of it needs, those of the workflows that it triggers too."""
        own: set[type[StageDefinition]] = {type(written.stage) for written in self.all_stages()} | {KeptStage}
        return own.union(*(one.kinds() for one in self.triggered.values()))

    def all_plugins(self) -> list[str]:
        """The modules that its stages come from, and those of the workflows that it triggers."""
        below = (plugin for one in self.triggered.values() for plugin in one.all_plugins())
        return list(dict.fromkeys([*self.header.plugins, *below]))

    def all_secrets(self) -> list[str]:
        """The names of the secrets that a run of it needs, with those of the workflows that it triggers."""
        below = (name for one in self.triggered.values() for name in one.all_secrets())
        return list(dict.fromkeys([*self.secrets, *below]))

    def places(self) -> dict[int, str]:
        """`file:line` of each stage, by the identity of the stage."""
        own = {id(written.stage): written.place for written in self.all_stages()}
        for one in self.triggered.values():
            own |= one.places()
        return own


class Document(msgspec.Struct, frozen=True, eq=False):
    """One file's workflows by name, in the order of the file, and the maps that they were written as."""

    file: str
    folder: str
    workflows: Mapping[str, WorkflowDefinition]
    maps: tuple[MapNode, ...] = ()

    def only(self) -> WorkflowDefinition:
        """The workflow of a file that holds one."""
        if len(self.workflows) != 1:
            raise DocumentError(f"{self.file} holds {listed(self.workflows, 'and')}: say which workflow is meant")
        return next(iter(self.workflows.values()))

    def workflow(self, name: str) -> WorkflowDefinition:
        """The workflow of this name."""
        if name not in self.workflows:
            hint = did_you_mean(name, self.workflows) or f"; there are {listed(self.workflows, 'and')}"
            raise UnknownName(f"{self.file} holds no workflow '{name}'{hint}")
        return self.workflows[name]

"""`runs-on:` of a stage: the target that its commands run on, who decides when, and what they need there.

What a stage says holds for the stages inside it too, unless they say otherwise; `local` is here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from stageline.errors import DocumentError
from stageline.model.resource_words import BadResource, resources_of
from stageline.model.resources import Resources
from stageline.tasks.shapes import converted

LOCAL = "local"


class Asked(msgspec.Struct, frozen=True, rename="kebab", omit_defaults=True, forbid_unknown_fields=True):
    """What the commands ask of a machine, in the words and units of Labs. `sbatch-opts` are words for sbatch."""

    cpus: Annotated[int, msgspec.Meta(ge=1)] | None = None
    mem: str | None = None
    time: str | None = None
    partition: str | None = None
    sbatch_opts: list[str] | str | None = None

    def __post_init__(self) -> None:
        self.read()

    def read(self) -> Resources:
        """The same as values."""
        said = {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not None}
        try:
            return resources_of(said)
        except BadResource as error:
            raise DocumentError(f"{error.key}: {error}") from error


NOTHING_ASKED = Asked()


class RunsOn(msgspec.Struct, frozen=True, rename="kebab", omit_defaults=True, forbid_unknown_fields=True):
    """A `target` of the config files, and its `scheduler` if it is not the one that the target names there."""

    target: str = LOCAL
    scheduler: Literal["local", "slurm"] | None = None
    resources: Asked = NOTHING_ASKED

    def __post_init__(self) -> None:
        if not self.target.strip():
            raise DocumentError("target: it is the name of a target, or 'local'")
        if self.is_here and self.resources != NOTHING_ASKED:
            raise DocumentError("resources: they are for a target or a scheduler: name one of them too")

    @property
    def is_here(self) -> bool:
        """Whether it is no other place than where the engine is."""
        return self.target == LOCAL and self.scheduler in (None, LOCAL)

    def __str__(self) -> str:
        return f"target '{self.target}'" if self.target != LOCAL else str(self.scheduler)


def place_of(said: Any) -> RunsOn | None:
    """What a stage says of its place; a name alone is a target's."""
    if said is None or isinstance(said, RunsOn):
        return said
    return RunsOn(said) if isinstance(said, str) else converted(said, RunsOn)

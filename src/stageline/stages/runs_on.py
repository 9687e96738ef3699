"""`runs-on:` of a stage: the target that its commands run on, who decides when, and what they need there.

What a stage says holds for the stages inside it too, unless they say otherwise; `local` is here. What holds
placeholders is *open*: it is settled when a stage starts, by the names that this stage sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from stageline.errors import DocumentError, did_you_mean
from stageline.model.resource_words import BadResource, resources_of
from stageline.model.resources import Resources
from stageline.stages.fields import evaluate, fields_of, is_dynamic, with_texts
from stageline.tasks.shapes import converted

LOCAL = "local"
SCHEDULERS = (LOCAL, "slurm")
_Made = TypeVar("_Made")


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
        """The same as values, as far as it is settled."""
        given = {name: getattr(self, name) for name in self.__struct_fields__}
        said = {name: value for name, value in given.items() if value is not None and not is_dynamic(value)}
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
        if self.scheduler is not None and not is_dynamic(self.scheduler) and self.scheduler not in SCHEDULERS:
            raise DocumentError(f"scheduler: it is {' or '.join(map(repr, SCHEDULERS))}, not {self.scheduler!r}")
        if self.is_here and self.resources != NOTHING_ASKED:
            raise DocumentError("resources: they are for a target or a scheduler: name one of them too")

    @property
    def is_here(self) -> bool:
        """Whether it is no other place than where the engine is."""
        return self.target == LOCAL and self.scheduler in (None, LOCAL)

    @property
    def is_open(self) -> bool:
        """Whether some of it is known only when a stage starts."""
        return is_dynamic(msgspec.to_builtins(self))

    def __str__(self) -> str:
        return f"target '{self.target}'" if self.target != LOCAL else str(self.scheduler)


def place_of(said: Any) -> RunsOn | None:
    """What a stage says of its place; a name alone is a target's."""
    if said is None or isinstance(said, RunsOn):
        return said
    if isinstance(said, str):
        return RunsOn(said)
    return _open(said) if isinstance(said, Mapping) and is_dynamic(said) else converted(said, RunsOn)


def _open(said: Mapping[str, Any]) -> RunsOn:
    values = _by_field(RunsOn, said)
    if isinstance(asked := values.get("resources"), Mapping):
        values["resources"] = Asked(**_by_field(Asked, asked))
    return RunsOn(**values)


def _by_field(struct: type, said: Mapping[str, Any]) -> dict[str, Any]:
    known = {field.encode_name: field.name for field in fields_of(struct)}
    known |= {name: name for name in known.values()}
    for key in said:
        if key not in known:
            raise DocumentError(f"unknown key '{key}'{did_you_mean(str(key), known)}")
    return {known[key]: value for key, value in said.items()}


def settled(said: Mapping[str, Any], names: Mapping[str, Any]) -> RunsOn:
    """The place with what its placeholders come to, which is checked as what is written out is.

    A placeholder for all of it may come to a map. What comes to nothing is as if it were not said, and here, nothing is
    asked for.
    """
    try:
        value = evaluate({**said}, names)
        if value.keys() == {"target"} and isinstance(value["target"], Mapping):
            value = value["target"]
        place = _made(RunsOn, {**value, "resources": None})
        if place.is_here:
            return place
        asked = _made(Asked, _counted(value.get("resources") or {}))
    except DocumentError as error:
        raise DocumentError(f"runs-on: {error}") from error
    return msgspec.structs.replace(place, resources=asked)


def _made(struct: type[_Made], values: Mapping[str, Any]) -> _Made:
    known = {key: value for key, value in _by_field(struct, values).items() if value is not None}
    return struct(**with_texts(struct, known))


def _counted(asked: Any) -> Mapping[str, Any]:
    """What is asked for; a number may have come as a text."""
    if not isinstance(asked, Mapping):
        raise DocumentError(f"resources: {asked!r} is no map of cpus, mem and time")
    cpus = asked.get("cpus")
    return {**asked, "cpus": int(cpus)} if isinstance(cpus, str) and cpus.isdecimal() else asked

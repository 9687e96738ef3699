"""The kinds that may be written: those of the package, and all that have been made by subclassing them.

A kind is told by its `body` key, or, where that is another kind's too, by a further key that only it must have. One
without either is told by its name, whose value is a map of its fields.
"""

import pkgutil
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib import import_module

import msgspec

from stageline import stages
from stageline.load.fields import dashed
from stageline.stages.base import BaseRetryStage
from stageline.stages.definition import StageDefinition
from stageline.stages.fields import Field, fields_of
from stageline.stages.names import SCOPE_NAMES

TRIGGER = "trigger"


class Kind(msgspec.Struct, frozen=True, eq=False):
    """A kind as it is written: the key that tells it, and its fields by their keys, each under all of its spellings."""

    type: type[StageDefinition]
    key: str
    flat: bool
    fields: Mapping[str, Field]

    @property
    def beside(self) -> frozenset[str]:
        """The keys that may stand next to the one that tells the kind."""
        return frozenset(self.fields if self.flat else _common_keys())

    @property
    def own(self) -> Mapping[str, Field]:
        """The fields that stages of other kinds do not have."""
        return {key: field for key, field in self.fields.items() if key not in _common_keys()}

    @property
    def may_lack_body(self) -> bool:
        """Whether its other keys tell it too."""
        return self.flat and not self.fields[self.key].required


class Kinds(msgspec.Struct, frozen=True, eq=False):
    """The kinds by the keys that tell them; `twice` are keys that two classes claim."""

    by_key: Mapping[str, Kind]
    twice: Mapping[str, tuple[type[StageDefinition], ...]]

    def owners(self, key: str) -> list[Kind]:
        """The kinds that have a field of their own under this key."""
        return [kind for kind in self.by_key.values() if key in kind.own]

    @property
    def keys(self) -> frozenset[str]:
        """All keys that stand in some stage."""
        return frozenset(self.by_key).union(*(kind.beside for kind in self.by_key.values()))


def known_kinds() -> Kinds:
    """The kinds that there are now."""
    _import_built_in()
    by_key: dict[str, Kind] = {}
    twice: dict[str, tuple[type[StageDefinition], ...]] = {}
    for one in sorted(_written(StageDefinition), key=_is_ours, reverse=True):
        kind = kind_of(one)
        first = by_key.setdefault(kind.key, kind)
        if _name(first.type) == _name(one):
            by_key[kind.key] = kind  # the same class made anew
        else:
            twice[kind.key] = (*twice.get(kind.key, (first.type,)), one)
    return Kinds(by_key, twice)


@lru_cache(maxsize=256)
def kind_of(type_: type[StageDefinition]) -> Kind:
    """How stages of a class are written."""
    written = [field for field in fields_of(type_) if field.name not in type_.hidden]
    fields = {dashed(field.encode_name): field for field in written}
    aliases = {dashed(field.name.strip("_")): field for field in written}
    key = _key_of(type_) or type_.kind()
    return Kind(type_, key, _key_of(type_) in fields, {**aliases, **fields})


def _key_of(type_: type[StageDefinition]) -> str:
    """The field that tells the kind. Beside the body of another kind it is the first that only this one must have."""
    same = [one for one in type_.__mro__[1:] if type_.body and getattr(one, "body", "") == type_.body]
    if not same:
        return dashed(type_.body)
    known = {field.name for field in fields_of(same[0])}
    return next((dashed(one.encode_name) for one in fields_of(type_) if one.required and one.name not in known), "")


def names_inside(kind: type[StageDefinition]) -> tuple[str, ...]:
    """What the stages inside of one of this kind see by name; all there is, if a kind from elsewhere does not say."""
    return kind.scope_names if kind.scope_names or _is_ours(kind) else SCOPE_NAMES


def _written(base: type[StageDefinition]) -> Iterator[type[StageDefinition]]:
    """All classes below this one that may be written, each once."""
    seen = set[type[StageDefinition]]()
    below = list(base.__subclasses__())
    while below:
        one = below.pop(0)
        if one not in seen:
            seen.add(one)
            below += one.__subclasses__()
            if not _is_ours(one) or _key_of(one):
                yield one


def _is_ours(type_: type) -> bool:
    """Whether it comes with the package, where only what has a body is written: the others are bases, or made."""
    return type_.__module__.startswith(f"{stages.__name__}.")


def _name(type_: type) -> str:
    return f"{type_.__module__}.{type_.__qualname__}"


@lru_cache(maxsize=1)
def _common_keys() -> frozenset[str]:
    """The keys of fields that all stages have, or all that may be tried again."""
    return frozenset(kind_of(BaseRetryStage).fields)


@lru_cache(maxsize=1)
def _import_built_in() -> None:
    for module in pkgutil.iter_modules(stages.__path__, f"{stages.__name__}."):
        import_module(module.name)

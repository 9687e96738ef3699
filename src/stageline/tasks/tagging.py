"""The decorator that offers a function to call stages. It leaves a mark on the function and changes nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

_MARKS = "__stageline_tags__"
_Function = TypeVar("_Function", bound=Callable[..., object])


class Tag(msgspec.Struct, frozen=True):
    """One offer: `name` is a namespace, and serves as the tag where no `version` is given."""

    name: str = ""
    alias: str = ""
    version: str = ""

    @property
    def label(self) -> str:
        """What may stand after the `@`."""
        return self.version or self.name


def tag(name: str = "", alias: str = "", *, version: str = "") -> Callable[[_Function], _Function]:
    """Offer a function: `@tag("tasks", alias="load")` answers to `tasks/load@latest`, `@tag("v1")` in a module `api`
    to `api/NAME@v1`, and `@tag("api", alias="send", version="v2")` to `api/send@v2`. May be used more than once.
    """
    if not isinstance(name, str):
        raise TypeError("tag is called before it decorates: write @tag() or @tag('namespace', alias='name')")

    def mark(function: _Function) -> _Function:
        setattr(function, _MARKS, (Tag(name, alias, version), *tags_of(function)))
        return function

    return mark


def tags_of(value: object) -> tuple[Tag, ...]:
    """The marks of a function; nothing for all else."""
    marks = getattr(value, "__dict__", {}).get(_MARKS, ()) if callable(value) else ()
    return marks if isinstance(marks, tuple) else ()

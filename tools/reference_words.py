"""What the pages of the reference are made of: words, types and defaults as a reader wants to see them."""

import inspect
import tomllib
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec

_WORDS = tomllib.loads(Path(__file__).with_name("reference.toml").read_text(encoding="utf-8"))


def section(path: str) -> Mapping[str, str]:
    """What reference.toml says under this heading, in its order."""
    found: Any = _WORDS
    for part in path.split("."):
        found = found.get(part, {})
    return {name: text for name, text in found.items() if isinstance(text, str)}


def words(path: str, names: Iterable[str]) -> Mapping[str, str]:
    """What reference.toml says of these names; it must have a word for each, and for no other."""
    said = section(path)
    wanted, there = set(names), set(said)
    if wanted != there:
        raise SystemExit(
            f"tools/reference.toml, [{path}]: missing {sorted(wanted - there)}, unknown {sorted(there - wanted)}"
        )
    return said


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("\n", " ") for cell in row) + " |" for row in lines)


def doc(thing: object) -> str:
    """The first paragraph of a docstring, on one line; empty when it has none of its own."""
    text = inspect.cleandoc(getattr(thing, "__doc__", None) or "")
    return " ".join(text.partition("\n\n")[0].split())


def full_doc(thing: object) -> str:
    """A whole docstring."""
    return inspect.cleandoc(getattr(thing, "__doc__", None) or "")


def type_words(kind: Any) -> str:
    """A type in words: `text or a list of text`."""
    origin, inside = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        if {str, int, float, bool} <= set(inside):
            return "value"
        parts = [type_words(one) for one in inside if one is not type(None)]
        return " or ".join(parts)
    if origin is typing.Literal:
        return ", ".join(f"`{one}`" for one in inside)
    if origin is list:
        return f"list of {type_words(inside[0])}"
    if origin is dict:
        return f"map of {type_words(inside[1])}"
    names = {str: "text", int: "integer", float: "number", bool: "true or false", Any: "anything JSON"}
    return names.get(kind) or str(getattr(kind, "__name__", kind))


def default_words(field: msgspec.structs.FieldInfo) -> str:
    """A setting's default."""
    if field.required:
        return "**needed**"
    if field.default is msgspec.NODEFAULT:
        return "empty"
    if field.default is None or field.default is msgspec.UNSET or field.default == "":
        return "—"
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def call(function: Any) -> str:
    """The parameters of a call, with the defaults that are short enough to read."""
    shown, starred = [], False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in ("self", "cls", "record"):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            starred = True
            shown.append("*")
        shown.append(_parameter(parameter))
    return f"({', '.join(shown)})"


_STARRED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def _parameter(parameter: inspect.Parameter) -> str:
    stars = "*" * (1 + (parameter.kind is parameter.VAR_KEYWORD)) if parameter.kind in _STARRED else ""
    if parameter.default is parameter.empty:
        return stars + parameter.name
    default: object = parameter.default
    if isinstance(default, Enum):
        return f"{parameter.name}='{default.value}'"
    plain = default is None or isinstance(default, bool | int | float | str | tuple)
    return f"{parameter.name}={default!r}" if plain and len(repr(default)) < 30 else f"{parameter.name}=…"

"""The tables of the kinds of stages: what tells each, its keys with their types and bounds, and what it puts out."""

import msgspec
from msgspec import inspect

from stageline.document.kinds import Kind, kind_of, known_kinds
from stageline.document.type_words import words_of
from stageline.load.fields import dashed
from stageline.stages.base import BaseRetryStage
from stageline.stages.fields import Field, default_of
from tools.reference_words import full_doc, table, words


def kinds() -> str:
    """All kinds that can be written, the ones without others inside first."""
    known = sorted(known_kinds().by_key.values(), key=lambda kind: (bool(kind.type.nested), kind.key))
    return "\n\n".join([_common(), *(_kind(kind) for kind in known)])


def _common() -> str:
    said = words("kinds.common", [dashed(field.encode_name) for field in _fields(kind_of(BaseRetryStage))])
    rows = [_row(field, said[dashed(field.encode_name)]) for field in _fields(kind_of(BaseRetryStage))]
    return "\n\n".join(["## Keys of every stage", table(_HEAD, rows)])


_HEAD = ("key", "value", "default", "meaning")


def _kind(kind: Kind) -> str:
    common = {field.name for field in _fields(kind_of(BaseRetryStage))}
    own = [field for field in _fields(kind) if field.name not in common]
    said = words(f"kinds.{kind.type.kind()}", [dashed(field.encode_name) for field in own])
    rows = [_row(field, said[dashed(field.encode_name)]) for field in own]
    retry = "" if "retry" in kind.fields else " It has no `retry`."
    about = f"`{kind.type.__name__}`. {full_doc(kind.type)}{retry}"
    return "\n\n".join([f"## {kind.key}", about, table(_HEAD, rows)])


def _fields(kind: Kind) -> list[Field]:
    return [field for key, field in kind.fields.items() if key == dashed(field.encode_name)]


def _row(field: Field, meaning: str) -> tuple[str, str, str, str]:
    return f"`{dashed(field.encode_name)}`", words_of(inspect.type_info(field.type)), _default(field), meaning


def _default(field: Field) -> str:
    if field.required:
        return "**needed**"
    value = default_of(field)
    if value is None:
        return "—"
    return f"`{msgspec.json.encode(value).decode()}`" if value not in ({}, []) else "empty"

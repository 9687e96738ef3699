"""A field's annotation says how its value is read: one reader for each type, made once.

A text with a placeholder stands for any value, where the field is evaluated. `BAD` is a value whose mistake is told.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import inspect

from stageline.document.type_words import words_of
from stageline.errors import DocumentError
from stageline.expressions.placeholders import OPEN
from stageline.load.expect import (
    choice,
    expect_bool,
    expect_int,
    expect_list,
    expect_mapping,
    expect_number,
    expect_str,
    wrong,
)
from stageline.load.fields import dashed, fields_of
from stageline.load.nodes import BrokenNode, ListNode, MapNode, Node, ScalarNode, plain
from stageline.load.problems import Problems
from stageline.model.retry import Retry
from stageline.stages.definition import StageDefinition


class _Bad(Enum):
    BAD = "bad"


BAD: Final = _Bad.BAD


class Reading(msgspec.Struct, frozen=True, eq=False):
    """What readers are given: where mistakes are told, how stages are read, and whether placeholders may stand here."""

    problems: Problems
    stages: Callable[[Node], Any]
    dynamic: bool = True


Reader: TypeAlias = Callable[[Node, Reading], Any]
_REQUIRED: Mapping[type, tuple[str, ...]] = {Retry: ("attempts",)}


def read_value(annotation: Any, node: Node, reading: Reading) -> Any:
    """The value that a node gives for a field of this type, or BAD."""
    return _reader(annotation)(node, reading)


@lru_cache(maxsize=1024)
def _reader(annotation: Any) -> Reader:
    return reader_for(inspect.type_info(annotation))


def reader_for(type_: inspect.Type) -> Reader:
    """The reader of a type."""
    read = _plain_reader(type_)

    def read_or_evaluate_later(node: Node, reading: Reading) -> Any:
        if reading.dynamic and is_placeholder(node):
            return plain(node)
        return BAD if isinstance(node, BrokenNode) else read(node, reading)

    return read_or_evaluate_later


def is_placeholder(node: Node) -> bool:
    """Whether a text stands here that is evaluated when the stage runs."""
    return isinstance(node, ScalarNode) and isinstance(node.value, str) and OPEN in node.value


def _plain_reader(type_: inspect.Type) -> Reader:
    match type_:
        case inspect.Metadata():
            return _plain_reader(type_.type)
        case inspect.AnyType():
            return _any_value
        case inspect.BoolType():
            return lambda node, reading: _told(expect_bool(node, reading.problems))
        case inspect.StrType():
            return lambda node, reading: _told(expect_str(node, reading.problems, as_written=True))
        case inspect.IntType() | inspect.FloatType():
            return _number_reader(type_)
        case inspect.LiteralType():
            return _literal_reader(type_)
        case inspect.EnumType():
            return _enum_reader(type_)
        case inspect.UnionType():
            return _union_reader(type_)
        case _:
            return _collection_reader(type_)


def _collection_reader(type_: inspect.Type) -> Reader:
    match type_:
        case inspect.ListType(inspect.StructType() as item) if issubclass(item.cls, StageDefinition):
            return lambda node, reading: reading.stages(node)
        case inspect.ListType() | inspect.VarTupleType():
            return _list_reader(type_)
        case inspect.DictType():
            return _dict_reader(type_)
        case inspect.StructType():
            return _struct_reader(type_)
        case _:
            return _any_value


def _any_value(node: Node, reading: Reading) -> Any:
    return plain(node)


def _told(value: Any) -> Any:
    return BAD if value is None else value


def _number_reader(type_: inspect.IntType | inspect.FloatType) -> Reader:
    expect: Callable[..., Any] = expect_int if isinstance(type_, inspect.IntType) else expect_number
    above, below = type_.gt, type_.lt

    def read(node: Node, reading: Reading) -> Any:
        value = expect(node, reading.problems, type_.ge, type_.le)
        if value is None:
            return BAD
        if (above is not None and value <= above) or (below is not None and value >= below):
            wrong(node, reading.problems, words_of(type_))
            return BAD
        return value

    return read


def _literal_reader(type_: inspect.LiteralType) -> Reader:
    known = [str(value) for value in type_.values]
    return lambda node, reading: _told(choice(node, reading.problems, known))


def _enum_reader(type_: inspect.EnumType) -> Reader:
    known = {str(member.value): member for member in type_.cls}

    def read(node: Node, reading: Reading) -> Any:
        word = choice(node, reading.problems, known)
        return BAD if word is None else known[word]

    return read


def _list_reader(type_: inspect.ListType | inspect.VarTupleType) -> Reader:
    read_item, texts = reader_for(type_.item_type), isinstance(type_.item_type, inspect.StrType)

    def read(node: Node, reading: Reading) -> Any:
        if texts and isinstance(node, ScalarNode) and isinstance(node.value, str):
            return [node.value]  # one item needs no list
        items = expect_list(node, reading.problems)
        values = [read_item(item, reading) for item in items.items] if items else [BAD]
        return BAD if BAD in values else values

    return read


def _dict_reader(type_: inspect.DictType) -> Reader:
    read_item = reader_for(type_.value_type)

    def read(node: Node, reading: Reading) -> Any:
        items = expect_mapping(node, reading.problems)
        if items is None:
            return BAD
        values = {name: read_item(entry.value, reading) for name, entry in items.entries.items()}
        return BAD if BAD in values.values() else values

    return read


def _union_reader(type_: inspect.UnionType) -> Reader:
    empty = any(isinstance(member, inspect.NoneType) for member in type_.types)
    members = [(one, reader_for(one)) for one in type_.types if not isinstance(one, inspect.NoneType)]

    def read(node: Node, reading: Reading) -> Any:
        if empty and is_null(node):
            return None
        for fits in (_fits_exactly, _fits):
            for member, read_member in members:
                if fits(member, node):
                    return read_member(node, reading)
        wrong(node, reading.problems, words_of(type_))
        return BAD

    return read


def is_null(node: Node) -> bool:
    """Whether nothing was written."""
    return isinstance(node, ScalarNode) and node.value is None and not isinstance(node, BrokenNode)


def _fits_exactly(type_: inspect.Type, node: Node) -> bool:
    match type_:
        case inspect.StrType() | inspect.LiteralType() | inspect.EnumType():
            return isinstance(node, ScalarNode) and isinstance(node.value, str)
        case inspect.BoolType():
            return isinstance(node, ScalarNode) and isinstance(node.value, bool)
        case inspect.IntType():
            return isinstance(node, ScalarNode) and type(node.value) is int
        case inspect.FloatType():
            return isinstance(node, ScalarNode) and type(node.value) in (int, float)
        case inspect.ListType() | inspect.VarTupleType():
            return isinstance(node, ListNode)
        case inspect.DictType() | inspect.StructType():
            return isinstance(node, MapNode)
        case _:
            return isinstance(type_, inspect.AnyType)


def _fits(type_: inspect.Type, node: Node) -> bool:
    """Whether the member is the one that can be meant: what it makes of the node tells best what is wrong."""
    if not isinstance(node, ScalarNode) or node.value is None:
        return False
    match type_:
        case inspect.StrType():
            return True
        case inspect.ListType() | inspect.VarTupleType():
            return isinstance(type_.item_type, inspect.StrType)
        case _:
            return False


def _struct_reader(type_: inspect.StructType) -> Reader:
    readers = {dashed(field.encode_name): (field.name, reader_for(field.type)) for field in type_.fields}
    required = [dashed(field.encode_name) for field in type_.fields if field.required]
    required += _REQUIRED.get(type_.cls, ())

    def read(node: Node, reading: Reading) -> Any:
        mapping = expect_mapping(node, reading.problems)
        if mapping is None:
            return BAD
        fields = fields_of(mapping, reading.problems)
        meant = fields.refuse_unknown(readers, reading.problems)
        complete = fields.require(required, reading.problems, meant)
        values = {
            name: read_field(entry, reading)
            for key, (name, read_field) in readers.items()
            if (entry := fields.get(key)) is not None
        }
        if BAD in values.values() or not complete or fields.entries.keys() - readers.keys():
            return BAD
        return _made(type_.cls, values, mapping, reading)

    return read


def _made(struct: type, values: dict[str, Any], node: MapNode, reading: Reading) -> Any:
    try:
        return struct(**values)
    except DocumentError as error:
        reading.problems.add(node, str(error))
        return BAD

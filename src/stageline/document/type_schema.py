"""A type as JSON Schema: what may be written for it in YAML."""

from typing import Any, Final

from msgspec import inspect

from stageline.load.fields import dashed
from stageline.model.retry import Retry
from stageline.stages.definition import StageDefinition

Schema = dict[str, Any]
PLACEHOLDER: Final[Schema] = {
    "type": "string",
    "pattern": r"\$\{\{",
    "description": "An expression that is evaluated when the stage begins.",
}
_TEXT: Final[Schema] = {"type": ["string", "number", "boolean"]}  # what is no text is taken as it is written


def schema_of(type_: inspect.Type, evaluated: bool) -> Schema:
    """The schema of a type; where values are evaluated, a placeholder may stand for any of them."""
    schema = _plain(type_, evaluated)
    if not evaluated or schema in ({}, _TEXT):
        return schema
    return {"anyOf": [schema, {"$ref": "#/$defs/placeholder"}]}


def described(schema: Schema, text: str) -> Schema:
    """The schema with a word about it."""
    return {**schema, "description": text}


def _plain(type_: inspect.Type, evaluated: bool) -> Schema:
    match type_:
        case inspect.Metadata():
            return _plain(type_.type, evaluated)
        case inspect.StrType():
            return _TEXT
        case inspect.BoolType():
            return {"type": "boolean"}
        case inspect.IntType() | inspect.FloatType():
            return _number(type_)
        case inspect.LiteralType():
            return {"enum": list(type_.values)}
        case inspect.EnumType():
            return {"enum": [member.value for member in type_.cls]}
        case inspect.NoneType():
            return {"type": "null"}
        case inspect.UnionType():
            return {"anyOf": [_plain(one, evaluated) for one in type_.types]}
        case _:
            return _collection(type_, evaluated)


def _number(type_: inspect.IntType | inspect.FloatType) -> Schema:
    bounds = {
        "minimum": type_.ge,
        "exclusiveMinimum": type_.gt,
        "maximum": type_.le,
        "exclusiveMaximum": type_.lt,
    }
    kind = "integer" if isinstance(type_, inspect.IntType) else "number"
    return {"type": kind, **{name: bound for name, bound in bounds.items() if bound is not None}}


def _collection(type_: inspect.Type, evaluated: bool) -> Schema:
    match type_:
        case inspect.ListType(inspect.StructType() as item) if issubclass(item.cls, StageDefinition):
            return {"$ref": "#/$defs/stages"}
        case inspect.ListType() | inspect.VarTupleType():
            items: Schema = {"type": "array", "items": schema_of(type_.item_type, evaluated)}
            return {"anyOf": [items, {"type": "string"}]} if isinstance(type_.item_type, inspect.StrType) else items
        case inspect.DictType():
            return {"type": "object", "additionalProperties": schema_of(type_.value_type, evaluated)}
        case inspect.StructType():
            return _struct(type_, evaluated)
        case _:
            return {}


def _struct(type_: inspect.StructType, evaluated: bool) -> Schema:
    properties = {dashed(field.encode_name): schema_of(field.type, evaluated) for field in type_.fields}
    required = [dashed(field.encode_name) for field in type_.fields if field.required]
    return {
        "type": "object",
        "properties": {**properties, **{key.replace("-", "_"): value for key, value in properties.items()}},
        "additionalProperties": False,
        "required": [*required, *(["attempts"] if type_.cls is Retry else [])],
    }

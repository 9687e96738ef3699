"""The form of workflow files as a JSON Schema, for editors: made of the kinds and their fields, as they are read.

Keys with a dash may have an underscore. A text with a placeholder may stand wherever the field is evaluated.
"""

import inspect as python
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import inspect

from stageline.document.header import JOBS, STAGES
from stageline.document.jobs import JOB_KEYS
from stageline.document.kinds import Kind, kind_of, known_kinds
from stageline.document.type_schema import PLACEHOLDER, described, schema_of
from stageline.load.fields import dashed
from stageline.model.params import TYPES
from stageline.stages.definition import FIXED, StageDefinition
from stageline.stages.fields import Field
from stageline.stages.group import GroupStage

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def json_schema() -> Schema:
    """The schema of a whole file."""
    kinds = known_kinds().by_key
    return {
        "$schema": DRAFT,
        "title": "Stageline workflow file",
        "description": "One workflow, or several by their names.",
        "type": "object",
        "if": {"anyOf": [{"required": [STAGES]}, {"required": [JOBS]}]},
        "then": {"$ref": "#/$defs/workflow"},
        "else": {"minProperties": 1, "additionalProperties": {"$ref": "#/$defs/workflow"}},
        "$defs": {
            "workflow": _workflow(),
            "job": _job(),
            "param": _param(),
            "stages": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/stage"}},
            "stage": _stage(kinds),
            "placeholder": PLACEHOLDER,
            **{_def(kind): _kind(kind) for kind in kinds.values()},
        },
    }


def _workflow() -> Schema:
    names = {"type": ["string", "array"], "items": {"type": "string"}}
    properties = {
        "name": described({"type": ["string", "number", "boolean"]}, "What the workflow is called; else as its file."),
        "desc": described({"type": "string"}, "What it is for."),
        "params": {"type": "object", "additionalProperties": {"$ref": "#/$defs/param"}},
        "env": described(_texts(), "Variables of all its stages."),
        "on-failure": {"enum": ["fail-fast", "keep-going"]},
        "timeout": described({"type": "number", "exclusiveMinimum": 0}, "Seconds for a stage that says none itself."),
        "registry": described(names, "Packages in which functions for `uses` are looked for."),
        "plugins": described(names, "Modules with kinds of stages, imported when the file is read."),
        STAGES: {"$ref": "#/$defs/stages"},
        JOBS: {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/job"}},
    }
    return {
        "type": "object",
        "properties": _spelled(properties),
        "additionalProperties": False,
        "oneOf": [{"required": [STAGES]}, {"required": [JOBS]}],
    }


def _job() -> Schema:
    group = {key: _field(GroupStage, field) for key, field in _fields(GroupStage).items() if key in JOB_KEYS}
    strategy = {
        "matrix": described({"type": "object", "minProperties": 1}, "Lists of values; `include` and `exclude`."),
        "fail-fast": {"type": "boolean"},
        "max-parallel": {"type": "integer", "minimum": 1},
    }
    properties = {
        **group,
        "strategy": {
            "type": "object",
            "properties": _spelled(strategy),
            "additionalProperties": False,
            "required": ["matrix"],
        },
    }
    return {
        "type": "object",
        "description": "Stages under one name, beside other jobs.",
        "properties": _spelled(properties),
        "additionalProperties": False,
        "required": [STAGES],
    }


def _param() -> Schema:
    scalar: Schema = {"type": ["string", "number", "boolean"]}
    keys: Schema = {
        "type": {"enum": [name for name in TYPES if name != "any"]},
        "default": {},
        "required": {"type": "boolean"},
        "desc": {"type": "string"},
        "options": {"type": "array", "minItems": 1, "items": scalar},
    }
    whole = {"type": "object", "minProperties": 1, "properties": keys, "additionalProperties": False}
    return described(
        {"anyOf": [{**scalar, "type": [*scalar["type"], "null", "array"]}, whole]},
        "A type, a default value, or a map of type, default, required, desc and options.",
    )


def _stage(kinds: Mapping[str, Kind]) -> Schema:
    """The key that tells the kind says what else may stand there."""
    rules = [{"if": _tells(kind, kinds.values()), "then": {"$ref": f"#/$defs/{_def(kind)}"}} for kind in kinds.values()]
    bodies = [{"required": [key]} for kind in kinds.values() for key in _telling(kind)]
    return {"type": "object", "required": ["name"], "anyOf": bodies, "allOf": rules}


def _tells(kind: Kind, kinds: Iterable[Kind]) -> Schema:
    """A stage is of this kind when its key is there, and none of a kind beside whose key it may stand."""
    others = [
        one.key
        for one in kinds
        if one is not kind and kind.key in one.beside and not (one.key in kind.beside and kind.flat)
    ]
    told: Schema = {"anyOf": [{"required": [key]} for key in _telling(kind)]}
    return {"allOf": [told, {"not": {"anyOf": [{"required": [key]} for key in others]}}]} if others else told


def _telling(kind: Kind) -> list[str]:
    """The key of the kind; where that may be left out, those that no other kind has."""
    if not kind.may_lack_body:
        return [kind.key]
    own = [key for key in kind.own if len(known_kinds().owners(key)) == 1]
    return list(dict.fromkeys([kind.key, *own]))


def _kind(kind: Kind) -> Schema:
    fields = _fields(kind.type)
    own = {key: _field(kind.type, field) for key, field in fields.items()}
    required = [key for key, field in fields.items() if field.required and dashed(field.encode_name) == key]
    if kind.flat:
        properties = own
    else:
        common = {key: value for key, value in own.items() if key not in kind.own}
        below = {key: value for key, value in own.items() if key in kind.own}
        inside = {"type": ["object", "null"], "properties": _spelled(below), "additionalProperties": False}
        properties, required = {**common, kind.key: inside}, ["name", kind.key]
    return {
        "type": "object",
        "title": kind.type.kind(),
        "description": python.cleandoc(kind.type.__doc__ or ""),
        "properties": _spelled(properties),
        "additionalProperties": False,
        "required": required,
    }


def _field(type_: type[StageDefinition], field: Field) -> Schema:
    """What may stand in a field: its type, and, where it is evaluated, a placeholder."""
    fixed = field.name in FIXED and field.name not in type_.conditions
    return schema_of(inspect.type_info(field.type), evaluated=not (fixed or field.name in type_.nested))


def _fields(type_: type[StageDefinition]) -> Mapping[str, Field]:
    return kind_of(type_).fields


def _spelled(properties: Schema) -> Schema:
    """The properties under both spellings of their keys."""
    return {**properties, **{key.replace("-", "_"): value for key, value in properties.items()}}


def _texts() -> Schema:
    return {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}


def _def(kind: Kind) -> str:
    return f"{kind.type.kind()}-stage"

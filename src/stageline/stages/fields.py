"""The fields of a kind as values: what is allowed in each, which hold placeholders, and what these come to."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, get_origin

import msgspec

from stageline.errors import DocumentError
from stageline.expressions import Condition, Template, parse, parse_condition, parse_tree
from stageline.expressions.placeholders import OPEN
from stageline.expressions.text import to_text
from stageline.stages.copies import own_copy

Field = msgspec.structs.FieldInfo

_TYPES = re.compile(r"`([a-z| ]+)`")
_WORDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a map",
    "null": "nothing",
}


@lru_cache(maxsize=256)
def fields_of(kind: type) -> tuple[Field, ...]:
    """The fields that a kind declares and inherits."""
    return msgspec.structs.fields(kind)


def field_named(kind: type, key: str) -> Field | None:
    """The field that is written as `key`, in its dashed form."""
    return next((field for field in fields_of(kind) if field.encode_name == key), None)


def default_of(field: Field) -> Any:
    """What the field holds that is not given."""
    return field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()


@lru_cache(maxsize=256)
def placeholders(kind: type, nested: tuple[str, ...]) -> dict[str, Any]:
    """What stands in these fields of a running stage: nothing, as the stages inside were lowered."""
    fields = (field for field in fields_of(kind) if field.name in nested and field.required)
    return {field.encode_name: {} if get_origin(field.type) is dict else [] for field in fields}


@lru_cache(maxsize=4096)
def template(text: str) -> Template:
    """The text, read. What many executions share is read once."""
    return parse(text)


@lru_cache(maxsize=1024)
def condition_of(source: str | bool) -> Condition:
    """The condition, read, once for many executions."""
    return parse_condition(source)


def is_dynamic(value: object) -> bool:
    """Whether there is a placeholder anywhere in the value."""
    match value:
        case str():
            return OPEN in value
        case Mapping():
            return any(is_dynamic(key) or is_dynamic(item) for key, item in value.items())
        case list() | tuple():
            return any(is_dynamic(item) for item in value)
        case _:
            return False


def evaluate(value: Any, names: Mapping[str, Any]) -> Any:
    """The value with all that its placeholders stand for."""
    if isinstance(value, str):
        return template(value).evaluate(names)
    return parse_tree(value).evaluate(names)


def check_value(at: str, field: Field, value: Any) -> None:
    """Raise DocumentError unless the field may hold the value."""
    if not field.required and value == default_of(field):
        return
    try:
        msgspec.convert(value, field.type, strict=True)
    except msgspec.ValidationError as error:
        raise DocumentError(f"{at}: {field.encode_name}: {in_words(error)}") from error


def in_words(error: msgspec.ValidationError) -> str:
    """What msgspec says, as a sentence of ours, its types in the words of files."""
    text = _TYPES.sub(lambda found: " or ".join(_WORDS.get(one, one) for one in found[1].split(" | ")), str(error))
    said, _, where = text.partition(" - at `$")
    return f"{said[:1].lower()}{said[1:]}" + (f" (at {where.strip('.`')})" if where.strip(".`") else "")


@lru_cache(maxsize=256)
def text_keys(kind: type) -> frozenset[str]:
    """The fields that hold text: what a lone placeholder in them gives becomes text too."""
    return frozenset(field.encode_name for field in fields_of(kind) if field.type in (str, str | None))


def evaluated(kind: type, values: Mapping[str, Any], dynamic: list[str], names: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a stage's fields, with what the placeholders in the `dynamic` ones come to."""
    return {**values, **with_texts(kind, {key: own_copy(evaluate(values[key], names)) for key in dynamic})}


def with_texts(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, as text where the field holds text."""
    texts = text_keys(kind)
    return {key: to_text(one) if one is not None and key in texts else one for key, one in values.items()}

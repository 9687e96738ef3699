"""The arguments of a call, checked against the function's annotations; and what it returns, as outputs.

An annotation that cannot be resolved, or that no converter knows, lets the value pass as it is.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Any

import msgspec

from stageline.errors import DocumentError, did_you_mean
from stageline.tasks.shapes import find_out

_NAMED = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
_ADDED = re.compile(r"\[type=.*\]$|For further information visit .*")
_PLAIN = (bytes, bytearray, memoryview)


def bind_arguments(function: Callable[..., Any], args: Mapping[str, Any], what: str = "") -> inspect.BoundArguments:
    """The call's arguments by name, each of its annotated type; DocumentError that names all that are wrong."""
    signature = inspect.signature(function)
    parameters = {name: one for name, one in signature.parameters.items() if one.kind in _NAMED}
    others = next((one for one in signature.parameters.values() if one.kind is one.VAR_KEYWORD), None)
    bound, mistakes = signature.bind_partial(), []
    extra: dict[str, Any] = {}
    for name, value in args.items():
        parameter = parameters.get(name, others)
        if parameter is None:
            mistakes.append(f"no argument '{name}'{did_you_mean(name, parameters) or _there(parameters)}")
            continue
        try:
            converted = convert(value, _annotation(function, parameter), parameter.default)
        except msgspec.ValidationError as error:
            mistakes.append(f"argument '{name}': {_in_words(error)}")
            continue
        (bound.arguments if name in parameters else extra)[name] = converted
    mistakes += [
        f"argument '{name}' is missing"
        for name, one in parameters.items()
        if one.default is one.empty and name not in args
    ]
    if mistakes:
        raise DocumentError(f"{what or getattr(function, '__name__', 'the function')}: {'; '.join(mistakes)}")
    if others is not None and extra:
        bound.arguments[others.name] = extra
    return bound


def convert(value: Any, annotation: Any, default: object = inspect.Parameter.empty) -> Any:
    """The value as the annotation wants it; msgspec.ValidationError if it does not fit."""
    if annotation is inspect.Parameter.empty or annotation is Any or (value is None and default is None):
        return value
    find_out(annotation)
    try:
        return msgspec.convert(value, annotation, builtin_types=_PLAIN, dec_hook=_made)
    except TypeError:
        if typing.get_origin(annotation) in (typing.Union, types.UnionType):
            return _one_of(value, typing.get_args(annotation))
        return value


def outputs_of(returned: object) -> dict[str, Any]:
    """What a function returned: a mapping is the outputs, None is none, all else is `result`."""
    dump = getattr(returned, "model_dump", None)
    if callable(dump) and not isinstance(returned, type):
        return dict(dump(mode="json"))
    if isinstance(returned, msgspec.Struct) or (dataclasses.is_dataclass(returned) and not isinstance(returned, type)):
        fields: dict[str, Any] = msgspec.to_builtins(returned)
        return fields
    if returned is None:
        return {}
    return dict(returned) if isinstance(returned, Mapping) else {"result": returned}


def _annotation(function: Callable[..., Any], parameter: inspect.Parameter) -> Any:
    """The parameter's type, one at a time: one that only a type checker knows does not spoil the others."""
    if not isinstance(parameter.annotation, str):
        return parameter.annotation
    own = types.SimpleNamespace(
        __annotations__={"it": parameter.annotation},
        __globals__=getattr(inspect.unwrap(function), "__globals__", {}),
    )
    try:
        return typing.get_type_hints(own, include_extras=True)["it"]
    except (NameError, AttributeError, TypeError, SyntaxError):
        return parameter.empty


def _one_of(value: Any, kinds: tuple[Any, ...]) -> Any:
    """The first that fits: msgspec itself cannot choose between types that it does not know."""
    problems = []
    for kind in kinds:
        try:
            return convert(value, kind)
        except msgspec.ValidationError as error:
            problems.append(_in_words(error))
    raise msgspec.ValidationError(", or ".join(problems))


def _made(kind: Any, value: Any) -> Any:
    """A value of a type that msgspec does not know."""
    if hasattr(kind, "model_validate"):
        return kind.model_validate(value)
    if isinstance(kind, type) and (isinstance(value, kind) or (issubclass(kind, PurePath) and isinstance(value, str))):
        return value if isinstance(value, kind) else kind(value)
    name = getattr(kind, "__name__", str(kind))
    raise ValueError(f"a {name} cannot be made from a JSON value; take a plain value and make it in the function")


def _in_words(error: msgspec.ValidationError) -> str:
    """On one line, without the addresses and inputs that some libraries add."""
    text, _, place = str(error).partition(" - at `$")
    said = [_ADDED.sub("", line).strip() for line in text.splitlines()]
    lines = "; ".join(line for line in said if line)
    return f"{lines[:1].lower()}{lines[1:]}" + (f" at {place[:-1]}" if place else "")


def _there(parameters: Mapping[str, object]) -> str:
    return f"; it takes {', '.join(map(repr, parameters))}" if parameters else "; it takes none"

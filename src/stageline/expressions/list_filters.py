"""Filters on lists and mappings that are not Jinja's as they are: those that may grow, and pairs as lists."""

from collections.abc import Mapping
from typing import Any

from jinja2 import filters as jinja
from jinja2 import pass_environment
from jinja2.environment import Environment

from stageline.expressions import methods
from stageline.expressions.error import Refusal
from stageline.expressions.kinds import count, kind
from stageline.expressions.text import to_text


def batch(value: Any, linecount: int, fill_with: Any = None) -> list[Any]:
    return list(jinja.do_batch(value, count(linecount, "the size", least=1), fill_with))


def cut(value: Any, slices: int, fill_with: Any = None) -> list[Any]:
    return list(jinja.sync_do_slice(value, count(slices, "the number of slices", least=1), fill_with))


def dictsort(value: Any, case_sensitive: bool = False, by: Any = "key", reverse: bool = False) -> list[list[Any]]:
    return [list(pair) for pair in jinja.do_dictsort(_mapping(value), case_sensitive, by, reverse)]


def items(value: Any) -> list[list[Any]]:
    return [list(pair) for pair in _mapping(value).items()]


@pass_environment
def join(environment: Environment, value: Any, d: Any = "", attribute: str | int | None = None) -> str:
    if attribute is not None:
        value = map(jinja.make_attrgetter(environment, attribute), value)
    return methods.join(to_text(d), value)


@pass_environment
def last(environment: Environment, value: Any) -> Any:
    return jinja.do_last(environment, value)


@pass_environment
def total(environment: Environment, value: Any, attribute: str | int | None = None, start: Any = 0) -> Any:
    if isinstance(start, list | tuple | str):
        raise Refusal(f"`sum` adds numbers, and the start is {kind(start)}")
    return jinja.sync_do_sum(environment, value, attribute, start)


def _mapping(value: Any) -> Mapping[Any, Any]:
    if not isinstance(value, Mapping):
        raise Refusal(f"this needs a mapping, and got {kind(value)}")
    return value

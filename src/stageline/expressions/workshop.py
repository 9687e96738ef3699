"""Where filters and tests are called: a sandboxed Jinja environment with our tables and our rules for reading values.

Jinja never compiles or renders a template here; it lends its filters. Results are whole values: generators are lists.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import signature
from typing import Any

from jinja2 import StrictUndefined, is_undefined
from jinja2.exceptions import FilterArgumentError, TemplateError
from jinja2.runtime import Context, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from stageline.errors import did_you_mean
from stageline.expressions.error import Refusal
from stageline.expressions.filters import FILTERS, TESTS
from stageline.expressions.kinds import fits_list, fits_text
from stageline.expressions.lookup import MISSING, explain, find


class Workshop(ImmutableSandboxedEnvironment):
    """Lends Jinja's filters `getitem` and `getattr` that read values as expressions do."""

    def getitem(self, obj: Any, argument: Any) -> Any:
        found = find(obj, argument)
        return self.undefined(explain("an item", obj, argument)) if found is MISSING else found

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def call_filter(self, name: str, value: Any, *args: Any, **named: Any) -> Any:
        result = super().call_filter(name, value, *args, **named)
        return list(_measured(result)) if isinstance(result, Iterator) else result


def _open() -> Workshop:
    workshop = Workshop(undefined=StrictUndefined, autoescape=False)
    workshop.filters = {item.name: item.call for item in FILTERS}
    workshop.tests = {item.name: item.call for item in TESTS}
    workshop.globals.clear()
    return workshop


_WORKSHOP = _open()
_CONTEXT = Context(_WORKSHOP, {}, None, {})
_FILTERS = {item.name: item for item in FILTERS}
_TESTS = {item.name: item for item in TESTS}


def call_filter(name: str, value: Any, args: list[Any], named: Mapping[str, Any]) -> Any:
    """The result of a filter, or MISSING where it finds nothing, as the first of an empty list."""
    try:
        result = _WORKSHOP.call_filter(name, value, args, dict(named), context=_CONTEXT)
    except FilterArgumentError as error:
        raise Refusal(f"filter `{_use(name)}`: {error.message}") from error
    except TemplateError as error:
        raise Refusal(f"filter `{name}`: {error.message}") from error
    return MISSING if is_undefined(result) else result


def call_test(name: str, value: Any, args: list[Any], named: Mapping[str, Any]) -> bool:
    """Whether the value passes the test."""
    return bool(_WORKSHOP.call_test(name, value, args, dict(named), context=_CONTEXT))


def misuse_of_filter(name: str, args: int, named: Iterable[str]) -> str | None:
    """What is wrong with a filter's name or the number of its arguments, before anything is evaluated."""
    if name not in _FILTERS:
        return f"no filter '{name}'{did_you_mean(name, _FILTERS)}"
    if not _takes(_FILTERS[name].call, args, named):
        return f"filter '{name}' is used as `{_use(name)}`"
    return None


def misuse_of_test(name: str, args: int, named: Iterable[str]) -> str | None:
    """The same for `is …`."""
    if name not in _TESTS:
        return f"no test 'is {name}'{did_you_mean(name, _TESTS)}"
    if not _takes(_TESTS[name].call, args, named):
        return f"test 'is {name}' has the wrong number of arguments"
    return None


def _use(name: str) -> str:
    return name + _FILTERS[name].arguments


def _takes(call: Callable[..., Any], args: int, named: Iterable[str]) -> bool:
    passed = hasattr(call, "jinja_pass_arg")
    try:
        signature(call).bind(*[None] * (args + 1 + passed), **dict.fromkeys(named))
    except TypeError:
        return False
    except ValueError:  # a builtin without a signature: it will tell when it is called
        return True
    return True


def _measured(items: Iterator[Any]) -> Iterator[Any]:
    """The items, as long as they are there and not too many or too large in all."""
    length = 0
    for number, item in enumerate(items, 1):
        if isinstance(item, Undefined):
            raise Refusal(item._undefined_message)
        fits_list(number)
        length += len(item) if isinstance(item, str) else 0
        fits_text(length)
        yield item

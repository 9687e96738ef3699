"""Arithmetic, comparison and truth on values, with limits on what may grow and messages for what does not fit together.

The text 'false' is neither true nor false: it is refused wherever a boolean is asked for.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from stageline.expressions.error import FOREIGN, Refusal, reason
from stageline.expressions.kinds import MAX_BITS, fits_list, fits_text, kind, weight

Operator = Callable[[Any, Any], Any]


def arithmetic(sign: str, left: Any, right: Any) -> Any:
    """`left sign right`."""
    try:
        result = _ARITHMETIC[sign](left, right)
    except TypeError as error:
        raise Refusal(_unfit(sign, left, right)) from error
    except FOREIGN as error:
        raise Refusal(f"`{sign}` {reason(error)}") from error
    if isinstance(result, complex):
        raise Refusal(f"`{sign}` has no real result here")
    return result


def compare(sign: str, left: Any, right: Any) -> bool:
    """`left sign right`, where `in` looks into texts, lists and the keys of mappings."""
    try:
        return bool(_COMPARISONS[sign](left, right))
    except TypeError as error:
        if sign in ("in", "not in"):
            raise Refusal(f"cannot look for {kind(left)} in {kind(right)}") from error
        raise Refusal(f"cannot compare {kind(left)} with {kind(right)} by `{sign}`") from error


def negative(value: Any) -> Any:
    """`-value`."""
    return _signed(operator.neg, value)


def positive(value: Any) -> Any:
    """`+value`."""
    return _signed(operator.pos, value)


def truth(value: Any) -> bool:
    """Whether a value counts as true: what is empty, zero or null does not; the text 'false' is refused."""
    if isinstance(value, str) and len(value) == len("false") and value.lower() == "false":
        raise Refusal(
            "the text 'false' is no boolean: compare it, as in `x == 'true'`, or declare the parameter as bool"
        )
    return bool(value)


def only_boolean(value: Any) -> bool:
    """The value, which must be true or false itself: a condition does not guess."""
    if isinstance(value, bool):
        return value
    match value:
        case None:
            advice = "`x is not none`"
        case str():
            advice = "`x == 'true'` or `x != ''`"
        case int() | float():
            advice = "`x != 0`"
        case Mapping() | list() | tuple():
            advice = "`x | length > 0`"
        case _:
            advice = "a comparison"
    raise Refusal(f"a condition must be true or false, and this is {kind(value)}; write {advice}")


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        fits_text(len(left) + len(right))
    elif isinstance(left, list | tuple) and isinstance(right, list | tuple):
        fits_list(len(left) + len(right))
        return [*left, *right]
    return left + right


def _multiply(left: Any, right: Any) -> Any:
    if isinstance(right, str | list | tuple):
        left, right = right, left
    if isinstance(left, str) and isinstance(right, int):
        fits_text(len(left) * right)
    elif isinstance(left, list | tuple) and isinstance(right, int):
        fits_list(len(left) * right)
        fits_text(weight(left) * right)
    elif isinstance(left, int) and isinstance(right, int):
        _fits_number(left.bit_length() + right.bit_length())
    return left * right


def _power(left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        _fits_number(left.bit_length() * abs(right))
    return left**right


def _modulo(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        raise Refusal("`%` on a text formats it; write `text | format(…)`")
    return left % right


def _fits_number(bits: int) -> None:
    if bits > MAX_BITS:
        raise Refusal("this would make a number of more than 3,000 digits")


def _signed(sign: Callable[[Any], Any], value: Any) -> Any:
    try:
        return sign(value)
    except TypeError as error:
        raise Refusal(f"a sign needs a number, and this is {kind(value)}; `| int` makes one of a text") from error


def _unfit(sign: str, left: Any, right: Any) -> str:
    text = isinstance(left, str), isinstance(right, str)
    advice = ""
    if sign == "+" and any(text):
        advice = "; `~` joins as text, `| int` makes a whole number"
    elif any(text):
        advice = "; `| int` or `| float` makes a number of a text"
    return f"`{sign}` does not work on {kind(left)} and {kind(right)}{advice}"


def _in(left: Any, right: Any) -> Any:
    return left in right


def _not_in(left: Any, right: Any) -> Any:
    return left not in right


_ARITHMETIC: Mapping[str, Operator] = {
    "+": _add,
    "-": operator.sub,
    "*": _multiply,
    "/": operator.truediv,
    "//": operator.floordiv,
    "**": _power,
    "%": _modulo,
}
_COMPARISONS: Mapping[str, Operator] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": _in,
    "not in": _not_in,
}

"""The functions of the names that an expression is made of: each built from its parts, with errors at its place."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from stageline.expressions.error import Place, Refusal
from stageline.expressions.kinds import kind
from stageline.expressions.lookup import MISSING, Evaluate, explain, find
from stageline.expressions.methods import join
from stageline.expressions.operators import compare, truth

Names = Mapping[str, Any]


class Part(NamedTuple):
    """A compiled part of an expression and where it stands."""

    evaluate: Evaluate
    start: int
    end: int


class Arguments(NamedTuple):
    """What a filter, a test or a method is given."""

    positional: tuple[Evaluate, ...]
    named: tuple[tuple[str, Evaluate], ...]

    def values(self, names: Names) -> tuple[list[Any], dict[str, Any]]:
        return [give(names) for give in self.positional], {key: give(names) for key, give in self.named}


def constant(value: Any) -> Evaluate:
    return lambda _: value


def listed(items: tuple[Evaluate, ...]) -> Evaluate:
    return lambda names: [item(names) for item in items]


def mapped(place: Place, pairs: tuple[tuple[Evaluate, Evaluate], ...]) -> Evaluate:
    def collect(names: Names) -> dict[Any, Any]:
        mapping = {}
        for key, value in pairs:
            found = key(names)
            if not isinstance(found, str | int | float | None):
                raise Refusal(f"{kind(found)} cannot be the key of a mapping")
            mapping[found] = value(names)
        return mapping

    return lambda names: place.attempt("this mapping", collect, names)


def item(place: Place, owner: str, value: Evaluate, key: Evaluate, optional: bool) -> Evaluate:
    """`value[key]` where one of the two is only known when evaluated."""

    def evaluate(names: Names) -> Any:
        holder = value(names)
        if holder is MISSING:
            return MISSING
        wanted = key(names)
        found = place.attempt("this", find, holder, wanted)
        if found is MISSING and not optional:
            raise place.error(explain(owner, holder, wanted))
        return found

    return evaluate


def sliced(place: Place, value: Evaluate, bounds: tuple[Evaluate, ...]) -> Evaluate:
    """`value[first:last:step]` of a list or text."""

    def cut(holder: Any, found: slice) -> Any:
        if not isinstance(holder, list | tuple | str):
            raise Refusal(f"only lists and texts have parts [a:b], and this is {kind(holder)}")
        return holder[found]

    def evaluate(names: Names) -> Any:
        holder = value(names)
        if holder is MISSING:
            return MISSING
        return place.attempt("[a:b]", cut, holder, slice(*(bound(names) for bound in bounds)))

    return evaluate


def applied(place: Place, what: str, call: Callable[..., Any], *parts: Evaluate) -> Evaluate:
    """A fixed function of some parts."""
    if len(parts) == 1:
        (only,) = parts
        return lambda names: place.attempt(what, call, only(names))
    return lambda names: place.attempt(what, call, *[part(names) for part in parts])


def joined(place: Place, parts: tuple[Evaluate, ...]) -> Evaluate:
    """`a ~ b`: as text."""
    return lambda names: place.attempt("`~`", join, "", [part(names) for part in parts])


def compared(place: Place, first: Evaluate, others: tuple[tuple[str, Evaluate], ...]) -> Evaluate:
    """`a < b <= c`: every comparison holds; the ones after a false one are not evaluated."""

    def evaluate(names: Names) -> bool:
        left = first(names)
        for sign, other in others:
            right = other(names)
            if not place.attempt(f"`{sign}`", compare, sign, left, right):
                return False
            left = right
        return True

    return evaluate


def both(place: Place, left: Evaluate, right: Evaluate) -> Evaluate:
    """`a and b`: the first that counts as false, else b."""

    def evaluate(names: Names) -> Any:
        value = left(names)
        return right(names) if place.attempt("`and`", truth, value) else value

    return evaluate


def either(place: Place, left: Evaluate, right: Evaluate) -> Evaluate:
    """`a or b`: the first that counts as true, else b."""

    def evaluate(names: Names) -> Any:
        value = left(names)
        return value if place.attempt("`or`", truth, value) else right(names)

    return evaluate


def inverse(place: Place, part: Evaluate) -> Evaluate:
    """`not a`."""
    return lambda names: not place.attempt("`not`", truth, part(names))


def chosen(place: Place, test: Evaluate, one: Evaluate, other: Evaluate) -> Evaluate:
    """`one if test else other`."""
    return lambda names: one(names) if place.attempt("`if`", truth, test(names)) else other(names)


def called(place: Place, what: str, call: Callable[..., Any], value: Evaluate, given: Arguments) -> Evaluate:
    """A filter, test or method on a value: `call(value, positional, named)`."""

    def evaluate(names: Names) -> Any:
        subject = value(names)
        positional, named = given.values(names)
        return place.attempt(what, call, subject, positional, named)

    return evaluate


def present(place: Place, message: str, value: Evaluate) -> Evaluate:
    """The value, which must be there."""

    def evaluate(names: Names) -> Any:
        found = value(names)
        if found is MISSING:
            raise place.error(message)
        return found

    return evaluate

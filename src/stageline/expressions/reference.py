"""The names that an expression reads, known without evaluating it, and whether all of them can exist."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from stageline.expressions.error import Place
from stageline.expressions.lookup import explain


@dataclass(frozen=True, slots=True)
class Reference:
    """A path from a root name as far as it is static; `optional` where it may be absent, as before `default`."""

    path: tuple[str, ...]
    start: int
    end: int
    optional: bool = False


def check_roots(text: str, references: Iterable[Reference], roots: Collection[str] | None) -> None:
    """Every path begins with one of these names; the first that does not is an error. None allows all names."""
    if roots is None:
        return
    for reference in references:
        root = reference.path[0]
        if root not in roots:
            place = Place(text, reference.start, reference.start + len(root))
            known: Mapping[str, None] = dict.fromkeys(roots)
            raise place.error(explain("", known, root) + _dashed(text, reference.start))


def _dashed(text: str, start: int) -> str:
    """`stages.extract-data` is read as a difference: what to write for it."""
    before = text[max(0, start - 2) : start]
    dashed = len(before) == 2 and before[1] == "-" and (before[0].isalnum() or before[0] == "_")
    return "; a name with a dash stands in brackets: ['a-b']" if dashed else ""

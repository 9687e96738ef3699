"""What comes before what in one list of stages: ids that stand once, needs that are there, and no circle of them."""

from collections.abc import Mapping, Sequence

import msgspec

from stageline.document.written import StageList, Written
from stageline.load.nodes import ListNode, Node
from stageline.load.problems import Problems
from stageline.model.graph import find_cycle
from stageline.stages.lower import refs_of, slug


class Order(msgspec.Struct, frozen=True, eq=False):
    """The stages of a list by what they are called; `before[n]` has a bit for each that ends before the n-th begins."""

    stages: tuple[Written, ...]
    refs: tuple[str, ...]
    index: Mapping[str, int]
    before: tuple[int, ...]
    circular: bool = False

    def comes_before(self, ref: str, number: int) -> bool:
        """Whether the stage with this ref ends before the one with this number begins; in a circle nobody knows."""
        return self.circular or bool(self.before[number] >> self.index[ref] & 1)


def order_of(listed: StageList, problems: Problems) -> Order:
    """The order of a list; what is wrong with it is told."""
    stages = listed.stages
    refs = refs_of([written.stage for written in stages])
    index: dict[str, int] = {}
    for number, ref in enumerate(refs):
        if (first := index.setdefault(ref, number)) != number:
            _refuse_twice(stages[number], stages[first], ref, problems)
    needs = [_needs(written, number, index, problems) for number, written in enumerate(stages)]
    cycle = find_cycle({str(number): [*map(str, each)] for number, each in enumerate(needs)})
    if cycle:
        names = [refs[int(number)] for number in cycle]
        where = stages[int(cycle[0])].values.get("needs", stages[int(cycle[0])].node)
        problems.add(where, f"these wait for each other: {' -> '.join(names)}", "take one of the needs away")
        needs = [[] for _ in stages]
    return Order(stages, tuple(refs), index, _before(needs), bool(cycle))


def _needs(written: Written, number: int, index: Mapping[str, int], problems: Problems) -> list[int]:
    """The numbers of those that must have ended first; in a list, without `needs`, that is the one above."""
    names = written.stage.needs
    if names is None:
        return [number - 1] if number else []
    found = []
    for name, node in zip(names, _nodes(written, names), strict=True):
        ref = name if name in index else slug(name)
        if ref not in index:
            known = problems.suggest(name, index) or "a stage needs others of its own list, by their ids"
            problems.add(node, f"needs '{name}', which is no stage here", known)
        elif index[ref] == number:
            problems.add(node, "a stage cannot need itself", "take it away")
        else:
            found.append(index[ref])
    return found


def _nodes(written: Written, names: Sequence[str]) -> Sequence[Node]:
    node = written.values.get("needs", written.node)
    items = node.items if isinstance(node, ListNode) else (node,)
    return items if len(items) == len(names) else [node] * len(names)


def _before(needs: Sequence[Sequence[int]]) -> tuple[int, ...]:
    before: list[int | None] = [None] * len(needs)
    for start in range(len(needs)):
        stack = [start]
        while stack:
            number = stack[-1]
            waiting = [need for need in needs[number] if before[need] is None]
            if waiting:
                stack += waiting
                continue
            bits = 0
            for need in needs[number]:
                bits |= (before[need] or 0) | 1 << need
            before[number] = bits
            stack.pop()
    return tuple(bits or 0 for bits in before)


def _refuse_twice(written: Written, first: Written, ref: str, problems: Problems) -> None:
    place = first.node.place
    message = f"the id '{ref}' stands twice in this list; the first is in line {place.line}"
    problems.add(written.values.get("id", written.node), message, "give each stage an id of its own")

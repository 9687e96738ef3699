"""The steps of a scatter-gather's worker: which come before which, and what they hand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from stageline.lab.declared import FILE_NAME, NAME_HINT, Reader, cut
from stageline.lab.model import FromStep, Wire
from stageline.lab.order import in_order
from stageline.lab.python_body import spelled
from stageline.lab.scatter import WORKER, ScatterGather
from stageline.model.graph import find_cycle

RESERVED = ("scatter", "gather")
Dep: TypeAlias = tuple[str, str | None, str | None]


class Steps(msgspec.Struct, frozen=True):
    """The steps in topological order, what each comes after, and the one whose outputs are gathered."""

    order: tuple[str, ...]
    deps: Mapping[str, tuple[Dep, ...]]
    last: str

    def wires(
        self, name: str, inputs: Mapping[str, str], outputs: Mapping[str, Mapping[str, str]], reader: Reader
    ) -> dict[str, Wire]:
        """The inputs of a step that earlier ones make."""
        found: dict[str, Wire] = {}
        for step, out, into in self.deps[name]:
            pairs = _named(out, into) or _equal(outputs[step], inputs)
            if not pairs:
                reader.wrong(
                    "", f"the steps '{step}' and '{name}' have no name in common", f'write ["{step}", "out", "in"]'
                )
            for output, key in pairs:
                if spelled(output, outputs[step]) is None or spelled(key, inputs) is None:
                    reader.wrong(
                        "", f"there is no '{output}' of step '{step}', or no input '{key}'", "check both names"
                    )
                elif found.setdefault(key, wire := FromStep(step, "", output)) != wire:
                    reader.wrong(
                        f"inputs.{key}", f"the steps before '{name}' make it more than once", "name one of them"
                    )
        return found


def read_steps(of: ScatterGather, reader: Reader) -> Steps | None:
    """The steps and their order; None when they have none, which is told."""
    before = len(reader.mistakes)
    names: list[Any] = list(of.steps)
    if not isinstance(given := of.attributes.get("steps", {}), Mapping):
        reader.wrong("steps", f"{given!r} is no mapping", 'write steps={"first": first}')
    elif not names:
        reader.wrong("worker", "this part is missing", "write worker=… or steps={…}")
    elif WORKER in of.attributes and "steps" in of.attributes:
        reader.wrong("steps", "there is a worker as well", "keep one: a worker is the only step")
    for name in names:
        if not isinstance(name, str) or name in RESERVED or not FILE_NAME.fullmatch(name):
            reader.wrong("steps", f"{cut(repr(name))} cannot be a step's name", NAME_HINT)
    deps = _deps(of, names, reader)
    needs = {name: [step for step, _, _ in deps[name]] for name in names}
    if cycle := find_cycle(needs):
        reader.wrong("deps", f"the steps form a cycle: {' -> '.join(cycle)}", "take one away")
    if len(reader.mistakes) > before:
        return None
    used = {step for steps in needs.values() for step in steps}
    ends = [name for name in names if name not in used]
    if len(ends) > 1:
        reader.wrong("steps", f"several steps come last: {', '.join(ends)}", "let one come after the others")
        return None
    return Steps(tuple(in_order(needs)), deps, ends[0])


def _deps(of: ScatterGather, names: Sequence[str], reader: Reader) -> dict[str, tuple[Dep, ...]]:
    given = of.attributes.get("deps", {})
    if not isinstance(given, Mapping):
        reader.wrong("deps", f"{given!r} is no mapping", 'write deps={"second": ["first"]}')
        given = {}
    for name in given:
        if name not in names:
            reader.wrong("deps", f"there is no step '{name}'", reader.mistakes.suggest(str(name), names))
    return {name: tuple(_dep(one, names, reader) for one in _listed(given.get(name, ()))) for name in names}


def _dep(given: Any, names: Sequence[str], reader: Reader) -> Dep:
    match given:
        case str(step):
            dep: Dep = (step, None, None)
        case [str(step), str(out), str(into)]:
            dep = (step, out, into)
        case _:
            reader.wrong("deps", f"{given!r} is no step", 'write "first" or ["first", "out", "in"]')
            return (names[0], None, None)
    if dep[0] not in names:
        reader.wrong("deps", f"there is no step '{dep[0]}'", reader.mistakes.suggest(dep[0], names))
        return (names[0], None, None)
    return dep


def _listed(given: Any) -> Sequence[Any]:
    return tuple(given) if isinstance(given, list | tuple) else (given,)


def _named(out: str | None, into: str | None) -> list[tuple[str, str]]:
    return [(out, into)] if out is not None and into is not None else []


def _equal(outputs: Mapping[str, str], inputs: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(output, key) for output in outputs if (key := spelled(output, inputs)) is not None]

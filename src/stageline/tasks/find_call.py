"""Finds the function that `uses:` means: `namespace/function@tag`, or an import path.

It imports the user's modules: made for a worker's process, never for the engine's.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from stageline.errors import DocumentError, did_you_mean
from stageline.tasks.call_modules import Source, load, modules, names_beside, sources
from stageline.tasks.tagging import tags_of
from stageline.tasks.uses import LATEST, Uses, parse_uses, plain

Function = Callable[..., Any]
_VERSION = re.compile(r"v?(\d+(?:\.\d+)*)(?:[-._+]?([A-Za-z].*))?")


class Offer(msgspec.Struct, frozen=True):
    """One way to call a function: the name and the label that it answers to."""

    name: str
    label: str
    function: Any
    tagged: bool = True

    @property
    def place(self) -> str:
        """`file:line`."""
        code = getattr(inspect.unwrap(self.function), "__code__", None)
        return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(self.function)


def find_call(uses: str, folder: Path, registries: Sequence[str] = ()) -> Function:
    """The function, or a DocumentError that says what there is instead. Puts the folder first on `sys.path`."""
    parts = parse_uses(uses)
    if str(folder) not in sys.path[:1]:
        sys.path.insert(0, str(folder))
    if not parts.tag:
        return _imported(uses, parts)
    seen: list[Offer] = []
    for source in sources(parts.namespace, folder, tuple(registries)):
        if found := _search(source, parts, seen):
            return found
    raise DocumentError(f"uses '{uses}': {_nothing_found(parts, folder, seen)}")


def _search(source: Source, parts: Uses, seen: list[Offer]) -> Function | None:
    """The function, if this source has it; adds what it has in the namespace to `seen`."""
    offers: list[Offer] = []
    for loaded in modules(source, parts.name):
        for module in loaded:
            offers += _offers(module, source, parts.namespace)
        if found := _choose([offer for offer in offers if offer.name == parts.name], parts):
            return found
    seen += offers
    return None


def _offers(module: ModuleType, source: Source, namespace: str) -> Iterator[Offer]:
    inside = source.holds(module.__name__, namespace)
    for value in list(vars(module).values()):
        name = plain(getattr(value, "__name__", "")) if callable(value) else ""
        marks = [mark for mark in tags_of(value) if inside or plain(mark.name) == namespace]
        for mark in marks:
            yield from (Offer(each, mark.label, value) for each in {plain(mark.alias or name), name})
        own = inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
        if inside and own and not marks:
            yield Offer(name, "", value, tagged=False)


def _choose(offers: list[Offer], parts: Uses) -> Function | None:
    """What the tag means: `latest` is an explicit one, else the highest version, else the only one."""
    found = [offer for offer in offers if offer.label == parts.tag]
    if not found and parts.tag == LATEST:
        versions = [version for offer in offers if (version := _version(offer.label))]
        tagged = [offer for offer in offers if offer.tagged] or offers
        found = [offer for offer in tagged if not versions or _version(offer.label) == max(versions)]
    functions = {id(offer.function): offer for offer in found}
    if len(functions) > 1:
        places = "; ".join(f"'@{offer.label}' at {offer.place}" for offer in functions.values())
        raise DocumentError(f"'{parts.namespace}/{parts.name}@{parts.tag}' could be more than one function: {places}")
    return next(iter(functions.values())).function if functions else None


def _version(label: str) -> tuple[tuple[int, ...], bool, str] | None:
    """What orders `v2`, `v10` and `1.2.0-rc1`; a release comes after what leads to it."""
    match = _VERSION.fullmatch(label)
    if not match:
        return None
    numbers = [int(number) for number in match[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), not match[2], match[2] or ""


def _nothing_found(parts: Uses, folder: Path, seen: list[Offer]) -> str:
    names = {offer.name for offer in seen}
    if parts.name in names:
        labels = sorted({offer.label for offer in seen if offer.name == parts.name and offer.label})
        there = f"there is {_listed(labels)}" if labels else "it has no tag: '@latest' finds it"
        return f"'{parts.name}' has no tag '{parts.tag}'{did_you_mean(parts.tag, labels)}; {there}"
    if names:
        hint = did_you_mean(parts.name, names)
        return f"no function '{parts.name}' in '{parts.namespace}'{hint}; there is {_listed(sorted(names))}"
    near = names_beside(folder)
    hint = did_you_mean(parts.namespace, near)
    there = f"; there is {_listed(near)}" if near else ""
    return f"no module '{parts.namespace}' in {folder}, and no function tagged with it{hint}{there}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in list(names)[:20])


def _imported(uses: str, parts: Uses) -> Function:
    found: object = load(parts.namespace)
    for name in parts.name.split("."):
        if not hasattr(found, name):
            hint = did_you_mean(name, [each for each in dir(found) if not each.startswith("_")])
            raise DocumentError(f"uses '{uses}': no '{name}' in '{parts.namespace}'{hint}")
        found = getattr(found, name)
    if not callable(found):
        raise DocumentError(f"uses '{uses}': it is {type(found).__name__}, which cannot be called")
    return found

"""The keys of one map as a schema reads them: `max_workers` is `max-workers`, and no key goes unread in silence.

A schema asks in this order: `fields_of`, `refuse_unknown`, `require` or `body`, and then `get` for each value.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from stageline.load.nodes import Entry, MapNode, Node
from stageline.load.problems import Problems
from stageline.load.words import listed


class Fields(msgspec.Struct, frozen=True, eq=False):
    """A map's entries by their dashed names."""

    node: MapNode
    entries: Mapping[str, Entry]

    def get(self, name: str) -> Node | None:
        """The value of a key, if it is there."""
        entry = self.entries.get(dashed(name))
        return entry.value if entry else None

    def refuse_unknown(self, known: Collection[str], problems: Problems) -> frozenset[str]:
        """Report keys that are not known; what they probably meant is the answer."""
        names = {dashed(name) for name in known}
        meant = set()
        for name in self.entries.keys() - names:
            key = self.entries[name].key
            hint = problems.suggest(name, names)
            meant.update(hint.split("'")[1:2])
            if "{{" in key.text:
                problems.add(key, "this reads as a key, for a colon follows", "put the whole text in quotes")
            else:
                known = f"known here: {listed(sorted(names), 'and')}" if names else "there are no keys here"
                problems.add(key, f"unknown key '{key.text}'", hint or known)
        return frozenset(meant)

    def require(self, names: Iterable[str], problems: Problems, meant: Collection[str] = ()) -> bool:
        """Report keys that are missing, but for those that an unknown key probably meant."""
        missing = [name for name in map(dashed, names) if name not in self.entries]
        for name in missing:
            if name not in meant:
                problems.add(self.node, f"the key '{name}' is missing", f"write '{name}: …'")
        return not missing

    def body(
        self, bodies: Mapping[str, Collection[str]], problems: Problems, meant: Collection[str] = ()
    ) -> Entry | None:
        """The entry of the one key that says what this is. With each body come the others that may stand beside it."""
        names = {dashed(name): frozenset(map(dashed, beside)) for name, beside in bodies.items()}
        present = [name for name in self.entries if name in names]
        beside = frozenset[str]().union(*(names[name] for name in present))
        ruling = [name for name in present if name not in beside] or present[:1]
        if len(ruling) == 1:
            return self.entries[ruling[0]]
        if ruling:
            self._refuse_bodies(ruling, problems)
        elif names.keys().isdisjoint(meant):
            problems.add(self.node, "no key says what this does", f"write one of {listed(names)}")
        return None

    def _refuse_bodies(self, ruling: list[str], problems: Problems) -> None:
        first, *others = sorted((self.entries[name].key for name in ruling), key=lambda key: key.start)
        for key in others:
            message = f"'{key.text}' says what this does, and so does '{first.text}' in line {first.place.line}"
            problems.add(key, message, "keep one of them")


def fields_of(node: MapNode, problems: Problems) -> Fields:
    """The fields of a map; two spellings of one key are reported, but for those that lie above what is merged."""
    entries: dict[str, Entry] = {}
    for name, entry in node.entries.items():
        first = entries.setdefault(dashed(name), entry)
        if first is entry:
            continue
        if _is_in(node, entry) and not _is_in(node, first):
            entries[dashed(name)] = entry
            continue
        place = first.key.place
        message = f"the keys '{name}' and '{first.key.text}' (at {place.line}:{place.column}) are the same"
        problems.add(entry.key, message, "keep one of them")
    return Fields(node, entries)


def _is_in(node: MapNode, entry: Entry) -> bool:
    """Is the entry written in the map, and not merged into it?"""
    return node.start <= entry.key.start < node.end


def dashed(name: str) -> str:
    """The one spelling of a key: dashes and underscores are the same."""
    return name.replace("_", "-")

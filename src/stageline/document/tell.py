"""Which kind a stage is of: one key says what it does, and no key goes unread."""

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from stageline.document.kinds import Kind, Kinds
from stageline.load.fields import Fields
from stageline.load.problems import Problems
from stageline.load.words import listed


class Told(NamedTuple):
    """The kind of a stage, and the keys that its unknown ones probably meant: of those nothing more is said."""

    kind: Kind
    meant: frozenset[str]


class Telling(msgspec.Struct, eq=False):
    """Tells kinds. `more` finds further kinds, and is asked once, when a stage is of none that are known."""

    kinds: Kinds
    problems: Problems
    more: Callable[[], Kinds] | None = None

    def told(self, fields: Fields) -> Told | None:
        """The kind of the stage with these keys; what is wrong with them is told."""
        kind = self._by_key(fields)
        if kind is None and self.more is not None and not fields.entries.keys() <= self.kinds.keys:
            self.kinds, self.more = self.more(), None
            kind = self._by_key(fields)
        if kind is None:
            self._none_or_several(fields)
            return None
        if kind.key in self.kinds.twice:
            self._refuse_twice(kind, fields)
        return Told(kind, self._refuse_unknown(kind, fields))

    def _by_key(self, fields: Fields) -> Kind | None:
        by_key = self.kinds.by_key
        present = [by_key[name] for name in fields.entries if name in by_key]
        if len(present) > 1:
            present = _ruling(present, fields)
        if present:
            return present[0] if len(present) == 1 else None
        return self._without_body(fields)

    def _without_body(self, fields: Fields) -> Kind | None:
        owners = [owner for name in fields.entries for owner in self.kinds.owners(name) if owner.may_lack_body]
        return owners[0] if len(set(owners)) == 1 else None

    def _none_or_several(self, fields: Fields) -> None:
        meant = fields.refuse_unknown(self.kinds.keys, self.problems)
        present = [name for name in fields.entries if name in self.kinds.by_key]
        bodies = {name: kind.beside - {name} for name, kind in self.kinds.by_key.items()}
        if present:
            fields.body({name: bodies[name] for name in present}, self.problems, meant)
            return
        for name, entry in fields.entries.items():
            if owners := self.kinds.owners(name):
                keys = listed(owner.key for owner in owners)
                self.problems.add(entry.key, f"'{name}' needs {keys} beside it", f"write {keys}, or take it away")
                return
        fields.body(bodies, self.problems, meant)

    def _refuse_unknown(self, kind: Kind, fields: Fields) -> frozenset[str]:
        known = kind.beside | {kind.key}
        if fields.entries.keys() <= known:
            return frozenset()
        left = dict(fields.entries)
        for name in fields.entries.keys() - known:
            owners = [owner.key for owner in self.kinds.owners(name) if owner.key != kind.key]
            if owners:
                key = left.pop(name).key
                message = f"'{key.text}' has no meaning beside '{kind.key}'"
                self.problems.add(key, message, f"it belongs to {listed(owners)}; known here: {_shown(kind)}")
        return Fields(fields.node, left).refuse_unknown(known, self.problems)

    def _refuse_twice(self, kind: Kind, fields: Fields) -> None:
        classes = [f"{one.__module__}.{one.__qualname__}" for one in self.kinds.twice[kind.key]]
        key = fields.entries[kind.key].key if kind.key in fields.entries else fields.node
        self.problems.add(key, f"'{kind.key}' is the key of {listed(classes, 'and of')}", "rename one of the classes")


def _shown(kind: Kind) -> str:
    return listed(sorted(kind.beside | {kind.key}), "and")


def _ruling(present: list[Kind], fields: Fields) -> list[Kind]:
    """Of several kinds those that are not there only to serve another: `stages` serves `foreach`."""
    served = {kind.key for kind in present for other in present if kind is not other and kind.key in other.beside}
    ruling = [kind for kind in present if kind.key not in served]
    if ruling:
        return ruling
    complete = [kind for kind in present if fields.entries.keys() <= kind.beside | {kind.key}]
    return (complete or present)[:1]

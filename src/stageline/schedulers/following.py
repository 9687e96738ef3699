"""What work on a target says, while it runs: the files that grow are read on, all of them in one call."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from stageline.targets.errand import Errand, Sink
from stageline.targets.target import LOG_LIMIT, Target


class Following:
    """How far each file has been read, and to whom what it has is handed."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._sinks: dict[str, dict[str, Sink]] = {}
        self._read: dict[str, int] = {}

    def add(self, errands: Iterable[Errand]) -> None:
        """Hear these, from the beginning."""
        for errand in errands:
            self._sinks[errand.token] = dict(errand.follow)
            self._read.update(dict.fromkeys(errand.follow, 0))

    def hear(self, tokens: Collection[str], to_the_end: bool = False) -> bool:
        """Hand on what these have said since; answers whether it was anything."""
        heard = False
        while more := self._hear_once(tokens):
            heard = True
            if not to_the_end or max(more) < LOG_LIMIT:
                break
        return heard

    def forget(self, tokens: Iterable[str]) -> None:
        """They say nothing more."""
        for token in tokens:
            for name in self._sinks.pop(token, ()):
                self._read.pop(name, None)

    def _hear_once(self, tokens: Collection[str]) -> list[int]:
        sinks = {name: sink for token in tokens for name, sink in self._sinks.get(token, {}).items()}
        parts = self._target.read_on({name: self._read[name] for name in sinks}) if sinks else {}
        for name, part in parts.items():
            sinks[name](part)
            self._read[name] += len(part)
        return [len(part) for part in parts.values()]

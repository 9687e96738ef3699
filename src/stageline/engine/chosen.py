"""Which runs a processor works on: all that it can get, or some and what these start."""

from collections.abc import Collection, Iterable


class Chosen:
    """`only` is None when all runs are meant."""

    def __init__(self, runs: Collection[str] | None) -> None:
        self.only = None if runs is None else set(runs)

    def add(self, children: Iterable[str]) -> None:
        """Runs that a chosen one has started are chosen too."""
        if self.only is not None:
            self.only.update(children)

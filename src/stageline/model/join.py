"""When a stage with several stages before it may start: a decision over three numbers, never a scan."""

from enum import StrEnum

import msgspec

from stageline.errors import DocumentError


class JoinKind(StrEnum):
    """`all` and `any` wait for successes, `n_of` for so many, `first` lets the first to end decide.

    `ended` waits until all have ended, however that was, or never will begin.
    """

    ALL = "all"
    ANY = "any"
    N_OF = "n_of"
    FIRST = "first"
    ENDED = "ended"


class Join(msgspec.Struct, frozen=True, omit_defaults=True):
    """How many of the stages before must have succeeded, and whether the others are cancelled then."""

    kind: JoinKind = JoinKind.ALL
    count: int = 0
    cancel_losers: bool = False

    @classmethod
    def any(cls, *, cancel_losers: bool = False) -> "Join":
        """Start with the first success; failures do not matter while another can still succeed."""
        return cls(JoinKind.ANY, 1, cancel_losers)

    @classmethod
    def first(cls, *, cancel_losers: bool = False) -> "Join":
        """The first to end decides: its success starts the stage, its failure ends the hope."""
        return cls(JoinKind.FIRST, 1, cancel_losers)

    @classmethod
    def n_of(cls, count: int, *, cancel_losers: bool = False) -> "Join":
        """Start when `count` of the stages before have succeeded."""
        if count < 1:
            raise DocumentError(f"join: n_of needs a count of 1 or more, not {count}")
        return cls(JoinKind.N_OF, count, cancel_losers)

    @classmethod
    def ended(cls) -> "Join":
        """Start when none of the stages before will change any more; what has failed has failed all the same."""
        return cls(JoinKind.ENDED)

    def needed(self, upstream: int) -> int:
        """How many of `upstream` stages must be met."""
        return upstream if self.kind is JoinKind.ALL else min(self.count, upstream)

    def is_met(self, upstream: int, met: int, dead: int) -> bool:
        """Whether the stage may start."""
        if self.kind is JoinKind.FIRST and dead:
            return False
        if self.kind is JoinKind.ENDED:
            return met + dead >= upstream
        return met >= self.needed(upstream)

    def is_hopeless(self, upstream: int, met: int, dead: int) -> bool:
        """Whether the stage can never start, whatever the others do."""
        if self.kind is JoinKind.FIRST:
            return met == 0 and dead > 0
        if self.kind is JoinKind.ENDED:
            return False
        return upstream - dead < self.needed(upstream)


ALL = Join()

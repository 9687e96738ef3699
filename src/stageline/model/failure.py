"""Why something failed, as data: a cause to decide by, words to read, and where to look further."""

from enum import StrEnum

import msgspec

SHOWN = 5


class Cause(StrEnum):
    """The kinds of failure that `Retry.on` can tell apart."""

    EXIT = "exit"
    SIGNAL = "signal"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out-of-memory"
    NODE = "node"
    PREEMPTED = "preempted"
    CANCELED = "canceled"
    EXCEPTION = "exception"
    OUTPUT = "output"
    DOCUMENT = "document"
    MISSING = "missing"
    CHILD = "child"
    TASK = "task"


class Failure(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One failure. `message` is one line; `detail` has the last lines that were said, or a traceback; `log` is a path.

    `names` are what a retry rule may name: a signal, or an exception's class and its bases.
    """

    message: str
    cause: Cause = Cause.TASK
    code: int | None = None
    names: tuple[str, ...] = ()
    detail: str = ""
    log: str = ""
    permanent: bool = False

    @property
    def name(self) -> str:
        """The class of the exception or the name of the signal, else the cause."""
        return self.names[0] if self.names else str(self.cause)

    def matches(self, rule: str) -> bool:
        """Whether a rule such as `exit`, `exit:75`, `signal:KILL` or `exception:OSError` names this failure."""
        cause, _, which = rule.partition(":")
        if cause != self.cause:
            return False
        return not which or which in self.names or (self.code is not None and which == str(self.code))

    @property
    def as_error(self) -> dict[str, str]:
        """What expressions see of it."""
        return {"name": self.name, "message": self.message}

    def __str__(self) -> str:
        lines = [line for line in self.detail.splitlines() if line.strip()][-SHOWN:]
        where = [f"log: {self.log}"] if self.log else []
        return "\n  ".join([self.message, *lines, *where])

"""Every error that Stageline raises on purpose: one tree, split by who must act.

StagelineError
├── ConfigError            what was handed in, or the machine it runs on
│   ├── DocumentError      the author's text or call is wrong            exit 2
│   │   └── GraphError     the stages do not form a workflow             exit 2
│   ├── MissingDependency  something is not installed, and what to do    exit 3
│   ├── TargetLost         another machine cannot be reached now         exit 3
│   └── StoreError         the database cannot be used                   exit 3
│       └── StoreUncertain  the answer to a commit was lost              exit 3
├── DomainError            the work itself
│   ├── UnknownName        no such run, stage or task                    exit 2
│   ├── RunFailed          a stage failed                                exit 1
│   │   └── StageError     what a stage of one's own raises to fail      exit 1
│   ├── StageSkipError     what it raises when there is nothing to do    exit 1
│   └── Canceled           somebody stopped it                           exit 130
│       └── StageCancelError  what it raises to give up                  exit 130
└── InternalError          ours                                          exit 70
    └── IllegalTransition  the state machine refused                     exit 70
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class StagelineError(Exception):
    """The root; `exit_code` is what a command ends with when it meets this error.

    One that `has_places` is lines, each of which begins with a place in a file.
    """

    exit_code: ClassVar[int] = 70
    has_places: ClassVar[bool] = False

    def details(self) -> str:
        """What it says, with all that helps a person at a terminal."""
        return str(self) or type(self).__name__


class ConfigError(StagelineError):
    """What was handed in, or the machine, is not as it must be."""

    exit_code = 2


class DocumentError(ConfigError):
    """The author's document or call is wrong; the message names the place and the remedy."""


class GraphError(DocumentError):
    """The stages do not form a workflow: unknown, duplicate, circular."""


class MissingDependency(ConfigError):
    """Something is not installed; the message says what to install."""

    exit_code = 3


class TargetLost(ConfigError):
    """A target cannot be reached now; what runs there goes on, and what was being sent is not used."""

    exit_code = 3


class StoreError(ConfigError):
    """The database cannot be opened, read or written; what was committed is intact."""

    exit_code = 3


class StoreUncertain(StoreError):
    """The connection was lost during a commit: it may have happened or not; only reading again tells."""


class DomainError(StagelineError):
    """The work itself could not be done."""

    exit_code = 1


class UnknownName(DomainError):
    """Nothing has this name; the message offers the closest one."""

    exit_code = 2


class RunFailed(DomainError):
    """A stage of the user's run failed."""


class StageError(RunFailed):
    """Raised by a stage of one's own: it failed."""


class StageSkipError(DomainError):
    """Raised by a stage of one's own: there was nothing to do, and what follows may go on."""


class Canceled(DomainError):
    """The run was stopped by somebody."""

    exit_code = 130


class StageCancelError(Canceled):
    """Raised by a stage of one's own: the work was given up."""


class InternalError(StagelineError):
    """A defect of Stageline itself, or of a handler registered with it."""


class IllegalTransition(InternalError):
    """The state machine refused a step; nothing was changed."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` when a known name is close, else the empty string."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""

"""What a stage wants done on a target: a command in the folder of its run there, and what its end means.

Scripts in bash around the command make and enter that folder, which the stages of one run share. No value is put into
them: all come as arguments.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import msgspec

from stageline.stages.kept_results import Shelf
from stageline.stages.work import Work
from stageline.targets.process import Ended

ANSWER = "answer"
NO_PYTHON = "stageline: there is no python3"
_ENTER = """\
base=${PWD%/run/*}
answer=$PWD/answer
mkdir -p -- "$base/work/$1" && cd -- "$base/work/$1" || exit 126
shift
"""
_RUN = f'{_ENTER}unset base answer\nexec "$@"\n'
_RUN_STDIN = f"{_ENTER}unset base answer\nexec bash /dev/fd/3 3<&0 </dev/null\n"
_PYTHON = f"""\
type -P python3 >/dev/null || {{ echo '{NO_PYTHON}' >&2; exit 127; }}
{_ENTER}exec python3 "$base/$1" - "$answer"
"""
_NO_WORD = re.compile(r"[^A-Za-z0-9_-]+")


class Away(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """`conclude` makes the result of the end of the command and what it has written as its answer, if it `answers`.

    `said` are the outputs of a command of whose end nothing is known; `files` must be there by their names.
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    stdin: bytes = b""
    files: Mapping[str, bytes] = {}
    answers: bool = False
    conclude: Callable[[Ended, bytes], Any]
    said: Callable[[Path], Mapping[str, Any]]


@runtime_checkable
class Movable(Protocol):
    """A stage whose work can be done on a target."""

    def shelf(self, work: Work) -> Shelf:
        """Where its result may be kept."""

    def away(self, work: Work) -> Away:
        """What is to be done there."""


def owner_of(run: str) -> str:
    """The name that what belongs to a run begins with on targets: a word that no other run has."""
    word = _NO_WORD.sub("-", run).strip("-_")[:40]
    return word if word and word == run else f"{word or 'run'}-{hashlib.sha256(run.encode()).hexdigest()[:12]}"


def command_argv(run: str, argv: Sequence[str]) -> tuple[str, ...]:
    """This command, in the folder of the run."""
    return ("bash", "-c", _RUN, "-", owner_of(run), *argv)


def script_argv(run: str) -> tuple[str, ...]:
    """A bash script that comes on standard input, in the folder of the run."""
    return ("bash", "-c", _RUN_STDIN, "-", owner_of(run))


def python_argv(run: str, driver: str) -> tuple[str, ...]:
    """The Python driver of this name below the base folder, in that of the run; its request comes on standard input."""
    return ("bash", "-c", _PYTHON, "-", owner_of(run), driver)

"""Words for another machine: OpenSSH joins them with blanks and hands them to a shell, so each must be quoted. Pure."""

import shlex
from collections.abc import Sequence

from stageline.errors import DocumentError


def for_remote_shell(words: Sequence[str]) -> str:
    """One line that a POSIX shell, and csh and fish for words without newlines, reads as exactly these words."""
    if not words:
        raise DocumentError("a command has at least one word")
    for word in words:
        if "\0" in word:
            raise DocumentError(f"{word[:200]!r} has a NUL character, which no command can be given")
    return shlex.join(words)

"""The launcher in front of a captured program: one small file for each, in which the first words of its command stand.

A word is a path below the folder of the capture, a text, or the name that the program was called by.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path

from stageline.errors import DocumentError

MACHINES = ("x86_64", "aarch64")
CALLED = "0"
_PLACE = b"@stageline words@"
_LENGTH = 1024
_MOST = 32


def inside(path: str) -> str:
    """The word for a path below the folder that `bin` is in."""
    return f"/{path}"


def text(word: str) -> str:
    """The word for a text as it is."""
    return f"={word}"


def launcher(machine: str, words: Sequence[str]) -> bytes:
    """The launcher's file for a program of this machine; the first word is the path of its loader."""
    filled = b"".join(word.encode("utf-8", "surrogateescape") + b"\0" for word in words) + b"\0"
    if len(filled) > _LENGTH or len(words) > _MOST:
        raise DocumentError(f"the command of a captured program is too long: {' '.join(words)[:200]}")
    empty = _empty(machine)
    at = empty.index(_PLACE)
    return empty[:at] + filled.ljust(_LENGTH, b"\0") + empty[at + _LENGTH :]


def with_loader(loader: str, folder: str, program: str, called: str = CALLED) -> tuple[str, ...]:
    """The words that start a program with its own loader and the libraries in `folder`; `called` is its own name."""
    content = Path(loader).read_bytes()
    name = ["--argv0", called] if b"--argv0" in content else []
    cache = ["--inhibit-cache"] if b"--inhibit-cache" in content else []
    options = [
        text(word) if word.startswith("--") else word for word in (*cache, "--library-path", inside(folder), *name)
    ]
    return (inside(f"{folder}/{Path(loader).name}"), *options, inside(program))


@cache
def _empty(machine: str) -> bytes:
    return files("stageline.lab").joinpath("launcher", f"launcher-{machine}").read_bytes()

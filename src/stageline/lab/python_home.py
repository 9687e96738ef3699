"""The Python behind a command: wrappers and virtual environments lead to the interpreter that they are made of.

Its standard library belongs to it, without tests, the parts that need a screen, and what only installs packages.
Compiled files are left out: their bytes depend on more than their source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from stageline.errors import ConfigError
from stageline.targets.logs import last_lines, read_ends
from stageline.targets.process import Command, run

NAMES = re.compile(r"python(3(\.\d+)?)?")
_SECONDS = 60
_LEFT_OUT = re.compile(
    r"__pycache__|test|tests|idlelib|turtledemo|turtle\.py|tkinter|ensurepip|lib2to3|pydoc_data|site-packages"
    r"|dist-packages|config-.*|lib-dynload|.*\.pyc|_tkinter\..*|_test.*|_ctypes_test.*|_xx.*|xx.*"
)
_QUESTION = """\
import json, os, sys
extensions = [path for path in sys.path if path.endswith("lib-dynload")]
program = getattr(sys, "_base_executable", "") or sys.executable
print(json.dumps([os.path.realpath(program), os.path.dirname(os.__file__), *extensions[:1]]))
"""
_WHERE_PACKAGES = """\
import os, site
print(next(os.path.relpath(path, "/x") for path in site.getsitepackages(["/x"]) if path.startswith("/x/lib/")))
"""


class PythonHome(msgspec.Struct, frozen=True):
    """An interpreter: its file, its standard library, and where its extension modules are."""

    program: Path
    library: Path
    extensions: Path | None


def is_python(name: str) -> bool:
    """Is a program of this name Python?"""
    return NAMES.fullmatch(name) is not None


def find_python(command: Path, scratch: Path) -> PythonHome:
    """Ask a command called python which interpreter it is."""
    asked = Command(argv=(str(command), "-I", "-S", "-c", _QUESTION), folder=scratch / "python")
    ended = run(asked, timeout=_SECONDS)
    try:
        answer = msgspec.json.decode(ended.stdout.read_bytes(), type=list[str])
        program, library, *extensions = map(Path, answer)
    except (msgspec.MsgspecError, ValueError) as error:
        told = " ".join(last_lines(read_ends(ended.stderr))) or f"it ended with {ended.code}"
        raise ConfigError(f"{command} does not say which Python it is: {told}") from error
    return PythonHome(program, library, extensions[0] if extensions else None)


def site_folder(home: PythonHome, scratch: Path) -> str:
    """Where this Python looks for packages, from the folder that its `bin` would be in."""
    words = (str(home.program), "-I", "-S", "-c", _WHERE_PACKAGES)
    ended = run(Command(argv=words, folder=scratch / "python"), timeout=_SECONDS)
    found = ended.stdout.read_text("utf-8").strip()
    if ended.code != 0 or not found:
        told = " ".join(last_lines(read_ends(ended.stderr))) or f"it ended with {ended.code}"
        raise ConfigError(f"{home.program} does not say where its packages are: {told}")
    return found


def library_files(home: PythonHome) -> Iterator[tuple[str, Path]]:
    """The files of the standard library and their names in it, links followed."""
    yield from _files(home.library, f"{home.library.name}/")


def extension_files(home: PythonHome) -> Iterator[tuple[str, Path]]:
    """The extension modules and their names below the library's folder."""
    if home.extensions is not None:
        yield from _files(home.extensions, f"{home.library.name}/lib-dynload/")


def _files(folder: Path, below: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.iterdir()):
        if _LEFT_OUT.fullmatch(path.name):
            continue
        if path.is_dir():
            yield from _files(path, f"{below}{path.name}/")
        elif path.is_file():
            yield f"{below}{path.name}", path.resolve()

"""A Python with the packages of a lock, as captures: they run anywhere, and tell nothing of where they were made.

Python is one, which all locks share; over it lies one with what a lock pins, and over this, if there is any, one with
the author's own. The modules are where this Python looks for them; programs of packages are launchers in `bin`.
"""

from __future__ import annotations

import csv
import io

import msgspec

from stageline.errors import DocumentError
from stageline.lab.capture import Capture, capture_of
from stageline.lab.elf import is_elf, read_elf
from stageline.lab.launchers import MACHINES, inside
from stageline.lab.layout import BIN
from stageline.lab.locked_packages import RECORD, Installed, Packages, is_left_out, rows_of
from stageline.lab.python_compiled import compiled_files
from stageline.lab.python_home import PythonHome, site_folder
from stageline.lab.stacked import Stacked, ground, over
from stageline.lab.tool_tree import LIB, Machine, ToolTree
from stageline.targets.layers import Entry

PYTHON = "python3"
_SCRIPTS = "libexec/scripts"
_FIRST = b"#!/usr/bin/env python3\n"
_LONG = b"'''exec'"
_PROGRAM = f"../../../{BIN}/"


class Python(msgspec.Struct, frozen=True):
    """A Python that captures can lie over, and what starts it: its machine, and the first words of its command."""

    stacked: Stacked
    called: tuple[str, tuple[str, ...]]


def python_alone(machine: Machine, home: PythonHome) -> Python:
    """A Python without any packages, as a tool of the machine is captured."""
    tree = ToolTree(machine)
    called = tree.python(f"{BIN}/{PYTHON}", home)
    return Python(ground(capture_of(tree.entries.values())), called)


def package_captures(machine: Machine, python: Python, installed: Installed) -> tuple[Capture, ...]:
    """The captures of what is installed, each over the next, and the last of them over that of Python."""
    found = python.stacked
    for packages in installed.packages:
        found = over(found, _Layer(machine, python, installed.home, found.names, packages).entries())
    return found.captures


class _Layer:
    """The entries of one capture of packages, as they come together. `below` is what those below it have."""

    def __init__(
        self, machine: Machine, python: Python, home: PythonHome, below: frozenset[str], packages: Packages
    ) -> None:
        self._machine = machine
        self._python = python
        self._home = home
        self._below = below
        self._packages = packages
        self._tree = ToolTree(machine)
        self._site = site_folder(home, machine.scratch)

    def entries(self) -> dict[str, Entry]:
        tree = self._tree
        for name in ("python", self._home.library.name):
            tree.link(f"{BIN}/{name}", PYTHON)
        for path in self._packages.files:
            if path.startswith(f"{BIN}/"):
                self._program(path.removeprefix(f"{BIN}/"))
            else:
                self._file(path)
        self._compiled()
        return {name: entry for name, entry in tree.entries.items() if not self._is_library_below(name)}

    def _is_library_below(self, name: str) -> bool:
        return name in self._below and name.rpartition("/")[0] == LIB

    def _file(self, path: str) -> None:
        """What is no program: its place may be another one, and of a RECORD only what is in the capture is told."""
        place, source = self._place(path), self._packages.folder / path
        if place in self._below or place in self._tree.entries:
            raise DocumentError(f"a package brings along {path}, which is there already: it cannot be captured")
        if path.endswith(f".dist-info/{RECORD}"):
            self._tree.entries[place] = Entry(name=place, content=self._record(path), mode=0o644)
            return
        self._tree.file(place, source, 0o755 if source.stat().st_mode & 0o111 else 0o644)
        self._libraries(path)

    def _place(self, path: str) -> str:
        below = f"{self._packages.site}/"
        return f"{self._site}/{path.removeprefix(below)}" if path.startswith(below) else path

    def _record(self, path: str) -> bytes:
        """The rows of what stays as it is: programs are made anew."""
        rows = rows_of(self._packages.folder / path)
        kept = [row for row in rows if not is_left_out(row[0]) and not row[0].startswith(_PROGRAM)]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(sorted(kept))
        return text.getvalue().encode()

    def _libraries(self, path: str) -> None:
        """What a compiled module wants beside what packages bring along."""
        source = self._packages.folder / path
        with source.open("rb") as file:
            start = file.read(4)
            elf = read_elf(start + file.read()) if is_elf(start) else None
        if elf is not None and elf.machine in MACHINES and elf.needed:
            self._tree.needs(source, elf, self._home, self._packages.folder)

    def _program(self, name: str) -> None:
        """A text for Python behind a launcher that starts this Python with it; other programs as any tool."""
        source = self._packages.folder / BIN / name
        text = without_first_lines(source.read_bytes())
        if text is None:
            self._tree.add(name, source)
            return
        place, (machine, words) = f"{_SCRIPTS}/{name}", self._python.called
        self._tree.entries[place] = Entry(name=place, content=_FIRST + text, mode=0o644)
        self._tree.launcher(f"{BIN}/{name}", machine, (*words, inside(place)))

    def _compiled(self) -> None:
        sources = {
            name.removeprefix(f"{LIB}/"): entry.source
            for name, entry in self._tree.entries.items()
            if name.startswith(f"{self._site}/") and entry.source is not None
        }
        for name, path in compiled_files(self._home, sources, self._machine.cache):
            self._tree.file(f"{LIB}/{name}", path)


def without_first_lines(content: bytes) -> bytes | None:
    """A text for Python without the lines that say where Python is; None for what is no such text."""
    first, _, rest = content.partition(b"\n")
    if first.startswith(b"#!") and b"python" in first:
        return rest
    if first == b"#!/bin/sh" and rest.startswith(_LONG):
        return rest.split(b"\n", 2)[2]
    return None

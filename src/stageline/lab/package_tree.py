"""A Python with the packages of a lock, as one capture: it runs anywhere, and tells nothing of where it was made.

The modules are where this Python looks for them; each program that came with a package is a launcher in `bin`.
"""

from __future__ import annotations

import csv
import io

from stageline.errors import DocumentError
from stageline.lab.capture import Capture, capture_of
from stageline.lab.elf import is_elf, read_elf
from stageline.lab.launchers import MACHINES, inside
from stageline.lab.layout import BIN
from stageline.lab.locked_packages import RECORD, Installed, is_left_out, rows_of
from stageline.lab.python_compiled import compiled_files
from stageline.lab.python_home import site_folder
from stageline.lab.tool_tree import LIB, Machine, ToolTree
from stageline.targets.layers import Entry

PYTHON = "python3"
_SCRIPTS = "libexec/scripts"
_FIRST = b"#!/usr/bin/env python3\n"
_LONG = b"'''exec'"
_PROGRAM = f"../../../{BIN}/"


def package_capture(machine: Machine, installed: Installed) -> Capture:
    """The capture of an environment that is installed."""
    return _Packages(machine, installed).capture()


class _Packages:
    """The entries, as they come together."""

    def __init__(self, machine: Machine, installed: Installed) -> None:
        self._machine = machine
        self._installed = installed
        self._tree = ToolTree(machine)
        self._site = site_folder(installed.home, machine.scratch)

    def capture(self) -> Capture:
        tree, home = self._tree, self._installed.home
        called = tree.python(f"{BIN}/{PYTHON}", home)
        for name in ("python", home.library.name):
            tree.link(f"{BIN}/{name}", PYTHON)
        for path in self._installed.files:
            if path.startswith(f"{BIN}/"):
                self._program(path.removeprefix(f"{BIN}/"), called)
            else:
                self._file(path)
        self._compiled()
        return capture_of(tree.entries.values())

    def _file(self, path: str) -> None:
        """What is no program: its place may be another one, and of a RECORD only what is in the capture is told."""
        place, source = self._place(path), self._installed.folder / path
        if place in self._tree.entries:
            raise DocumentError(f"a package brings along {path}, which Python itself has: it cannot be captured")
        if path.endswith(f".dist-info/{RECORD}"):
            self._tree.entries[place] = Entry(name=place, content=self._record(path), mode=0o644)
            return
        self._tree.file(place, source, 0o755 if source.stat().st_mode & 0o111 else 0o644)
        self._libraries(path)

    def _place(self, path: str) -> str:
        below = f"{self._installed.site}/"
        return f"{self._site}/{path.removeprefix(below)}" if path.startswith(below) else path

    def _record(self, path: str) -> bytes:
        """The rows of what stays as it is: programs are made anew."""
        rows = rows_of(self._installed.folder / path)
        kept = [row for row in rows if not is_left_out(row[0]) and not row[0].startswith(_PROGRAM)]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(sorted(kept))
        return text.getvalue().encode()

    def _libraries(self, path: str) -> None:
        """What a compiled module wants beside what packages bring along."""
        source = self._installed.folder / path
        with source.open("rb") as file:
            start = file.read(4)
            elf = read_elf(start + file.read()) if is_elf(start) else None
        if elf is not None and elf.machine in MACHINES and elf.needed:
            self._tree.needs(source, elf, self._installed.home, self._installed.folder)

    def _program(self, name: str, called: tuple[str, tuple[str, ...]]) -> None:
        """A text for Python behind a launcher that starts this Python with it; other programs as any tool."""
        source = self._installed.folder / BIN / name
        text = without_first_lines(source.read_bytes())
        if text is None:
            self._tree.add(name, source)
            return
        place, (machine, words) = f"{_SCRIPTS}/{name}", called
        self._tree.entries[place] = Entry(name=place, content=_FIRST + text, mode=0o644)
        self._tree.launcher(f"{BIN}/{name}", machine, (*words, inside(place)))

    def _compiled(self) -> None:
        sources = {
            name.removeprefix(f"{LIB}/"): entry.source
            for name, entry in self._tree.entries.items()
            if name.startswith(f"{self._site}/") and entry.source is not None
        }
        for name, path in compiled_files(self._installed.home, sources, self._machine.cache):
            self._tree.file(f"{LIB}/{name}", path)


def without_first_lines(content: bytes) -> bytes | None:
    """A text for Python without the lines that say where Python is; None for what is no such text."""
    first, _, rest = content.partition(b"\n")
    if first.startswith(b"#!") and b"python" in first:
        return rest
    if first == b"#!/bin/sh" and rest.startswith(_LONG):
        return rest.split(b"\n", 2)[2]
    return None

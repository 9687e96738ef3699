"""The shared libraries of programs, as their own loader finds them on this machine.

The loader is asked to list them; what is built for newer processors alone is left out, so that any machine can use it.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

from stageline.errors import ConfigError, DocumentError
from stageline.lab.elf import Elf, read_elf
from stageline.lab.launchers import MACHINES
from stageline.targets.logs import last_lines, read_ends
from stageline.targets.process import Command, run

_LINE = re.compile(r"\t(?P<name>.+?)(?: => (?P<path>.+?))?(?: \(0x[0-9a-f]+\))?")
_PORTABLE = "--glibc-hwcaps-mask"
_SECONDS = 60


class Libraries(msgspec.Struct, frozen=True):
    """The libraries by the names that they are asked for, the loader among them. `missing` are not on this machine."""

    found: dict[str, Path]
    missing: tuple[str, ...] = ()


class Loaders:
    """Asks loaders; programs that need the same are asked for once."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._known: dict[tuple[object, ...], Libraries] = {}

    def libraries(self, program: Path, elf: Elf, loader: str = "") -> Libraries:
        """What a program or a library needs; a library is loaded by the program's `loader`."""
        loader = loader or elf.loader
        if not loader:
            return Libraries({})
        if slashed := next((name for name in elf.needed if "/" in name), None):
            raise DocumentError(f"{program} wants the library {slashed} at that place: it cannot be taken elsewhere")
        key = (loader, elf.needed, elf.search, program.parent if "$" in elf.search else "")
        if key not in self._known:
            self._known[key] = self._ask(program, loader)
        return self._known[key]

    def _ask(self, program: Path, loader: str) -> Libraries:
        options = [_PORTABLE, "none"] if _PORTABLE.encode() in Path(loader).read_bytes() else []
        command = Command(argv=(loader, *options, "--list", str(program)), folder=self._scratch / "list")
        ended = run(command, timeout=_SECONDS)
        listed = ended.stdout.read_text("utf-8", "surrogateescape")
        if ended.code and "not found" not in listed:
            told = " ".join(last_lines(read_ends(ended.stderr))) or f"it ended with {ended.code or ended.signal}"
            raise ConfigError(f"the libraries of {program} cannot be listed by {loader}: {told}")
        return _with_companions(_read(listed, Path(loader)))


def read_program(path: Path) -> Elf | None:
    """A program's file; None when it is no binary. DocumentError when it is one that no launcher fits."""
    with path.open("rb") as file:
        start = file.read(4)
        elf = read_elf(start + file.read()) if start == b"\x7fELF" else None
    if start == b"\x7fELF" and (elf is None or elf.machine not in MACHINES):
        raise DocumentError(f"{path} is no program for {' or '.join(MACHINES)}: it cannot be captured")
    return elf


def _read(listed: str, loader: Path) -> Libraries:
    found, missing = {loader.name: loader}, []
    for line in listed.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        name, path = match["name"], match["path"]
        if path == "not found":
            missing.append(name)
        elif path is not None or name.startswith("/"):
            found.setdefault(Path(name).name, Path(path or name))
    return Libraries(found, tuple(missing))


def _with_companions(of: Libraries) -> Libraries:
    """And what the C library loads by itself when a thread ends."""
    beside = (path.with_name("libgcc_s.so.1") for name, path in of.found.items() if name == "libc.so.6")
    more = {path.name: path for path in beside if path.exists() and path.name not in of.found}
    return Libraries({**of.found, **more}, of.missing)

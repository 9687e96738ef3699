"""The tree of files that one capture becomes: programs with their libraries and loader, each behind a launcher."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from stageline.errors import DocumentError, MissingDependency
from stageline.lab.capture import BESIDE
from stageline.lab.elf import Elf
from stageline.lab.launchers import CALLED, inside, launcher, text, with_loader
from stageline.lab.layout import BIN, LOCALES
from stageline.lab.libraries import Libraries, Loaders, read_program
from stageline.lab.programs import Script, Search, check_script
from stageline.lab.python_compiled import compiled_files
from stageline.lab.python_home import PythonHome, extension_files, find_python, is_python, library_files
from stageline.targets.layers import Entry

_LOCALE_FOLDERS = ("/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8")
LIB = "lib"
_PROGRAMS = "libexec"
_SCRIPTS = "share"
_WITHOUT_USER = text("-s")


class Machine(msgspec.Struct, frozen=True):
    """What is asked, and where the answers go."""

    search: Search
    loaders: Loaders
    scratch: Path
    cache: Path


class ToolTree:
    """The entries of one capture, as they come together."""

    def __init__(self, machine: Machine) -> None:
        self.entries: dict[str, Entry] = {}
        self._search = machine.search
        self._loaders = machine.loaders
        self._scratch = machine.scratch
        self._cache = machine.cache

    def add(self, name: str, path: Path) -> None:
        """A tool under this name."""
        if is_python(name):
            self.python(f"{BIN}/{name}", find_python(path, self._scratch))
        elif (script := self._search.script(path)) is not None:
            check_script(path, script)
            self._script(name, path, script)
        else:
            self.program(f"{BIN}/{name}", path, CALLED)

    def link(self, name: str, target: str) -> None:
        """A symbolic link."""
        self.entries[name] = Entry(name=name, link=target, mode=0o777)

    def add_locale(self) -> None:
        """The one locale that scripts run in, where the C library does not bring it along itself."""
        for folder in map(Path, _LOCALE_FOLDERS):
            if folder.is_dir():
                files = sorted(path for path in folder.rglob("*") if path.is_file())
                for path in files:
                    self.file(f"{LOCALES}/{folder.name}/{path.relative_to(folder)}", path)
                return

    def python(self, place: str, home: PythonHome) -> tuple[str, tuple[str, ...]]:
        """Python finds its library from where it believes to be: at its launcher, above which the library is.

        What a user of the machine has installed for himself is not looked at. Answers the words that start it.
        """
        files = dict(library_files(home))
        for name, path in (*files.items(), *compiled_files(home, files, self._cache)):
            self.file(f"{LIB}/{name}", path)
        machine, words = self.program(place, home.program, inside(place), (_WITHOUT_USER,))
        for name, path in extension_files(home):
            self.file(f"{LIB}/{name}", path)
            elf = read_program(path)
            if elf is not None:
                self.needs(path, elf, home)
        return machine, (*words, _WITHOUT_USER)

    def needs(self, module: Path, elf: Elf, home: PythonHome, own: Path | None = None) -> None:
        """What a compiled module of this Python needs, but for what is in the folder `own` already."""
        program = read_program(home.program)
        libraries = self._loaders.libraries(module, elf, program.loader if program else "")
        outside = {name: path for name, path in libraries.found.items() if not (own and path.is_relative_to(own))}
        self._take(Libraries(outside), LIB)

    def _script(self, name: str, path: Path, script: Script) -> None:
        """A text, and its interpreter behind a launcher beside `bin`, so that it is no tool itself."""
        text_file = f"{_SCRIPTS}/{name}"
        self.file(text_file, path.resolve())
        place = f"{BESIDE}/{script.called}"
        more = (*map(text, script.words), inside(text_file))
        if is_python(script.called):
            machine, words = self.python(place, find_python(script.program, self._scratch))
        else:
            if self._search.script(script.program) is not None:
                raise DocumentError(f"the tool {path} is executed by {script.program}, which is no program but a text")
            machine, words = self.program(place, script.program, text(script.called))
        self.launcher(f"{BIN}/{name}", machine, (*words, *more))

    def program(self, place: str, path: Path, called: str, more: Sequence[str] = ()) -> tuple[str, tuple[str, ...]]:
        """A program, what it needs, and what starts it at `place`; answers its machine and the words that start it."""
        program = path.resolve()
        elf = read_program(program)
        if elf is None:
            raise DocumentError(f"the tool {path} is neither a program nor a text that begins with #!")
        name = self._kept(program)
        if not elf.loader:
            self.link(place, f"../{name}")
            return elf.machine, (inside(name),)
        libraries = self._loaders.libraries(program, elf)
        if libraries.missing:
            raise MissingDependency(
                f"{program} wants the libraries {', '.join(libraries.missing)}, which are not on this machine"
            )
        folder = self._folder_for(libraries, program)
        self._take(libraries, folder)
        words = with_loader(elf.loader, folder, name, called)
        self.launcher(place, elf.machine, (*words, *more))
        return elf.machine, words

    def _kept(self, program: Path) -> str:
        """Where the file of a program is; those of the same file share it."""
        name, at = f"{_PROGRAMS}/{program.name}", 1
        while name in self.entries and self.entries[name].source != program:
            at += 1
            name = f"{_PROGRAMS}/{program.name}-{at}"
        self.file(name, program, 0o755)
        return name

    def _folder_for(self, libraries: Libraries, program: Path) -> str:
        """`lib`, unless there are other libraries of the same names already."""
        for name, path in libraries.found.items():
            there = self.entries.get(f"{LIB}/{name}")
            if there is not None and there.source != path.resolve():
                return f"{LIB}/of-{program.name}"
        return LIB

    def _take(self, libraries: Libraries, folder: str) -> None:
        for name, path in libraries.found.items():
            self.file(f"{folder}/{name}", path.resolve(), 0o755)

    def file(self, name: str, path: Path, mode: int = 0o644) -> None:
        self.entries[name] = Entry(name=name, source=path, mode=mode)

    def launcher(self, place: str, machine: str, words: Sequence[str]) -> None:
        self.entries[place] = Entry(name=place, content=launcher(machine, words), mode=0o755)

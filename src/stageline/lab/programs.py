"""Programs looked up as a shell would, scripts led to what executes them. The missing are told with their packages."""

from __future__ import annotations

import ast
import shlex
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from stageline.errors import DocumentError, MissingDependency
from stageline.lab.base_tools import PACKAGE_OF
from stageline.lab.python_home import is_python

_SCRIPT = b"#!"
_LONGEST = 4096
_WITH_FILES = frozenset(
    ("R", "Rscript", "c++", "cc", "g++", "gcc", "git", "java", "javac", "julia", "latex", "lua", "npm", "octave")
) | {"pdflatex", "perl", "php", "ruby", "tclsh", "wish"}


class Script(msgspec.Struct, frozen=True):
    """A tool that is a text: what executes it, by the name it is called by, and the words before the script's path."""

    called: str
    program: Path
    words: tuple[str, ...]


class Search(msgspec.Struct, frozen=True):
    """Where programs are looked for: the folders of a PATH."""

    path: str

    def program(self, name: str) -> Path:
        """The file of a program, given by its name or its absolute path."""
        (found,) = self.programs([name])
        return found

    def programs(self, names: Iterable[str]) -> list[Path]:
        """Those files; what is missing, and what cannot be captured, is told together."""
        wanted = list(names)
        found = {name: self._find(name) for name in wanted}
        missing = _missing([name for name, path in found.items() if path is None])
        unfit = _unfit([name for name, path in found.items() if path and Path(name).name in _WITH_FILES])
        if unfit:
            raise DocumentError("; ".join(filter(None, (unfit, missing))))
        if missing:
            raise MissingDependency(missing)
        return [path for name in wanted if (path := found[name]) is not None]

    def script(self, path: Path) -> Script | None:
        """What executes a file that begins with `#!`; None when it does not."""
        with path.open("rb") as file:
            start = file.read(_LONGEST)
        if not start.startswith(_SCRIPT):
            return None
        program, *rest = start[2:].partition(b"\n")[0].decode("utf-8", "surrogateescape").split(maxsplit=1) or [""]
        words = [word.strip() for word in rest]
        if Path(program).name == "env":
            program, *words = shlex.split("".join(words).removeprefix("-S")) or [""]
        if not program or "=" in program or program.startswith("-"):
            raise DocumentError(f"{path}: its first line does not say which program executes it")
        return Script(Path(program).name, self.program(program), tuple(words))

    def _find(self, name: str) -> Path | None:
        if "/" in name and not name.startswith("/"):
            raise DocumentError(f"the tool '{name}' is neither a program's name nor an absolute path")
        found = shutil.which(name, path=self.path)
        if found is None or Path(found).resolve().name == "busybox":
            return None
        return Path(found).absolute()


def foreign_imports(path: Path) -> Iterator[str]:
    """The modules outside of Python's own library that a Python script imports, as far as its text tells."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        yield from (name for name in names if name.partition(".")[0] not in sys.stdlib_module_names)


def check_script(path: Path, script: Script) -> None:
    """DocumentError when a Python script cannot work with Python's own library alone."""
    if not is_python(script.called):
        return
    try:
        foreign = sorted(set(foreign_imports(path)))
    except (SyntaxError, ValueError) as error:
        raise DocumentError(f"the tool {path} is no Python text: {error}") from error
    if foreign:
        raise DocumentError(
            f"the tool {path} imports {', '.join(foreign)}, and of Python only its own library is captured; "
            "write environment=uv(…) with a lock file that names its package"
        )


def _missing(names: Sequence[str]) -> str:
    if not names:
        return ""
    packages = sorted({PACKAGE_OF.get(name, name) for name in names if not name.startswith("/")})
    hint = f"; on Debian or Ubuntu: apt-get install {' '.join(packages)}" if packages else ""
    return f"there is no program {_these(names)} on this machine, and the Lab is to hold it{hint}"


def _unfit(names: Sequence[str]) -> str:
    if not names:
        return ""
    return (
        f"{_these(names)} cannot be captured: such a program needs files beside its libraries, and which is not known; "
        "write environment=image(…) with an image that holds it"
    )


def _these(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)

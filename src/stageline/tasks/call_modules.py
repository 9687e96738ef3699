"""Where functions for call stages are looked for: modules beside the workflow file, and registered packages.

A module that cannot be imported is reported with its own error, file and line; modules that do not even mention the
name that is looked for are imported only if it is found nowhere else.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType, TracebackType

import msgspec

from stageline.errors import DocumentError
from stageline.tasks.python_driver import in_words
from stageline.tasks.python_home import is_installed

PACKAGE = "tasks"
_OURS = str(Path(__file__).parent.parent)


class Source(msgspec.Struct, frozen=True):
    """A module or package by its import path; `folder` is where it must lie, if that is known."""

    root: str
    folder: Path | None = None

    def holds(self, module: str, namespace: str) -> bool:
        """Whether the functions of this module are those of a namespace."""
        if self.root == namespace or self.root.endswith(f".{namespace}"):
            return True
        return f"{module}.".startswith(f"{self.root}.{namespace}.")


def sources(namespace: str, folder: Path, registries: tuple[str, ...]) -> Iterator[Source]:
    """In the order in which they are asked: the module of that name, the package `tasks`, what is registered."""
    names = dict.fromkeys([namespace, PACKAGE])
    yield from (Source(name, folder) for name in names if is_beside(name, folder))
    yield from (Source(name) for name in registries)


def is_beside(name: str, folder: Path) -> bool:
    """Whether a module or a package of this name lies in the folder."""
    place = folder.joinpath(*name.split("."))
    return place.with_name(f"{place.name}.py").is_file() or (place.is_dir() and any(place.rglob("*.py")))


def names_beside(folder: Path) -> list[str]:
    """The modules and packages that lie in the folder."""
    stems = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/*.py")}
    return sorted(name for name in stems if name.isidentifier())


def modules(source: Source, word: str) -> Iterator[list[ModuleType]]:
    """The modules of a source, imported in two parts: the root and those that mention the word; then the others."""
    root = load(source.root)
    if source.folder is not None:
        _check_place(root, source.folder)
    files = dict(_files(root))
    pattern = re.compile(rf"\b{re.escape(word).replace('_', '[-_]')}\b")
    mentions = {name for name, file in files.items() if pattern.search(file.read_text("utf-8", "replace"))}
    yield [root, *(load(name) for name in sorted(mentions))]
    yield [load(name) for name in sorted(files.keys() - mentions)]


def load(name: str) -> ModuleType:
    """Import a module of the user's; DocumentError with the module's own error as its cause."""
    with _Importing(name):
        return import_module(name)


class _Importing:
    """Translates what a module raises while it is imported."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not isinstance(error, Exception) or isinstance(error, DocumentError):
            return
        if isinstance(error, ModuleNotFoundError) and f"{self._name}.".startswith(f"{error.name}."):
            raise DocumentError(f"there is no module '{self._name}'") from error
        where = _where(error, trace)
        raise DocumentError(f"module '{self._name}' cannot be imported: {in_words(error)}{where}") from error


def _where(error: Exception, trace: TracebackType | None) -> str:
    """The last place in the user's own text; a syntax error says its place itself."""
    frames = [at for at in traceback.extract_tb(trace) if is_own(at.filename)]
    if not frames or isinstance(error, SyntaxError):
        return ""
    return f" ({frames[-1].filename}, line {frames[-1].lineno})"


def is_own(file: str) -> bool:
    """Whether it is neither Python's, nor installed, nor ours."""
    return not (file.startswith(("<", _OURS)) or is_installed(file))


def _files(root: ModuleType) -> Iterator[tuple[str, Path]]:
    """The modules below a package, by name."""
    for place in map(Path, getattr(root, "__path__", ())):
        for file in sorted(place.rglob("*.py")):
            parts = file.relative_to(place).with_suffix("").parts
            parts = parts[:-1] if parts[-1] == "__init__" else parts
            if parts and parts[-1] != "__main__" and all(part.isidentifier() for part in parts):
                yield ".".join([root.__name__, *parts]), file


def _check_place(module: ModuleType, folder: Path) -> None:
    """A module that was loaded from elsewhere before has the same name: say so, rather than call the wrong one."""
    places = [module.__file__] if module.__file__ else list(module.__path__)
    if not any(Path(place).resolve().is_relative_to(folder.resolve()) for place in places):
        raise DocumentError(
            f"module '{module.__name__}' beside the workflow has the name of another one ({places[0]}): rename it"
        )

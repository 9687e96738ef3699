"""Files to documents. All that is wrong, in all files that are needed, is raised together.

Reading runs nothing of the file; modules that it names under `plugins` are imported by the function that is given.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from stageline.document.definition import Document
from stageline.document.library import Library, Setting, Siblings
from stageline.document.plugins import import_beside, import_plugin
from stageline.document.triggers import Linker
from stageline.errors import DocumentError
from stageline.load.problems import Problems
from stageline.load.read import read_source
from stageline.load.source import Source

SUFFIXES = (".yml", ".yaml")


def load_file(path: str | Path, *, plugins: Callable[[str], None] = import_plugin, slugs: bool = False) -> Document:
    """The workflows of a file. With `slugs`, expressions may name stages without an id by their names."""
    path = Path(path)
    source = read_source(path)
    folder = str(path.resolve().parent)
    if plugins is import_plugin:
        plugins = partial(import_beside, folder)
    setting = Setting(folder, plugins, slugs)
    return _load(source, setting, partial(_siblings, path))


def load_text(
    text: str,
    file_name: str,
    folder: str | Path = "",
    *,
    plugins: Callable[[str], None] = import_plugin,
    slugs: bool = False,
) -> Document:
    """The workflows of a text. No other file is looked at: what it triggers must stand in it."""
    return _load(Source(file_name, text), Setting(str(folder), plugins, slugs), tuple)


def _load(source: Source, setting: Setting, siblings: Siblings) -> Document:
    problems = Problems()
    library = Library(problems, setting, siblings)
    document = Linker(library, problems).link(library.document(source))
    problems.raise_any()
    return document


def _siblings(path: Path) -> list[Source]:
    """The other workflow files of the folder, as far as they can be read."""
    sources = []
    for other in sorted(path.parent.iterdir()):
        if other.suffix in SUFFIXES and other.name != path.name and other.is_file():
            with suppress(DocumentError):
                sources.append(read_source(other))
    return sources

"""Python's library compiled ahead, so that a job that imports does not compile it anew each time.

The interpreter itself compiles it, in one order and with its hashes fixed, into files that depend on the text alone.
It takes seconds, so the outcome is kept in a cache, by the digest of all that went in.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from hashlib import file_digest
from pathlib import Path
from uuid import uuid4

import msgspec

from stageline.errors import ConfigError
from stageline.lab.identity import digest_of
from stageline.lab.python_home import PythonHome
from stageline.targets.logs import last_lines, read_ends
from stageline.targets.process import Command, run

CACHE = "__pycache__"
_KEY = "stageline compiled python 1"
_SECONDS = 600
_FIXED = {"PYTHONHASHSEED": "0", "PYTHONPATH": "", "PYTHONOPTIMIZE": ""}
_COMPILE = """\
import importlib.util, json, os, py_compile, sys
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
for name, source in json.load(sys.stdin):
    place = importlib.util.cache_from_source(name, optimization="")
    os.makedirs(os.path.dirname(place), exist_ok=True)
    try:
        py_compile.compile(source, place, name, doraise=True, optimize=0, invalidation_mode=mode)
    except py_compile.PyCompileError as error:
        print(error, file=sys.stderr)
"""


def compiled_files(home: PythonHome, files: Mapping[str, Path], cache: Path) -> Iterator[tuple[str, Path]]:
    """The compiled files and their names, for those of the library's `files` that can be compiled."""
    sources = {name: path for name, path in sorted(files.items()) if name.endswith(".py")}
    key = digest_of(_KEY, _digest(home.program), {name: _digest(path) for name, path in sources.items()})
    folder = cache / f"python-{key}"
    if not folder.exists():
        _compile(home, sources, folder)
    for path in sorted(folder.rglob("*.pyc")):
        yield str(path.relative_to(folder)), path


def _compile(home: PythonHome, sources: Mapping[str, Path], folder: Path) -> None:
    work = folder.with_name(f".{folder.name}-{uuid4().hex}")
    (work / "made").mkdir(parents=True)
    try:
        ended = run(
            Command(
                argv=(str(home.program), "-s", "-S", "-c", _COMPILE),
                folder=work / "log",
                env=_FIXED,
                cwd=str(work / "made"),
                stdin=msgspec.json.encode([(name, str(path)) for name, path in sources.items()]),
            ),
            timeout=_SECONDS,
        )
        if ended.code != 0:
            told = " ".join(last_lines(read_ends(ended.stderr)))
            raise ConfigError(f"{home.program} cannot compile its own library: {told}")
        (work / "made").rename(folder)
    except OSError as error:
        if not folder.exists():
            raise ConfigError(f"Python's library cannot be compiled into {folder}: {error}") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()

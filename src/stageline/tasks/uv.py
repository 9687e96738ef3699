"""The program uv, called: which Pythons there are on this machine, and whatever else it is asked for.

No interpreter is ever downloaded.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from stageline.errors import MissingDependency
from stageline.targets.cancellation import Cancellation
from stageline.targets.logs import last_lines, read_ends
from stageline.targets.masking import Mask
from stageline.targets.notes import Notes
from stageline.targets.process import Command, Ended, run
from stageline.tasks.shapes import decoded

_REASON_LIMIT = 1000
_LINES = 40
_OF_NO_INTEREST = ("Using ", "warning:", "Creating ", "Resolved ")


class Interpreter(msgspec.Struct, frozen=True):
    """A Python that uv has found."""

    version: str
    path: str


def find_uv() -> str:
    """The program, from PATH or from the package of this name."""
    if found := shutil.which("uv"):
        return found
    with contextlib.suppress(ImportError, FileNotFoundError):
        import uv

        return str(uv.find_uv_bin())
    raise MissingDependency("packages of Python are installed by 'uv': install it with: pip install 'stageline[uv]'")


class Uv:
    """Calls of uv, made in the folder `cwd`; what it says is in `folder`."""

    def __init__(
        self,
        folder: Path,
        cwd: str,
        cancellation: Cancellation | None = None,
        mask: Mask | None = None,
        notes: Notes | None = None,
    ) -> None:
        self._program = find_uv()
        self._folder = folder
        self._cwd = cwd
        self._cancellation = cancellation
        self._mask = mask
        self._notes = notes

    def call(self, *argv: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Ended:
        """One call, to its end; `env` is laid over the environment of this process."""
        path = search_path(os.environ.get("PATH", os.defpath))
        command = Command(
            argv=(self._program, *argv),
            folder=self._folder,
            env={"UV_PYTHON_DOWNLOADS": "never", "PATH": path, **(env or {})},
            cwd=self._cwd,
            stdin=stdin.encode(),
            mask=self._mask,
            notes=self._notes,
        )
        return run(command, self._cancellation)

    def interpreter(self, *wanted: str) -> str | Ended:
        """The path of the Python that these words ask for, no virtual environment; or how asking ended."""
        ended = self.call("python", "find", "--system", *wanted)
        path = read_ends(ended.stdout).strip()
        return path if ended.code == 0 and path else ended

    def usual_interpreter(self) -> str | Ended:
        """What `python3` means here, where that suits the project of the folder; else any Python that does."""
        usual = self.call("python", "find", "--system", env={"PATH": os.environ.get("PATH", os.defpath)})
        path = read_ends(usual.stdout).strip()
        return path if usual.code == 0 and path else self.interpreter()

    def known(self) -> str:
        """The Pythons of this machine, in words."""
        return ", ".join(f"{one.version} ({one.path})" for one in self._installed()) or "none at all"

    def _installed(self) -> list[Interpreter]:
        ended = self.call("python", "list", "--only-installed", "--output-format", "json")
        with contextlib.suppress(msgspec.MsgspecError):
            found = decoded(ended.stdout.read_bytes(), list[Interpreter])
            return list({one.version: one for one in reversed(found)}.values())[::-1]
        return []


def said_by(ended: Ended) -> list[str]:
    """The last lines of what uv said."""
    return last_lines(read_ends(ended.stderr), _LINES)


def reason_of(ended: Ended) -> str:
    """Why a call failed, on one line."""
    lines = [line.strip() for line in said_by(ended) if not line.startswith(_OF_NO_INTEREST)]
    return " ".join(line for line in lines if line)[:_REASON_LIMIT]


def search_path(path: str) -> str:
    """Where uv looks for interpreters: instead of pyenv's shims, which work for one version only, all its versions."""
    found: list[str] = []
    for entry in path.split(os.pathsep):
        versions = Path(entry).parent / "versions"
        is_shims = Path(entry).name == "shims" and versions.is_dir()
        found += sorted(map(str, versions.glob("*/bin")), key=_by_number, reverse=True) if is_shims else [entry]
    return os.pathsep.join(found)


def _by_number(path: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", Path(path).parent.name)]

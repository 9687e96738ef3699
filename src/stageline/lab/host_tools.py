"""The machine's tools, captured so that they run on one that has none of them, from any folder.

Of each tool there are the program, the libraries and the loader that this machine would use, and a launcher that starts
the first with the others; of Python also its standard library. What a program looks for elsewhere is not captured.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from stageline.lab.base_tools import ALIASES, BASE_TOOLS, PROGRAMS
from stageline.lab.capture import Capture, capture_of
from stageline.lab.layout import BIN
from stageline.lab.libraries import Loaders
from stageline.lab.locked_packages import installed_packages
from stageline.lab.model import Environment
from stageline.lab.package_tree import package_capture
from stageline.lab.programs import Search
from stageline.lab.tool_tree import Machine, ToolTree


class HostTools:
    """Captures tools, each once. `path` is the PATH to find them on.

    `scratch` is a folder for this capture alone, `cache` one that later captures should find again.
    """

    def __init__(self, path: str, scratch: Path, cache: Path) -> None:
        self._machine = Machine(Search(path), Loaders(scratch), scratch, cache)
        self._captures: dict[str, Capture] = {}

    def environment(self, tools: Iterable[str]) -> tuple[Capture, ...]:
        """The captures for a script that declares these tools, in the order of its PATH; the base tools come last."""
        wanted = sorted(set(tools) - BASE_TOOLS)
        self._machine.search.programs(name for name in wanted if name not in self._captures)
        return (*(self.tool(name) for name in wanted), self.base())

    def base(self) -> Capture:
        """The tools that every script has."""
        if "" not in self._captures:
            tree = ToolTree(self._machine)
            for name, path in zip(PROGRAMS, self._machine.search.programs(PROGRAMS), strict=True):
                tree.add(name, path)
            for alias, name in ALIASES.items():
                tree.link(f"{BIN}/{alias}", name)
            tree.add_locale()
            self._captures[""] = capture_of(tree.entries.values())
        return self._captures[""]

    def tool(self, name: str) -> Capture:
        """One tool: a program's name, or its absolute path."""
        if name not in self._captures:
            tree = ToolTree(self._machine)
            tree.add(Path(name).name, self._machine.search.program(name))
            self._captures[name] = capture_of(tree.entries.values())
        return self._captures[name]

    def packages(self, of: Environment) -> Capture:
        """A Python with the packages that the lock of an environment names."""
        key = f"{of.digest} {of.python} {of.path}"
        if key not in self._captures:
            installed = installed_packages(of, self._machine.scratch, self._machine.cache)
            self._captures[key] = package_capture(self._machine, installed)
        return self._captures[key]

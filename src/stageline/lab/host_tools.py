"""The machine's tools, captured so that they run on one that has none of them, from any folder.

Of each tool there are the program, the libraries and the loader that this machine would use, and a launcher that starts
the first with the others; of Python also its standard library. What a program looks for elsewhere is not captured.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from stageline.lab.base_tools import ALIASES, BASE_TOOLS, PROGRAMS
from stageline.lab.capture import Capture, capture_of
from stageline.lab.layout import BIN
from stageline.lab.libraries import Loaders
from stageline.lab.locked_packages import installed_packages
from stageline.lab.model import Environment
from stageline.lab.own_packages import Wheel, content_of, own_wheels
from stageline.lab.package_tree import Python, package_captures, python_alone
from stageline.lab.programs import Search
from stageline.lab.python_home import PythonHome
from stageline.lab.tool_tree import Machine, ToolTree
from stageline.lab.uv_project import UvProject, own_names, uv_project


class HostTools:
    """Captures tools, each once. `path` is the PATH to find them on.

    `scratch` is a folder for this capture alone, `cache` one that later captures should find again.
    """

    def __init__(self, path: str, scratch: Path, cache: Path) -> None:
        self._machine = Machine(Search(path), Loaders(scratch), scratch, cache)
        self._captures: dict[str, Capture] = {}
        self._projects: dict[Environment, UvProject] = {}
        self._wheels: dict[str, tuple[Wheel, ...]] = {}
        self._packages: dict[Environment, tuple[Capture, ...]] = {}
        self._pythons: dict[PythonHome, Python] = {}

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

    def own(self, of: Environment) -> str:
        """What stands for the author's packages that a lock names by their folders, as they are now; empty without."""
        if not own_names(Path(of.path)):
            return ""
        wheels = own_wheels(self._project(of), self._machine.scratch)
        content = content_of(wheels)
        self._wheels[content] = wheels
        return content

    def packages(self, of: Environment) -> tuple[Capture, ...]:
        """A Python with the packages that the lock of an environment names, and the author's that it was asked for."""
        key = replace(of, tools=())
        if key not in self._packages:
            project, machine = self._project(of), self._machine
            installed = installed_packages(project, self._wheels.get(of.own, ()), machine.scratch, machine.cache)
            self._packages[key] = package_captures(machine, self._python(installed.home), installed)
        return self._packages[key]

    def _project(self, of: Environment) -> UvProject:
        """The project of an environment, whose lock is looked at once."""
        key = replace(of, tools=(), own="")
        if key not in self._projects:
            self._projects[key] = uv_project(of, self._machine.scratch)
        return self._projects[key]

    def _python(self, home: PythonHome) -> Python:
        if home not in self._pythons:
            self._pythons[home] = python_alone(self._machine, home)
        return self._pythons[home]

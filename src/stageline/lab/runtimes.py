"""How the scripts of one Lab are started in a runtime. What that takes is looked for once: a working engine, images."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from stageline.errors import DomainError, MissingDependency
from stageline.lab.model import Environment
from stageline.lab.native_work import Around, NativeWork
from stageline.lab.places import Places
from stageline.lab.sandboxes import Inside, in_users_image, sandbox_of, tools_inside
from stageline.lab.tools_image import image_of
from stageline.lab.unit import Unit
from stageline.lab.wrapped_work import WrappedWork
from stageline.runtimes.probe import Health
from stageline.runtimes.sandbox import Runtime, Wrapped
from stageline.runtimes.wrap import wrap
from stageline.schedulers.local import Work
from stageline.targets.archives import load_archive, read_archive
from stageline.targets.health import health_of
from stageline.targets.layout import load_image


class LabRuntime:
    """Makes the work of scripts."""

    def __init__(self, runtime: Runtime, places: Places) -> None:
        self._runtime = runtime
        self._places = places
        if runtime is Runtime.NATIVE:
            places.given.have_link()
        self._around = Around(places.given)
        self._inside: dict[Environment, Inside] = {}
        self._health = _working(runtime)

    def work(self, unit: Unit) -> Work:
        """What runs a script; DomainError when its environment is not to be had in this runtime."""
        check_environment(self._runtime, unit)
        if self._runtime is Runtime.NATIVE:
            return NativeWork(unit, self._places.tools(unit.environment), self._around)
        return WrappedWork(unit, self.wrapped(unit), self._around.at_work)

    def wrapped(self, unit: Unit) -> Wrapped:
        """The command around a script."""
        sandbox = sandbox_of(unit, self.inside(unit.environment), f"{self._places.home}/{unit.id}", self._places.given)
        return wrap(self._runtime, sandbox, os.environ)

    def shell(self, unit: Unit, terminal: str) -> Wrapped:
        """A shell in the place of the script, whose executable is what the shell reads first."""
        check_environment(self._runtime, unit)
        given = self._places.given
        options = ("--noprofile", "--rcfile", given.shown(unit.executable), "-i", "-s", *given.words(unit.inputs))
        more = {"TERM": terminal} if terminal else {}
        if self._runtime is Runtime.NATIVE:
            tools = self._places.tools(unit.environment)
            variables = {os.fsdecode(name): os.fsdecode(value) for name, value in tools.variables.items()}
            env = {**variables, "out": given.shown(unit.out), **more}
            return Wrapped(runtime=Runtime.NATIVE, argv=(tools.bash, *options), env=env, bare=True)
        key = f"{self._places.home}/debug/{unit.id}"
        sandbox = sandbox_of(unit, self.inside(unit.environment), key, given)
        argv = (sandbox.argv[0], *options)
        return wrap(self._runtime, msgspec.structs.replace(sandbox, argv=argv, env={**sandbox.env, **more}), os.environ)

    def inside(self, of: Environment) -> Inside:
        """What scripts of an environment find inside."""
        if of not in self._inside:
            self._inside[of] = msgspec.structs.replace(self._found(of), owner=self._health.owner)
        return self._inside[of]

    def close(self) -> None:
        """Let go of what it holds."""
        self._around.close()

    def _found(self, of: Environment) -> Inside:
        places = self._places
        captures = places.lab.captures(of)
        variables = {os.fsdecode(name): os.fsdecode(value) for name, value in places.tools(of).variables.items()}
        del variables["out"]
        inside = tools_inside(self._runtime, places.tools_folder, captures, variables)
        if self._runtime is Runtime.BWRAP:
            return inside
        logs = Path(places.home, "image-logs", str(self._runtime))
        if of.kind == "image":
            archive = places.lab.path(of.path)
            own = read_archive(archive, places.lab.metadata.machine)
            moved = in_users_image(inside, places.tools_folder, captures, own.path)
            return msgspec.structs.replace(moved, image=load_archive(self._runtime, archive, own, logs))
        image, layout = image_of(places.lab)
        return msgspec.structs.replace(inside, image=load_image(self._runtime, image, layout, logs))


def check_environment(runtime: Runtime, unit: Unit) -> None:
    """DomainError when a script's environment is not to be had in this runtime."""
    if unit.environment.kind == "image" and runtime not in (Runtime.DOCKER, Runtime.PODMAN):
        raise DomainError(
            f"{unit.words} runs in an image, and so only with --docker or --podman, not in the {runtime} runtime"
        )


def _working(runtime: Runtime) -> Health:
    health = health_of(runtime)
    if not health.works:
        raise MissingDependency(f"runtime {runtime}: {health.problem}")
    return health

"""A script as an order for a target: the command there, its surroundings, and where what it says is kept.

All variables are the job's own, as they are here, but for the mark by which all that it starts is found.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import msgspec

from stageline.errors import DomainError
from stageline.lab.afar.home import FarHome
from stageline.lab.layout import IMAGE
from stageline.lab.model import Environment
from stageline.lab.places import Places
from stageline.lab.runtimes import check_environment
from stageline.lab.sandboxes import Inside, sandbox_of, tools_inside
from stageline.lab.tools_image import image_of
from stageline.lab.unit import Unit
from stageline.runtimes.container import remove_argv
from stageline.runtimes.sandbox import Mount, Owner, Runtime
from stageline.runtimes.wrap import wrap
from stageline.targets.target import Order
from stageline.targets.tree import MARK

GRACE = 5
LOG = """\
mkdir -p -- "$1" "${2%/*}" && exec >"$2" 2>&1 || exit 70
"""
NATIVE = f"""\
{LOG}exec "$3" -i "{MARK}=${MARK}" "${{@:4}}"
"""
WRAPPED = f"""\
{LOG}exec "${{@:3}}"
"""
CONTAINER = f"""\
{LOG}engine=$3 image=$4 layout=$5
load() {{
  "$engine" image inspect "$image" >/dev/null 2>&1 ||
    tar -C "$layout" -c $(ls "$layout") | "$engine" load --quiet >/dev/null
}}
if command -v flock >/dev/null; then (flock 9 && load) 9>"$layout.lock"; else load; fi </dev/null || exit 125
"$engine" "${{@:7:$6}}" </dev/null >/dev/null 2>&1
exec "${{@:7+$6}}"
"""


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What a target has around scripts. `node_local` is a folder for what is temporary, empty without one.

    `limits`: nobody else there ends what takes longer than it may.
    """

    runtime: Runtime = Runtime.NATIVE
    owner: Owner | None = None
    uid: int = 0
    gid: int = 0
    mount_paths: tuple[str, ...] = ()
    node_local: str = ""
    limits: bool = False


def new_token(id: str) -> str:
    """A token for a script that is to begin now: it is known by its id, and begun anew under another."""
    return f"{id}.{os.urandom(6).hex()}"


class Orders:
    """Makes the orders of one Lab."""

    def __init__(self, places: Places, far: FarHome, around: Around) -> None:
        self._places = places
        self._far = far
        self._around = around
        self._inside: dict[Environment, Inside] = {}

    @property
    def images(self) -> tuple[str, ...]:
        """The files of the image that scripts are run in, by the names that they have in a home."""
        if self._around.runtime not in (Runtime.DOCKER, Runtime.PODMAN):
            return ()
        _, layout = image_of(self._places.lab)
        return tuple(self._far.name(str(path)) for path in sorted(layout.rglob("*")) if path.is_file())

    def order(self, unit: Unit, token: str) -> Order:
        """The order to run this script; DomainError when its environment is not to be had in this runtime."""
        check_environment(self._around.runtime, unit)
        moved = self._moved(unit)
        order = self._native(unit, moved) if self._around.runtime is Runtime.NATIVE else self._wrapped(unit, moved)
        return msgspec.structs.replace(order, token=token)

    def _moved(self, unit: Unit) -> Unit:
        """The same script with the paths that there are there."""
        there = self._far.there
        wanted = unit.resources.mount_paths or ()
        return msgspec.structs.replace(
            unit,
            executable=there(unit.executable),
            out=there(unit.out),
            log=there(unit.log),
            inputs={name: there(path) for name, path in unit.inputs.items()},
            reads=tuple(map(there, unit.reads)),
            resources=msgspec.structs.replace(unit.resources, mount_paths=(*wanted, *self._around.mount_paths)),
        )

    def _native(self, unit: Unit, moved: Unit) -> Order:
        variables = {**self._variables(unit.environment), "out": moved.out, **self._temporary()}
        bash = self._bash(unit.environment)
        words = [word for pair in moved.inputs.items() for word in pair]
        command = (
            *(f"{name}={text}" for name, text in variables.items()),
            *self._limit(unit),
            bash,
            moved.executable,
            *words,
        )
        env = f"{bash.rpartition('/')[0]}/env"
        return Order(token=unit.id, argv=self._begin(unit, NATIVE, moved, (env, *command)))

    def _wrapped(self, unit: Unit, moved: Unit) -> Order:
        around, inside = self._around, self._inside_of(unit.environment)
        sandbox = sandbox_of(moved, inside, f"{self._far.target.base}/{unit.id}")
        sandbox = msgspec.structs.replace(sandbox, uid=around.uid, gid=around.gid)
        if around.node_local:
            mounts = (*sandbox.mounts, Mount(around.node_local, writable=True))
            sandbox = msgspec.structs.replace(sandbox, mounts=mounts, env={**sandbox.env, **self._temporary()})
        wrapped = wrap(around.runtime, sandbox, ())
        words: tuple[str, ...] = (*self._limit(unit), *wrapped.argv)
        if wrapped.container:
            layout = f"{self._far.target.base}/{IMAGE}/{self._places.lab.metadata.image}"
            remove = remove_argv(str(around.runtime), wrapped.container)
            words = (str(around.runtime), inside.image, layout, str(len(remove)), *remove, *words)
        text = CONTAINER if wrapped.container else WRAPPED
        argv = self._begin(unit, text, moved, words)
        return Order(token=unit.id, argv=argv, env=wrapped.env, stdin=wrapped.stdin)

    def _limit(self, unit: Unit) -> tuple[str, ...]:
        """What ends it when its time is over."""
        if not self._around.limits or unit.resources.time is None:
            return ()
        programs = self._bash(unit.environment).rpartition("/")[0]
        return (f"{programs}/timeout", f"--kill-after={GRACE}", str(unit.resources.time))

    def _begin(self, unit: Unit, text: str, moved: Unit, words: Sequence[str]) -> tuple[str, ...]:
        return (self._bash(unit.environment), "-c", text, "-", moved.out, moved.log, *words)

    def _bash(self, of: Environment) -> str:
        return self._far.there(self._places.tools(of).bash)

    def _variables(self, of: Environment) -> dict[str, str]:
        variables = self._places.tools(of).variables.items()
        return {os.fsdecode(name): self._far.there(os.fsdecode(value)) for name, value in variables}

    def _temporary(self) -> Mapping[str, str]:
        return {"TMPDIR": self._around.node_local} if self._around.node_local else {}

    def _inside_of(self, of: Environment) -> Inside:
        if of not in self._inside:
            self._inside[of] = msgspec.structs.replace(self._found(of), owner=self._around.owner)
        return self._inside[of]

    def _found(self, of: Environment) -> Inside:
        places, runtime = self._places, self._around.runtime
        variables = self._variables(of)
        del variables["out"]
        folder = self._far.there(places.tools_folder)
        inside = tools_inside(runtime, folder, places.lab.captures(of), variables)
        if runtime is Runtime.BWRAP:
            return inside
        if of.kind == "image":
            raise DomainError(f"{of.path}: an image of your own cannot be sent to a target yet; run these jobs here")
        return msgspec.structs.replace(inside, image=image_of(places.lab)[0].name)

"""A script as an order for a target: the command there, its surroundings, and where what it says is kept.

All variables are the job's own, as they are here, but for the mark by which all that it starts is found.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from stageline.lab.afar.home import FarHome
from stageline.lab.images import LabImage, image_for
from stageline.lab.model import Environment
from stageline.lab.places import Places
from stageline.lab.runtimes import check_environment
from stageline.lab.sandboxes import Inside, in_users_image, sandbox_of, tools_inside
from stageline.lab.unit import Unit
from stageline.runtimes.sandbox import Mount, Owner, Runtime
from stageline.runtimes.wrap import wrap
from stageline.targets.limit import limit_argv
from stageline.targets.target import Order
from stageline.targets.tree import MARK

_WITH_IMAGES = (Runtime.DOCKER, Runtime.PODMAN)
CONTAINERS = "containers.sh"
BEGIN = f"""\
mkdir -p -- "$2" "${{3%/*}}" && exec >"$3" 2>&1 || exit 70
if [ -e "$1/{CONTAINERS}" ]; then . "$1/{CONTAINERS}" && end_left "$1"; fi
"""
NATIVE = f"""\
{BEGIN}exec "$4" -i "{MARK}=${MARK}" "${{@:5}}"
"""
WRAPPED = f"""\
{BEGIN}exec "${{@:4}}"
"""
CONTAINER = f"""\
{BEGIN}engine=$4 name=$5 image=$6 layout=$7
load() {{
  "$engine" image inspect "$image" >/dev/null 2>&1 ||
    tar -C "$layout" -c $(ls "$layout") | "$engine" load --quiet >/dev/null
}}
if command -v flock >/dev/null; then (flock 9 && load) 9>"$layout.lock"; else load; fi </dev/null || exit 125
run_container "$1" "$engine" "$name" "${{@:8}}"
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
        self._images: dict[Environment, LabImage] = {}

    @property
    def texts(self) -> dict[str, bytes]:
        """What else scripts find in a home, by their names there."""
        if self._around.runtime not in _WITH_IMAGES:
            return {}
        return {CONTAINERS: Path(__file__).with_name(CONTAINERS).read_bytes()}

    def image_files(self, of: Environment) -> tuple[str, ...]:
        """The files of the image that scripts are run in, by the names that they have in a home."""
        if self._around.runtime not in _WITH_IMAGES:
            return ()
        return tuple(self._far.name(str(path)) for path in self._image(of).files)

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
            layout = self._far.there(str(self._image(unit.environment).layout))
            words = (str(around.runtime), wrapped.container, inside.image, layout, *words)
        text = CONTAINER if wrapped.container else WRAPPED
        argv = self._begin(unit, text, moved, words)
        return Order(token=unit.id, argv=argv, env=wrapped.env, stdin=wrapped.stdin)

    def _limit(self, unit: Unit) -> tuple[str, ...]:
        """What ends it when its time is over."""
        if not self._around.limits or unit.resources.time is None:
            return ()
        return limit_argv(unit.resources.time, self._bash(unit.environment).rpartition("/")[0])

    def _begin(self, unit: Unit, text: str, moved: Unit, words: Sequence[str]) -> tuple[str, ...]:
        return (self._bash(unit.environment), "-c", text, "-", self._far.target.base, moved.out, moved.log, *words)

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
        image = self._image(of)
        if image.own is not None:
            inside = in_users_image(inside, folder, places.lab.captures(of), image.own.path)
        return msgspec.structs.replace(inside, image=image.name)

    def _image(self, of: Environment) -> LabImage:
        if of not in self._images:
            self._images[of] = image_for(self._places.lab, of)
        return self._images[of]

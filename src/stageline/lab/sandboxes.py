"""What is around a script in a sandbox: its Lab's tools and its inputs, and nothing else. Only `$out` is writable.

Files of the Lab and of other jobs are where scripts on this machine find them, so that a path means the same in every
runtime; the tools are those of the Lab's image where there is one. `mount_paths` are holes that the author declares.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from stageline.lab.plain_paths import PlainPaths
from stageline.lab.unit import Unit
from stageline.runtimes.sandbox import Mount, Owner, Runtime, Sandbox
from stageline.runtimes.variables import PATH

HOST_TOOLS = "/host-tools"
AS_THEY_ARE = PlainPaths("/")


class Inside(msgspec.Struct, frozen=True, kw_only=True):
    """What scripts of one environment find inside: how they are started, their variables, and what must be mounted.

    `links` are symbolic links in a root that holds nothing else. `image` is what the engine calls the image.
    """

    bash: str
    variables: Mapping[str, str]
    mounts: tuple[Mount, ...] = ()
    links: Mapping[str, str] = {}
    image: str = ""
    owner: Owner | None = None


def sandbox_of(unit: Unit, inside: Inside, key: str, paths: PlainPaths = AS_THEY_ARE) -> Sandbox:
    """The script, and all that it is to find around it, at `paths` as scripts are given them."""
    return Sandbox(
        argv=(inside.bash, paths.shown(unit.executable), *paths.words(unit.inputs)),
        uid=os.getuid(),
        gid=os.getgid(),
        env={**inside.variables, "out": paths.shown(unit.out)},
        mounts=(*inside.mounts, *(Mount(one.source, paths.shown(one.source), one.writable) for one in _mounts(unit))),
        network=bool(unit.resources.network),
        key=key,
        root="",
        links=inside.links,
        image=inside.image,
        owner=inside.owner,
    )


def _mounts(unit: Unit) -> Iterator[Mount]:
    """What can be read is there once; what is below something that is there already, needs no place of its own."""
    scripts = os.path.dirname(unit.executable)  # noqa: PTH120
    readable = {scripts, *unit.inputs.values(), *unit.reads, *(unit.resources.mount_paths or ())}
    for path in sorted(readable):
        if not any(path.startswith(f"{other}/") for other in readable):
            yield Mount(path)
    yield Mount(unit.out, writable=True)


def tools_inside(runtime: Runtime, folder: str, captures: Sequence[str], variables: Mapping[str, str]) -> Inside:
    """The captured tools in a sandbox: mounted where they are, or in the image, where they are `/host-tools`."""
    if runtime is Runtime.BWRAP:
        base = f"{folder}/{captures[-1]}/bin"
        links = {"/bin/sh": f"{base}/bash", "/bin/bash": f"{base}/bash", "/usr/bin/env": f"{base}/env"}
        mounts = tuple(Mount(f"{folder}/{capture}") for capture in captures)
        return Inside(bash=f"{base}/bash", variables=variables, mounts=mounts, links=links)
    moved = {name: value.replace(folder, HOST_TOOLS) for name, value in variables.items()}
    return Inside(bash=f"{HOST_TOOLS}/{captures[-1]}/bin/bash", variables=moved)


def in_users_image(inside: Inside, folder: str, captures: Sequence[str], path: str) -> Inside:
    """The same in an image of the author's, which has none of the captured tools: they are mounted into it.

    `path` is the image's own PATH, and comes after that of the tools.
    """
    mounts = tuple(Mount(f"{folder}/{capture}", f"{HOST_TOOLS}/{capture}") for capture in captures)
    variables = {**inside.variables, "PATH": f"{inside.variables['PATH']}:{path or PATH}"}
    return msgspec.structs.replace(inside, mounts=mounts, variables=variables)

"""`runtime:` of a stage: where its command runs. Isolated, it can write to the project's folder and nowhere else."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from stageline.errors import DocumentError, MissingDependency
from stageline.runtimes.sandbox import Mount, Runtime, Sandbox, Wrapped
from stageline.runtimes.wrap import wrap
from stageline.stages.work import Work
from stageline.tasks.shapes import converted

WRITABLE = "rw"


class Isolation(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """A runtime by name. docker and podman need an `image`, which is fetched only with `pull`.

    Each of `mounts` is a path of this machine that can be read inside; `PATH:INSIDE` is there under another name, and
    what ends in `:rw` can be written to. The network is there only with `network`.
    """

    name: Runtime
    image: str = ""
    pull: bool = False
    mounts: list[str] = []
    network: bool = False


NATIVE = Isolation(Runtime.NATIVE)


def isolation_of(value: Any) -> Isolation:
    """The table that `runtime:` holds, or the one that a name alone stands for."""
    return Isolation(Runtime(value)) if isinstance(value, str) else converted(value, Isolation)


def refuse_isolation(stage: str, runtime: Any) -> None:
    """DocumentError unless the command runs as it is: targets have no runtimes for stages."""
    if isolation_of(runtime).name is not Runtime.NATIVE:
        raise DocumentError(f"stage '{stage}': runtime: it isolates here only: write `runs-on: local`, or no runtime")


def wrapped(
    work: Work, isolation: Isolation, argv: Sequence[str], env: dict[str, str], mounts: Sequence[Mount]
) -> Wrapped:
    """What to start for this command to run in the project's folder, isolated so."""
    health = work.tools.health(isolation.name)
    if not health.works:
        raise MissingDependency(f"runtime {isolation.name}: {health.problem}")
    sandbox = Sandbox(
        argv=tuple(argv),
        uid=os.getuid(),
        gid=os.getgid(),
        env=env,
        cwd=work.project,
        mounts=(Mount(work.project, writable=True), *mounts, *(_mount(text, work) for text in isolation.mounts)),
        network=isolation.network,
        key=work.key,
        image=isolation.image,
        pull=isolation.pull,
        owner=health.owner,
    )
    return wrap(isolation.name, sandbox, os.environ)


def _mount(text: str, work: Work) -> Mount:
    source, *rest = text.split(":")
    writable = rest[-1:] == [WRITABLE]
    target = rest[: len(rest) - writable]
    path = Path(work.project, source)
    if len(target) > 1:
        raise DocumentError(f"stage '{work.stage.name}': mounts: '{text}' is not PATH, PATH:INSIDE or PATH:INSIDE:rw")
    if not path.exists():
        raise DocumentError(f"stage '{work.stage.name}': mounts: {path} is not there")
    return Mount(str(path), target[0] if target else "", writable)

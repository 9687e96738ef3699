"""The way into this room: a runtime, what is to be around a command, and out comes what to start. Pure."""

from collections.abc import Collection
from typing import assert_never

from stageline.runtimes.bwrap import wrap_bwrap
from stageline.runtimes.check import checked
from stageline.runtimes.docker import wrap_docker
from stageline.runtimes.native import wrap_native
from stageline.runtimes.podman import wrap_podman
from stageline.runtimes.sandbox import Runtime, Sandbox, Wrapped


def wrap(runtime: Runtime, sandbox: Sandbox, outer: Collection[str]) -> Wrapped:
    """What to start for `sandbox.argv` to run so; DocumentError when that cannot be.

    `outer` are the names of the variables in the environment that the client of a container engine will have.
    """
    sandbox = checked(sandbox)
    match runtime:
        case Runtime.NATIVE:
            return wrap_native(sandbox)
        case Runtime.BWRAP:
            return wrap_bwrap(sandbox)
        case Runtime.DOCKER:
            return wrap_docker(sandbox, outer)
        case Runtime.PODMAN:
            return wrap_podman(sandbox, outer)
        case _:
            assert_never(runtime)

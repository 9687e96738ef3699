"""A container of docker, isolated as a sandbox is. Pure.

It outlives its client, whatever ends that: it is found by its name, and removed.
"""

from collections.abc import Collection

from stageline.runtimes.container import command_argv, container_name, isolating_argv
from stageline.runtimes.sandbox import Owner, Runtime, Sandbox, Wrapped
from stageline.runtimes.variables import contained, passed


def wrap_docker(sandbox: Sandbox, outer: Collection[str]) -> Wrapped:
    """`docker run` of the command; `outer` are the names in the environment that docker itself will have."""
    ways = passed(contained(sandbox), outer)
    options = isolating_argv(sandbox, sandbox.owner or Owner.USER, ways)
    return Wrapped(
        runtime=Runtime.DOCKER,
        argv=("docker", *options, *command_argv(sandbox)),
        env=ways.client,
        stdin=ways.text,
        container=container_name(sandbox.key),
        key=sandbox.key,
    )

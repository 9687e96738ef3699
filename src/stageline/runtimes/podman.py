"""A container of podman, isolated as a sandbox is, with root's rights or without. Pure.

Podman is kept from what it would add on its own: writable folders, proxies, and variables.
"""

from collections.abc import Collection

from stageline.runtimes.container import command_argv, container_name, isolating_argv
from stageline.runtimes.sandbox import Owner, Runtime, Sandbox, Wrapped
from stageline.runtimes.variables import contained, passed

_ADDS_NOTHING = (
    "--read-only-tmpfs=false",
    "--http-proxy=false",
    "--sdnotify=ignore",
    "--unsetenv=container",
    "--unsetenv=TERM",
)


def wrap_podman(sandbox: Sandbox, outer: Collection[str]) -> Wrapped:
    """`podman run` of the command; `outer` are the names in the environment that podman itself will have."""
    ways = passed(contained(sandbox), outer)
    owner = sandbox.owner or (Owner.USER if sandbox.uid == 0 else Owner.ROOT)
    options = [*isolating_argv(sandbox, owner, ways), *_ADDS_NOTHING]
    if owner is Owner.KEPT:
        options.append("--userns=keep-id")
    return Wrapped(
        runtime=Runtime.PODMAN,
        argv=("podman", *options, *command_argv(sandbox)),
        env=ways.client,
        stdin=ways.text,
        container=container_name(sandbox.key),
        key=sandbox.key,
    )

"""The command as it is: on this machine, with its files, processes and network, isolated from nothing. Pure.

Only its environment and its working directory are those that it would have in a sandbox.
"""

from stageline.errors import DocumentError
from stageline.runtimes.sandbox import Runtime, Sandbox, Wrapped
from stageline.runtimes.variables import necessary


def wrap_native(sandbox: Sandbox) -> Wrapped:
    """The command itself. A mount cannot be anywhere but where it is."""
    for mount in sandbox.mounts:
        if mount.place != mount.source:
            raise DocumentError(f"{mount.source} cannot be at {mount.place}: the native runtime moves no files")
    return Wrapped(
        runtime=Runtime.NATIVE, argv=sandbox.argv, env=necessary(sandbox), cwd=sandbox.cwd, bare=True, key=sandbox.key
    )

"""A sandbox of namespaces by bubblewrap, for which nobody needs root's rights. Pure.

The variables are fed to bwrap's stdin as arguments, so that nobody reads them in a list of processes; the command's own
stdin is empty. Whoever kills bwrap kills all that is inside: it is not the one to be asked to end.
"""

from collections.abc import Iterator, Mapping

from stageline.errors import DocumentError
from stageline.runtimes.sandbox import HOSTNAME, SHM, TMP, Mount, Runtime, Sandbox, Wrapped
from stageline.runtimes.variables import isolated

ISOLATION = ("--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", HOSTNAME)
_MOST_WORDS = 9000
_FEED = 'exec "$@" 3<&0 </dev/null'
_SOCKETS = "/run"
_NAME_SERVERS = ("/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager/resolv.conf")


def wrap_bwrap(sandbox: Sandbox) -> Wrapped:
    """bwrap around the command."""
    fed = list(_set_variables(isolated(sandbox)))
    client = ["bwrap", "--clearenv", "--args", "3", *ISOLATION, *_file_systems(sandbox)]
    argv = [*client, "--chdir", sandbox.cwd, "--", *sandbox.argv]
    if len(argv) + len(fed) > _MOST_WORDS:
        raise DocumentError(
            f"the command, its variables and its mounts are {len(argv) + len(fed)} words, and bwrap takes "
            f"{_MOST_WORDS}: put long lists into a file, and mount a folder rather than each file in it"
        )
    return Wrapped(
        runtime=Runtime.BWRAP,
        argv=("sh", "-c", _FEED, "sh", *argv),
        stdin=b"".join(word.encode("utf-8", "surrogateescape") + b"\0" for word in fed),
        around=True,
        key=sandbox.key,
    )


def _set_variables(env: Mapping[str, str]) -> Iterator[str]:
    for name, text in env.items():
        yield from ("--setenv", name, text)


def _file_systems(sandbox: Sandbox) -> Iterator[str]:
    """Later ones lie over earlier ones; what must be made read-only is so at the end, when all places are made."""
    if sandbox.network:
        yield "--share-net"
    if sandbox.root:
        yield from ("--ro-bind", sandbox.root, "/")
    yield from ("--proc", "/proc", "--dev", "/dev", "--tmpfs", SHM, "--tmpfs", TMP)
    if sandbox.root == "/":  # a socket of a daemon is a way out that no namespace closes
        yield from ("--tmpfs", _SOCKETS)
        if sandbox.network:
            for path in _NAME_SERVERS:
                yield from ("--ro-bind-try", path, path)
    for mount in sandbox.mounts:
        yield from (_way(mount), mount.source, mount.place)
    yield from ("--remount-ro", "/dev")
    if sandbox.root == "/":
        yield from ("--remount-ro", _SOCKETS)
    if not sandbox.root:
        for place, target in sandbox.links.items():
            yield from ("--symlink", target, place)
        yield from ("--remount-ro", "/")


def _way(mount: Mount) -> str:
    if mount.is_device:
        return "--dev-bind"
    return "--bind" if mount.writable else "--ro-bind"

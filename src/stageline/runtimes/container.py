"""What docker and podman have in common: the container for one piece of work, its name, and its removal. Pure."""

import csv
import hashlib
import io
from collections.abc import Collection, Iterator

from stageline.errors import DocumentError
from stageline.runtimes.check import image_of
from stageline.runtimes.sandbox import HOSTNAME, SHM, TMP, Mount, Owner, Sandbox
from stageline.runtimes.variables import Passed, variable_options

LABEL = "stageline.key"
_TMPFS = "rw,exec,nosuid,nodev,mode=1777"
ISOLATION = (
    "--rm",
    "--init",
    "--read-only",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--security-opt=label=disable",  # mounts are not relabelled: they are other programs' files too
    "--no-healthcheck",
    "--log-driver=none",
    f"--hostname={HOSTNAME}",
    f"--tmpfs={TMP}:{_TMPFS}",
    f"--tmpfs={SHM}:{_TMPFS}",
    "--entrypoint=",
)


def container_name(key: str) -> str:
    """The name of the container that does the work with this key."""
    return f"stageline-{hashlib.sha256(key.encode()).hexdigest()[:20]}"


def isolating_argv(sandbox: Sandbox, owner: Owner, ways: Passed) -> Iterator[str]:
    """`run …` up to where an engine's own options go."""
    if not sandbox.key:
        raise DocumentError("key is missing: a container is named by the key of its work")
    yield from ("run", f"--name={container_name(sandbox.key)}", f"--label={LABEL}={sandbox.key}")
    yield from ISOLATION
    yield f"--pull={'missing' if sandbox.pull else 'never'}"
    yield f"--network={'host' if sandbox.network else 'none'}"
    yield "--user=0:0" if owner is Owner.ROOT else f"--user={sandbox.uid}:{sandbox.gid}"
    yield f"--workdir={sandbox.cwd}"
    yield from map(_mount_option, sandbox.mounts)
    yield from variable_options(ways)


def command_argv(sandbox: Sandbox) -> tuple[str, ...]:
    """The rest of `run …`."""
    return (image_of(sandbox), *sandbox.argv)


def remove_argv(engine: str, container: str) -> list[str]:
    """`rm …`, at once: podman alone would first wait ten seconds for a process that ignores TERM."""
    return ["rm", "--force", *(["--time=0"] if engine == "podman" else []), container]


def term_argv(container: str) -> list[str]:
    """`kill …`, which asks the work to end."""
    return ["kill", "--signal=TERM", container]


def key_argv(container: str) -> list[str]:
    """`inspect …`, which prints the key of the work that a container was made for."""
    return ["inspect", f'--format={{{{index .Config.Labels "{LABEL}"}}}}', container]


def labelled_argv() -> list[str]:
    """`ps …`, which prints the ids of all containers that were made for some work."""
    return ["ps", "--all", "--quiet", "--no-trunc", f"--filter=label={LABEL}"]


def keys_argv(containers: Collection[str]) -> list[str]:
    """`inspect …`, which prints a line for each container: its id, and the key of its work."""
    return ["inspect", f'--format={{{{.Id}}}} {{{{index .Config.Labels "{LABEL}"}}}}', *containers]


def _mount_option(mount: Mount) -> str:
    if mount.is_device:
        return f"--device={mount.source}:{mount.place}"
    fields = ["type=bind", f"source={mount.source}", f"target={mount.place}"]
    line = io.StringIO()
    csv.writer(line).writerow(fields if mount.writable else [*fields, "readonly"])
    option = line.getvalue().removesuffix("\r\n")
    return f"--mount={option}"

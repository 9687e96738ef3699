"""What is asked of a runtime, and its answer: values that all four share.

Isolation means the same in bwrap, docker and podman: the root is read-only, only writable mounts can be written,
there is no network unless asked, /tmp and /dev are private, files belong to the user. Native isolates nothing.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

TMP = "/tmp"  # noqa: S108
SHM = "/dev/shm"  # noqa: S108
HOSTNAME = "stageline"


class Runtime(StrEnum):
    """How a command is wrapped."""

    NATIVE = "native"
    BWRAP = "bwrap"
    DOCKER = "docker"
    PODMAN = "podman"


class Owner(StrEnum):
    """What makes the files of a container the user's: which it is, the engine decides (see `probe`)."""

    USER = "user"  # the engine has root's rights: the command has the user's ids
    KEPT = "kept"  # it has not, but subordinate ids: the user's ids are mapped to themselves
    ROOT = "root"  # it has neither: root in the container is the user outside


class Mount(msgspec.Struct, frozen=True):
    """A file or folder of this machine that can be seen inside: where it is here unless it has a `target`.

    What is below /dev is a device: it can do what its permissions allow.
    """

    source: str
    target: str = ""
    writable: bool = False

    @property
    def place(self) -> str:
        """Its path inside."""
        return self.target or self.source

    @property
    def is_device(self) -> bool:
        """Whether it is a device, or a folder of devices."""
        return self.source.startswith("/dev/") and not self.source.startswith(SHM)


class Sandbox(msgspec.Struct, frozen=True, kw_only=True):
    """A command, and all that it is to find around it. Paths are absolute; `cwd` is one inside.

    Inside, `env` is all there is but for what no program can do without: see `variables.necessary`.
    `network` is that of this machine, as it is. `key` is the work's own: containers are named by it.
    bwrap needs a `root`: a folder of this machine, or "" for one that holds nothing but the mounts and `links`
    (symbolic links, by place); a mount's place must exist in such a folder. docker and podman need an `image`; one
    that is not here is fetched only with `pull`.
    """

    argv: tuple[str, ...]
    uid: int
    gid: int
    env: Mapping[str, str] = {}
    cwd: str = TMP
    mounts: tuple[Mount, ...] = ()
    network: bool = False
    key: str = ""
    root: str = "/"
    links: Mapping[str, str] = {}
    image: str = ""
    pull: bool = False
    owner: Owner | None = None


class Wrapped(msgspec.Struct, frozen=True, kw_only=True):
    """What to start. `env` is laid over the client's environment; when `bare`, it is all of it.

    What is secret is in `env` and `stdin`, never in `argv`. `around` says that its end takes the work along, unwarned:
    who wants the work to end must tell the work. A `container` has to be removed by whoever stops its client.
    """

    runtime: Runtime
    argv: tuple[str, ...]
    env: Mapping[str, str] = {}
    stdin: bytes = b""
    cwd: str | None = None
    bare: bool = False
    around: bool = False
    container: str = ""
    key: str = ""

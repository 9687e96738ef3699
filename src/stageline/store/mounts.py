"""Whether a path lies on a network file system, where SQLite's locks do not hold and a database would be damaged."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from stageline.errors import StoreError

# fmt: off
NETWORK = frozenset({
    "9p", "acfs", "afs", "beegfs", "ceph", "cephfs", "cifs", "coda", "davfs", "fuse.ceph", "fuse.ceph-fuse",
    "fuse.cvmfs", "fuse.davfs", "fuse.gcsfuse", "fuse.glusterfs", "fuse.juicefs", "fuse.mfs", "fuse.rclone",
    "fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "gpfs", "lustre", "mfs", "ncpfs", "nfs", "nfs4", "ocfs2",
    "orangefs", "panfs", "pvfs2", "smb", "smb2", "smb3", "smbfs", "vboxsf", "wekafs",
})
# fmt: on
_ESCAPE = re.compile(r"\\([0-7]{3})")


class Mount(NamedTuple):
    """A mounted file system: where, and of what type."""

    point: str
    type: str


def parse_mountinfo(text: str) -> list[Mount]:
    """The mounts that `/proc/self/mountinfo` lists."""
    mounts = []
    for line in text.splitlines():
        fields, _, rest = line.partition(" - ")
        if rest:
            mounts.append(Mount(_ESCAPE.sub(lambda m: chr(int(m[1], 8)), fields.split(" ")[4]), rest.split(" ")[0]))
    return mounts


def mount_of(path: str, mounts: list[Mount]) -> Mount | None:
    """The mount that an absolute path lies on: the longest that contains it, of several the last mounted."""
    best: Mount | None = None
    for mount in mounts:
        inside = path == mount.point or path.startswith(mount.point.rstrip("/") + "/")
        if inside and (best is None or len(mount.point) >= len(best.point)):
            best = mount
    return best


def refuse_network(path: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> None:
    """Raise StoreError when `path` is on a network file system; a machine that does not tell is trusted."""
    try:
        text = mountinfo.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return
    mount = mount_of(os.path.realpath(path), parse_mountinfo(text))
    if mount is not None and mount.type in NETWORK:
        raise StoreError(
            f"{path} is on a network file system ({mount.type} at {mount.point}), where SQLite would damage it: "
            "use a path on a local disk, or PostgreSQL (postgresql://…) to share runs between machines"
        )

"""Which file system a path lies on is read from the kernel's list."""

import pytest

from stageline.store.mounts import NETWORK, Mount, mount_of, parse_mountinfo

MOUNTS = r"""
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
30 27 0:40 / /home rw,relatime shared:5 master:2 - nfs4 server:/export rw,vers=4.2
31 30 0:41 / /home/local rw - xfs /dev/vdb rw
32 27 0:42 /sub /mnt/a\040b rw - cifs //server/share rw
33 27 0:43 / /data rw - ext4 /dev/vdc rw
34 33 0:44 / /data rw - fuse.sshfs me@host: rw
this line is not like the others
"""


@pytest.mark.parametrize(
    ("path", "mount"),
    [
        ("/srv/runs.db", Mount("/", "ext4")),
        ("/home/me/runs.db", Mount("/home", "nfs4")),
        ("/home", Mount("/home", "nfs4")),
        ("/homeless/runs.db", Mount("/", "ext4")),
        ("/home/local/me/runs.db", Mount("/home/local", "xfs")),
        ("/mnt/a b/runs.db", Mount("/mnt/a b", "cifs")),
        ("/mnt/a/runs.db", Mount("/", "ext4")),
        ("/data/runs.db", Mount("/data", "fuse.sshfs")),
    ],
)
def test_the_longest_mount_point_and_of_two_the_later_one_decides(path: str, mount: Mount) -> None:
    assert mount_of(path, parse_mountinfo(MOUNTS)) == mount


def test_without_mounts_nothing_is_known() -> None:
    assert mount_of("/srv/runs.db", parse_mountinfo("")) is None


@pytest.mark.parametrize(
    "type", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "lustre", "gpfs", "beegfs", "9p", "ceph"]
)
def test_these_are_network_file_systems(type: str) -> None:
    assert type in NETWORK


@pytest.mark.parametrize("type", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "apfs", "fuseblk"])
def test_these_are_local(type: str) -> None:
    assert type not in NETWORK

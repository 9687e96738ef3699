"""Who a processor is, and whether it is gone. A process is named for good by its host, its number and when it began.

The host is the kernel's boot and the process namespace, so that neither a reboot nor a container is mistaken for
another. What cannot be looked at from here is not gone: its lease will tell.
"""

import os
import uuid
from pathlib import Path

from stageline.engine.ports import Peer

_STATE = 0
_BEGAN = 19
_ENDED = ("Z", "X", "x")


def this_peer(slots: int, id: str = "") -> Peer:
    """This process as a processor with so many slots; one process may be several processors."""
    pid = os.getpid()
    return Peer(id or uuid.uuid4().hex[:16], this_host(), pid, birth_of(pid) or "", slots)


def this_host() -> str:
    """The same for two processes only if they see each other's process numbers."""
    node = os.uname().nodename
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{node}/{boot}/{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return f"{node}/{uuid.getnode():x}"


def birth_of(pid: int) -> str | None:
    """When a process of this host began; None when there is none that still runs, "" when that cannot be told."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return _birth_by_signal(pid)
    return None if fields[_STATE] in _ENDED else fields[_BEGAN]


def _birth_by_signal(pid: int) -> str | None:
    # /proc may be missing, or may hide the processes of other users.
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""


def is_gone(peer: Peer, host: str) -> bool:
    """Whether the process of this processor is known to have ended, as seen from `host` (`this_host()`)."""
    if peer.host != host:
        return False
    birth = birth_of(peer.pid)
    return birth is None or bool(birth and peer.birth and birth != peer.birth)

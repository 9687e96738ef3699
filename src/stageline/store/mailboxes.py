"""Bells between processes of one machine: each processor sleeps on a datagram socket, and a byte sent to it wakes it.

On Linux the sockets' names are abstract, so that a process that dies leaves nothing behind; elsewhere they are files.
A byte that cannot be delivered needs no care: either one is there already, or nobody sleeps there any more.
"""

import contextlib
import math
import select
import socket
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterable
from pathlib import Path

LONGEST = 86_400.0


class Mailbox:
    """Where one processor sleeps."""

    def __init__(self) -> None:
        name = f"stageline-{uuid.uuid4().hex}"
        self.address = f"@{name}" if sys.platform.startswith("linux") else str(Path(tempfile.gettempdir(), name))
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(_raw(self.address))
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        self._rung = False

    def also_watch(self, descriptor: int) -> None:
        self._poll.register(descriptor, select.POLLIN)

    def watch_no_more(self, descriptor: int) -> None:
        self._poll.unregister(descriptor)

    def wait(self, timeout: float) -> set[int]:
        """The descriptors that have something to be read: its own, or those watched beside it."""
        ready = {descriptor for descriptor, _ in self._poll.poll(math.ceil(min(timeout, LONGEST) * 1000))}
        if self._socket.fileno() in ready:
            # Cleared before the bytes are read: a ring from here on sends another one.
            self._rung = False
            with contextlib.suppress(OSError):
                while self._socket.recv(1):
                    pass
        return ready

    def ring(self) -> None:
        if not self._rung:
            self._rung = True
            _send(self._socket, self.address)

    def close(self) -> None:
        """Whoever sleeps here wakes up."""
        _send(self._socket, self.address)
        self._socket.close()
        if not self.address.startswith("@"):
            Path(self.address).unlink(missing_ok=True)


class Mailboxes:
    """The bells of the processors of one store."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._boxes: dict[str, Mailbox] = {}

    def hang(self, peer: str) -> str:
        return self._box(peer).address

    def _box(self, peer: str) -> Mailbox:
        with self._lock:
            if peer not in self._boxes:
                self._boxes[peer] = Mailbox()
            return self._boxes[peer]

    def wait(self, peer: str, timeout: float) -> bool:
        return bool(self._box(peer).wait(timeout))

    def ring(self, peer: str) -> None:
        with self._lock:
            box = self._boxes.get(peer)
            if box is not None:
                box.ring()

    def drop(self, peer: str) -> None:
        with self._lock:
            box = self._boxes.pop(peer, None)
        if box is not None:
            box.close()

    def close(self) -> None:
        for peer in list(self._boxes):
            self.drop(peer)


class Ringer:
    """Rings the bells of any process of this machine, by their addresses."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)

    def ring(self, addresses: Iterable[str]) -> None:
        for address in addresses:
            _send(self._socket, address)

    def close(self) -> None:
        self._socket.close()


def _raw(address: str) -> str:
    return "\0" + address[1:] if address.startswith("@") else address


def _send(sender: socket.socket, address: str) -> None:
    with contextlib.suppress(OSError):
        sender.sendto(b"!", _raw(address))

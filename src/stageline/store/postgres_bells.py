"""Bells over PostgreSQL: each processor listens on a connection of its own, to its channel and to everyone's.

A lost connection counts as a ring, as rings may have been lost with it; the next wait listens anew.
"""

import hashlib
import threading

import psycopg
from psycopg.sql import SQL, Identifier

from stageline.store.address import PostgresAddress
from stageline.store.mailboxes import Mailbox
from stageline.store.postgres_connection import Connection, connect
from stageline.store.postgres_errors import not_connected

EVERYONES_CHANNEL = "stageline"


def channel_of(peer: str) -> str:
    """The channel of one processor; a channel's name is short, whatever the processor's."""
    return f"{EVERYONES_CHANNEL}_{hashlib.sha256(peer.encode()).hexdigest()[:32]}"


class _Bell:
    def __init__(self, address: PostgresAddress, peer: str) -> None:
        self._address = address
        self._channel = channel_of(peer)
        self.mailbox = Mailbox()
        self._connection: Connection | None = None
        self._descriptor = -1

    def listen(self) -> bool:
        """Whether a connection had to be made for it."""
        if self._connection is not None:
            return False
        try:
            connection = connect(self._address)
            for channel in (EVERYONES_CHANNEL, self._channel):
                connection.execute(SQL("LISTEN {}").format(Identifier(channel)))
        except psycopg.Error as error:
            raise not_connected(error, self._address.url) from error
        self._connection, self._descriptor = connection, connection.fileno()
        self.mailbox.also_watch(self._descriptor)
        return True

    def wait(self, timeout: float) -> bool:
        if self.listen():
            return True
        ready = self.mailbox.wait(timeout)
        if self._descriptor in ready:
            self._read()
        return bool(ready)

    def _read(self) -> None:
        if self._connection is None:
            return  # dropped meanwhile, by another thread
        try:
            for _ in self._connection.notifies(timeout=0):
                pass
        except psycopg.Error:
            self.hang_up()

    def hang_up(self) -> None:
        if self._connection is not None:
            self.mailbox.watch_no_more(self._descriptor)
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        self.mailbox.close()
        self.hang_up()


class PostgresBells:
    """The bells of the processors of one store."""

    def __init__(self, address: PostgresAddress) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._bells: dict[str, _Bell] = {}

    def hang(self, peer: str) -> str:
        self._bell(peer).listen()
        return channel_of(peer)

    def _bell(self, peer: str) -> _Bell:
        with self._lock:
            if peer not in self._bells:
                self._bells[peer] = _Bell(self._address, peer)
            return self._bells[peer]

    def wait(self, peer: str, timeout: float) -> bool:
        return self._bell(peer).wait(timeout)

    def ring(self, peer: str) -> None:
        with self._lock:
            bell = self._bells.get(peer)
            if bell is not None:
                bell.mailbox.ring()

    def drop(self, peer: str) -> None:
        with self._lock:
            bell = self._bells.pop(peer, None)
        if bell is not None:
            bell.close()

    def close(self) -> None:
        for peer in list(self._bells):
            self.drop(peer)

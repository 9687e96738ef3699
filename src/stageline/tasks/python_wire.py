"""What the engine and a Python worker say to each other: one value after its length, over a socket."""

import socket
from typing import TypeVar

import msgspec

from stageline.model.failure import Failure

_LENGTH = 8
_PIECE = 1 << 20
_Value = TypeVar("_Value")


class Script(msgspec.Struct, frozen=True):
    """A script to run: its text, how it is called in tracebacks, its data, and where what it prints goes.

    `inputs` and `stages` are JSON.
    """

    text: str
    name: str
    stdout: str
    stderr: str
    mark: str
    inputs: bytes | None = None
    stages: bytes | None = None


class Answer(msgspec.Struct, frozen=True):
    """How a script ended. `result` is RESULT as JSON, if it was set; a `spent` worker ends after this answer."""

    code: int = 0
    result: bytes | None = None
    failure: Failure | None = None
    spent: bool = False


def send(channel: socket.socket, value: Script | Answer) -> None:
    """Send all of it, or raise OSError."""
    body = msgspec.msgpack.encode(value)
    channel.sendall(len(body).to_bytes(_LENGTH, "big"))
    channel.sendall(body)


def receive(channel: socket.socket, shape: type[_Value]) -> _Value | None:
    """The next value, or None when the other side is gone."""
    head = _read(channel, _LENGTH)
    body = _read(channel, int.from_bytes(head, "big")) if head else None
    return None if body is None else msgspec.msgpack.decode(body, type=shape)


def _read(channel: socket.socket, length: int) -> bytearray | None:
    data = bytearray(length)
    view, got = memoryview(data), 0
    while got < length:
        try:
            count = channel.recv_into(view[got : got + _PIECE])
        except ConnectionResetError:
            return None
        if count == 0:
            return None
        got += count
    return data

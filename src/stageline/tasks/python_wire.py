"""What the engine and a Python worker say to each other, and how: one JSON value after its length, over a socket."""

import socket
from typing import TypeVar

import msgspec

from stageline.model.failure import Failure

_LENGTH = 8
_PIECE = 1 << 20
_Value = TypeVar("_Value")


class Script(msgspec.Struct, frozen=True):
    """A script to run: its text, how it is called in tracebacks, its data, and where what it prints goes."""

    text: str
    name: str
    stdout: str
    stderr: str
    mark: str
    inputs: msgspec.Raw | None = None
    stages: msgspec.Raw | None = None


class Answer(msgspec.Struct, frozen=True):
    """How a script ended. `result` is RESULT as JSON, if it was set; a `spent` worker ends after this answer."""

    code: int = 0
    result: msgspec.Raw | None = None
    failure: Failure | None = None
    spent: bool = False


def send(channel: socket.socket, value: Script | Answer) -> None:
    """Send all of it, or raise OSError."""
    body = msgspec.json.encode(value)
    channel.sendall(len(body).to_bytes(_LENGTH, "big"))
    channel.sendall(body)


def receive(channel: socket.socket, shape: type[_Value]) -> _Value | None:
    """The next value, or None when the other side is gone."""
    head = _read(channel, _LENGTH)
    body = _read(channel, int.from_bytes(head, "big")) if head else None
    return None if body is None else msgspec.json.decode(body, type=shape)


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

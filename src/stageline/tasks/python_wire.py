"""What the engine and a Python worker say to each other: one value after its length, over a socket."""

import socket

import msgspec

from stageline.model.failure import Failure

_LENGTH = 8
_PIECE = 1 << 20


class Order(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """What all orders say: where what is printed goes, the mark, and what surrounds the code.

    `stdout` and `stderr` may be pipes. `path` comes first on `sys.path`.
    """

    stdout: str
    stderr: str
    mark: str
    cwd: str = ""
    env: dict[str, str] = {}
    path: tuple[str, ...] = ()


class Script(Order, frozen=True, kw_only=True):
    """A text that sets RESULT, how it is called in tracebacks, and its data: `inputs` and `stages` are JSON."""

    text: str
    name: str
    inputs: bytes | None = None
    stages: bytes | None = None


class NamesOrder(Order, frozen=True, kw_only=True):
    """A text whose top-level names are its outputs; `vars` is JSON."""

    text: str
    name: str
    vars: bytes


class CallOrder(Order, frozen=True, kw_only=True):
    """A function to find, `a/b@c` or an import path, and its arguments as JSON."""

    uses: str
    args: bytes
    folder: str
    registries: tuple[str, ...] = ()


class Answer(msgspec.Struct, frozen=True):
    """How it ended. `result` is JSON: RESULT if it was set, or the outputs. A `spent` worker ends after this answer."""

    code: int = 0
    result: bytes | None = None
    failure: Failure | None = None
    spent: bool = False


Orders = Script | NamesOrder | CallOrder
_orders: msgspec.msgpack.Decoder[Orders] = msgspec.msgpack.Decoder(Orders)
_answers = msgspec.msgpack.Decoder(Answer)


def send(channel: socket.socket, value: Order | Answer) -> None:
    """Send all of it, or raise OSError."""
    body = msgspec.msgpack.encode(value)
    channel.sendall(len(body).to_bytes(_LENGTH, "big"))
    channel.sendall(body)


def receive_order(channel: socket.socket) -> Orders | None:
    """The next order, or None when the engine is gone."""
    body = _body(channel)
    return None if body is None else _orders.decode(body)


def receive_answer(channel: socket.socket) -> Answer | None:
    """The next answer, or None when the worker is gone."""
    body = _body(channel)
    return None if body is None else _answers.decode(body)


def _body(channel: socket.socket) -> bytearray | None:
    head = _read(channel, _LENGTH)
    return _read(channel, int.from_bytes(head, "big")) if head else None


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

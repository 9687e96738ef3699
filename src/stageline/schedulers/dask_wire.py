"""What the engine and a Dask worker say to each other, as bytes: an order, and how it ended with what was printed."""

from importlib.metadata import version
from typing import Any

import msgspec

from stageline.targets.cancellation import Limit
from stageline.targets.process import Ended
from stageline.tasks.python_wire import Answer, Orders

VERSION = version("stageline")


class Request(msgspec.Struct, frozen=True):
    """An order under a key of its own, and how long it may take once it is begun."""

    key: str
    order: Orders
    limit: Limit | None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The answer, or how the process ended that gave none; and what was printed.

    One that is `timed_out` was ended because its time was over.
    """

    answer: Answer | None = None
    ended: Ended | None = None
    timed_out: bool = False
    stdout: bytes = b""
    stderr: bytes = b""


def _made(kind: type, value: Any) -> Any:
    return kind(value)


_encoder = msgspec.msgpack.Encoder(enc_hook=str)
_requests = msgspec.msgpack.Decoder(Request)
_replies = msgspec.msgpack.Decoder(Reply, dec_hook=_made)


def packed(value: Request | Reply) -> bytes:
    """For the way."""
    return _encoder.encode(value)


def read_request(data: bytes) -> Request:
    """What a worker is asked."""
    return _requests.decode(data)


def read_reply(data: bytes) -> Reply:
    """What it answers."""
    return _replies.decode(data)

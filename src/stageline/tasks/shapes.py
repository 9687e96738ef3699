"""Values made into types, in whichever thread. msgspec finds out about a type when it is first used, and keeps that on
the type while it is still at it: a second thread that uses it then ends the whole process.

So what several threads may be the first to use is converted here.
"""

import contextlib
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import msgspec

T = TypeVar("T")
_one_at_a_time = threading.RLock()


def converted(value: object, shape: type[T], *, strict: bool = True) -> T:
    """The value as one of `shape`, or msgspec's ValidationError."""
    _known(shape)
    return msgspec.convert(value, shape, strict=strict)


def decoded(text: bytes, shape: type[T]) -> T:
    """The JSON text as one of `shape`, or msgspec's DecodeError."""
    _known(shape)
    return msgspec.json.decode(text, type=shape)


def find_out(shape: object) -> None:
    """Have all found out about a type, one thread at a time; what is no type that msgspec knows is left for its use."""
    with _one_at_a_time, contextlib.suppress(TypeError):
        msgspec.json.Decoder(shape)


_known: Callable[[object], None] = lru_cache(maxsize=1024)(find_out)

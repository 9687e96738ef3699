"""Sends one request to an address that was checked before, and reads the answer, within a time and a size.

Whoever cancels, or the clock, cuts the connection; the thread that waits on it then sees it break.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress

import msgspec

from stageline.errors import StagelineError
from stageline.targets.cancellation import Cancellation
from stageline.tasks.http_address import Address
from stageline.tasks.http_request import Request

_PIECE = 1 << 16
_OWN_HEADERS = {"accept": "*/*", "accept-encoding": "identity", "connection": "close", "user-agent": "stageline"}


class TooLarge(StagelineError):
    """The answer is longer than it may be."""


class Response(msgspec.Struct, frozen=True):
    """The answer. Header names are in lower case; a header that came several times is joined by commas."""

    status: int
    headers: dict[str, str]
    body: bytes
    charset: str


class Limits(msgspec.Struct, frozen=True):
    """Until when (monotonic clock) and how much."""

    deadline: float
    body: int

    def left(self) -> float:
        """Seconds; TimeoutError when there are none."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError("out of time")
        return seconds


def exchange(request: Request, addresses: Sequence[Address], limits: Limits, cancellation: Cancellation) -> Response:
    """Send and receive. OSError (TimeoutError, ssl.SSLError ...), http.client.HTTPException or TooLarge."""
    connection = http.client.HTTPConnection(request.host, request.port)
    with _connected(addresses, limits, cancellation) as raw, _cut_off(raw, limits, cancellation):
        connection.sock = _secured(raw, request)
        headers = {**_OWN_HEADERS, "host": request.host_header, **request.headers}
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        if request.body is not None:
            headers.setdefault("content-length", str(len(request.body)))
        for name, text in headers.items():
            connection.putheader(name, text.encode())
        with closing(connection):
            connection.endheaders(request.body)
            with connection.getresponse() as answer:
                return _read(answer, limits)


def _secured(raw: socket.socket, request: Request) -> socket.socket:
    """The connection, over TLS if asked for: verified by the host's name, not by the address that was resolved."""
    if request.scheme == "http":
        return raw
    return ssl.create_default_context().wrap_socket(raw, server_hostname=request.host)


@contextmanager
def _connected(addresses: Sequence[Address], limits: Limits, cancellation: Cancellation) -> Iterator[socket.socket]:
    """A connection to the first address that takes it; the last one's error when none does."""
    last: OSError = OSError("no address")
    for address in addresses:
        raw = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
        with raw:
            try:
                with _cut_off(raw, limits, cancellation):
                    raw.connect(address)
            except OSError as error:
                last = error
                continue
            raw.settimeout(None)
            yield raw
            return
    raise last


@contextmanager
def _cut_off(raw: socket.socket, limits: Limits, cancellation: Cancellation) -> Iterator[None]:
    """Inside, the connection is cut when it is canceled or the time is over; then errors say so."""
    late = threading.Event()
    handle = raw.dup()  # of its own, for TLS takes the given one over

    def cut() -> None:
        with suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)

    def out_of_time() -> None:
        late.set()
        cut()

    timer = threading.Timer(limits.left(), out_of_time)
    timer.daemon = True
    timer.start()
    cancellation.on_cancel(cut)
    try:
        yield
    except (OSError, http.client.HTTPException):
        if not late.is_set():
            raise
    finally:
        timer.cancel()
        cancellation.forget(cut)
        handle.close()
    if late.is_set():
        raise TimeoutError("out of time")
    if cancellation.requested:
        raise ConnectionAbortedError("canceled")


def _read(answer: http.client.HTTPResponse, limits: Limits) -> Response:
    pieces, size = [], 0
    while piece := answer.read(min(_PIECE, limits.body + 1)):
        pieces.append(piece)
        size += len(piece)
        if size > limits.body:
            raise TooLarge(f"the answer is longer than max_body, {limits.body} bytes")
    headers: dict[str, str] = {}
    for title, text in answer.getheaders():
        name = title.lower()
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return Response(answer.status, headers, b"".join(pieces), answer.headers.get_content_charset() or "utf-8")

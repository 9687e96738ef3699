"""Asks a web service. Only the stage's own context decides where a request goes and what it carries.

Every hop of a redirect is checked like the first one. No message shows headers, userinfo or the query.
"""

import http.client
import socket
import ssl
import time
from contextlib import suppress
from typing import Any

import msgspec

from stageline.errors import DocumentError
from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.targets.cancellation import Cancellation
from stageline.tasks.http_address import AddressRefused, Judge, any_address, is_public, resolve
from stageline.tasks.http_exchange import Limits, Response, TooLarge, exchange
from stageline.tasks.http_request import REDIRECTS, Request, follow, make_request, query_text
from stageline.tasks.settings import read_settings
from stageline.tasks.task import RunningStage, Task


class HTTPSettings(msgspec.Struct, frozen=True):
    """What the context of an http stage may hold. `timeout` is for all hops together."""

    url: str
    method: str = "GET"
    headers: dict[str, str] = {}
    params: dict[str, Any] = {}
    body: str | None = None
    json: Any = msgspec.UNSET
    timeout: float = 30.0
    allow_private: bool = False
    expected_status: int | list[int] | None = None
    max_body: int = 10 * 1024 * 1024
    max_redirects: int = 5


class HTTPTask(Task):
    """Puts out status_code, headers and body, and the value of a JSON body as json."""

    def __init__(self, may_ask: Judge = is_public) -> None:
        self._may_ask = may_ask

    def execute(self, stage: RunningStage) -> TaskResult:
        settings = read_settings(stage, HTTPSettings)
        cancellation = stage.execution.cancellation
        try:
            request = first_request(settings)
        except DocumentError as error:
            raise DocumentError(f"stage '{stage.ref_id}': {error}") from error
        try:
            response = self._fetch(request, settings, cancellation)
        except (OSError, http.client.HTTPException, TooLarge, AddressRefused, DocumentError) as error:
            if cancellation.requested:
                return TaskResult.canceled(cancellation.reason)
            return TaskResult.failed(failure_of(error, request))
        return _answered(response, settings, request)

    def _fetch(self, request: Request, settings: HTTPSettings, cancellation: Cancellation) -> Response:
        may_ask = any_address if settings.allow_private else self._may_ask
        limits = Limits(time.monotonic() + settings.timeout, settings.max_body)
        for _ in range(settings.max_redirects + 1):
            addresses = resolve(request.host, request.port, may_ask, limits.left(), cancellation)
            response = exchange(request, addresses, limits, cancellation)
            location = response.headers.get("location")
            if response.status not in REDIRECTS or location is None or _is_expected(response.status, settings, False):
                return response
            request = follow(request, response.status, location)
        raise http.client.HTTPException(f"more than {settings.max_redirects} redirects")


def first_request(settings: HTTPSettings) -> Request:
    """The request that the settings describe."""
    headers, body = dict(settings.headers), None
    if settings.json is not msgspec.UNSET:
        if settings.body is not None:
            raise DocumentError("a request has a body or json, not both")
        body = msgspec.json.encode(settings.json)
        if not any(name.lower() == "content-type" for name in headers):
            headers["content-type"] = "application/json"
    elif settings.body is not None:
        body = settings.body.encode()
    if not settings.timeout > 0:
        raise DocumentError(f"timeout is a number of seconds above 0, not {settings.timeout}")
    return make_request(settings.method, settings.url, headers, query_text(settings.params), body)


def _is_expected(status: int, settings: HTTPSettings, default: bool) -> bool:
    match settings.expected_status:
        case None:
            return default
        case int() as one:
            return status == one
        case several:
            return status in several


def _answered(response: Response, settings: HTTPSettings, request: Request) -> TaskResult:
    outputs: dict[str, Any] = {
        "status_code": response.status,
        "body": _text(response),
        "headers": response.headers,
    }
    if "json" in response.headers.get("content-type", "").partition(";")[0]:
        with suppress(msgspec.DecodeError):
            outputs["json"] = msgspec.json.decode(response.body)
    if _is_expected(response.status, settings, 200 <= response.status < 300):
        return TaskResult.success(outputs)
    status = http.client.responses.get(response.status, "")
    message = f"{request.shown} answered {response.status} {status}".rstrip()
    names = ("status", f"{response.status // 100}xx")
    return TaskResult.failed(Failure(message, code=response.status, names=names), outputs)


def _text(response: Response) -> str:
    try:
        text = response.body.decode(response.charset, "replace")
    except LookupError:
        text = response.body.decode("utf-8", "replace")
    return text.replace("\0", "�")


def failure_of(error: Exception, request: Request) -> Failure:
    """What went wrong, in words that name the place and hide the secrets."""
    names = tuple(one.__name__ for one in type(error).__mro__ if one is not object)
    cause, permanent = Cause.EXCEPTION, False
    match error:
        case AddressRefused() | DocumentError():
            cause, permanent, why = Cause.DOCUMENT, True, str(error)
        case TimeoutError():
            cause, why = Cause.TIMEOUT, "no answer in time"
        case ConnectionRefusedError():
            why = "connection refused: nothing listens there"
        case ssl.SSLCertVerificationError():
            why = f"the server's certificate is not valid for it: {error.verify_message}"
        case ssl.SSLError():
            why = f"TLS: {error.reason or 'the connection could not be secured'}"
        case TooLarge():
            cause, permanent, why = Cause.OUTPUT, True, str(error)
        case _:
            why = _other(error)
    return Failure(f"{request.shown}: {why}", cause, names=names, permanent=permanent)


def _other(error: Exception) -> str:
    match error:
        case socket.gaierror():
            return f"the name of the host cannot be resolved: {error.strerror}"
        case http.client.RemoteDisconnected() | ConnectionResetError():
            return "the server closed the connection without an answer"
        case OSError():
            return error.strerror or type(error).__name__
        case _:
            return f"no proper answer: {error}"

"""A request as a value, and what a redirect makes of it. Secrets (userinfo, query, headers) are never shown. Pure."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlencode, urljoin, urlsplit

import msgspec

from stageline.errors import DocumentError

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_PRIVATE_HEADER = re.compile(r"auth|cookie|token|secret|key|password|session|signature", re.IGNORECASE)
_BODY_HEADERS = ("content-type", "content-length", "content-encoding")
_PORTS = {"http": 80, "https": 443}


class Request(msgspec.Struct, frozen=True):
    """One request, to be sent to `host` and `port`. `target` is the path with the query."""

    method: str
    scheme: str
    host: str
    port: int
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None

    @property
    def origin(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def shown(self) -> str:
        """Where it goes, fit for messages and logs."""
        return f"{self.method} {self.scheme}://{self.host_header}{self.target.partition('?')[0]}"


def make_request(method: str, url: str, headers: Mapping[str, str], query: str, body: bytes | None) -> Request:
    """A checked request; DocumentError says what is wrong, without what may be secret."""
    parts = _split(url)
    _check(method, headers)
    headers = {name.lower(): text for name, text in headers.items()}
    if parts.username is not None:
        userinfo = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers.setdefault("authorization", "Basic " + base64.b64encode(userinfo.encode()).decode())
    joined = "&".join(text for text in (parts.query, query) if text)
    return _request(method.upper(), parts, joined, headers, body)


def follow(request: Request, status: int, location: str) -> Request:
    """The request that a redirect asks for. Another origin gets no credentials; a GET takes no body along."""
    parts = _split(urljoin(f"{request.scheme}://{request.host_header}{request.target}", location))
    method, headers, body = request.method, dict(request.headers), request.body
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        method, body = "GET", None
        headers = {name: text for name, text in headers.items() if name not in _BODY_HEADERS}
    after = _request(method, parts, parts.query, headers, body)
    if after.origin != request.origin:
        kept = {name: text for name, text in headers.items() if not _PRIVATE_HEADER.search(name) and name != "host"}
        after = msgspec.structs.replace(after, headers=kept)
    return after


def query_text(params: Mapping[str, object]) -> str:
    """Parameters as a query; a list is its name several times."""
    return urlencode({name: _plain(value) for name, value in params.items()}, doseq=True)


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _request(method: str, parts: SplitResult, query: str, headers: Mapping[str, str], body: bytes | None) -> Request:
    target = _quoted(parts.path or "/") + (f"?{_quoted(query)}" if query else "")
    port = parts.port if parts.port is not None else _PORTS[parts.scheme]
    return Request(method, parts.scheme, _host(parts), port, target, headers, body)


def _quoted(text: str) -> str:
    """Only what may stand in a request's first line; what is quoted already stays as it is."""
    return "".join(char if "!" <= char <= "~" else "".join(f"%{byte:02X}" for byte in char.encode()) for char in text)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        host, port = _host(parts), parts.port
    except ValueError:
        raise DocumentError("url is not a web address like https://host/path") from None
    if parts.scheme not in _PORTS:
        raise DocumentError(f"url begins with http:// or https://, not {parts.scheme or 'no scheme'!r}")
    if not host or port == 0:
        raise DocumentError("url names no host")
    return parts


def _host(parts: SplitResult) -> str:
    """The host as the name service knows it; an IPv6 address as it is."""
    host = parts.hostname or ""
    return host if ":" in host else host.encode("idna").decode()


def _check(method: str, headers: Mapping[str, str]) -> None:
    if not _TOKEN.fullmatch(method):
        raise DocumentError(f"method is a word such as GET or POST, not {method!r}")
    for name, text in headers.items():
        if not _TOKEN.fullmatch(name):
            raise DocumentError(f"headers: {name!r} is no name of a header")
        if any(char in text for char in "\r\n\0") or not text.isprintable():
            raise DocumentError(f"headers: the value of {name!r} has characters that no header can hold")

"""The http task against a real server on this machine."""

from __future__ import annotations

import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from stageline.errors import DocumentError
from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.tasks.http import HTTPTask
from stageline.tasks.http_address import is_public
from stageline.tasks.registry import TaskRegistry
from tests.contract.tasks.running import Stages, execute
from tests.not_run import not_run

SECRET = "s3cr3t-v4lue"


class Handler(BaseHTTPRequestHandler):
    """Echoes requests as JSON; the path says what else to do: /status/418, /to?URL, /bytes/N, /slow, /endless."""

    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        url = urlsplit(self.path)
        _, what, *rest = url.path.split("/")
        match what:
            case "to":
                self._send(int(rest[0]), b"", {"Location": url.query})
            case "status":
                self._send(int(rest[0]), b"what it is", {})
            case "bytes":
                self._send(200, b"x" * int(rest[0]), {"Content-Type": "text/plain"})
            case "latin":
                self._send(200, "für".encode("latin-1"), {"Content-Type": "text/plain; charset=latin-1"})
            case "broken":
                self._send(200, b"{no json", {"Content-Type": "application/json"})
            case "slow":
                time.sleep(5)
            case "endless":
                self._drip()
            case "cut":
                self.connection.shutdown(socket.SHUT_RDWR)
            case _:
                self._echo(url.path, url.query)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815, the library wants these names

    def _echo(self, path: str, query: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        headers = {name.lower(): text for name, text in self.headers.items()}
        seen = {"method": self.command, "path": path, "query": parse_qs(query), "headers": headers, "body": body}
        self._send(200, json.dumps(seen).encode(), {"Content-Type": "application/json", "X-One": "1"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(100):
            self.wfile.write(b"x")
            time.sleep(0.05)

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of some tests."""


@contextmanager
def serve(host: str, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    server = Server((host, 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"{'https' if tls else 'http'}://{host}:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serve("127.0.0.1") as url:
        yield url


@pytest.fixture(scope="module")
def other_server() -> Iterator[str]:
    with serve("127.0.0.2") as url:
        yield url


class HTTP:
    """Makes one request as a stage; private addresses are allowed, as the test's server has one."""

    def __init__(self, registry: TaskRegistry, stages: Stages) -> None:
        self.task = registry.get("http")
        self.stages = stages

    def __call__(self, url: str, **context: object) -> TaskResult:
        return execute(self.task, self.stages({"url": url, "allow_private": True, **context}))

    def failure(self, url: str, **context: object) -> Failure:
        result = self(url, **context)
        assert result.status is Status.FAILED, result
        assert result.failure is not None
        return result.failure


@pytest.fixture
def http(registry: TaskRegistry, stages: Stages) -> HTTP:
    return HTTP(registry, stages)


def test_puts_out_status_headers_body_and_the_json_in_it(http: HTTP, server: str) -> None:
    result = http(f"{server}/a%20b?x=1", params={"y": [2, 3], "z": True, "ü": "ä b"}, headers={"X-Mine": "yes"})
    assert result.status is Status.SUCCEEDED
    assert result.outputs["status_code"] == 200
    assert result.outputs["headers"]["x-one"] == "1"
    seen = result.outputs["json"]
    assert json.loads(result.outputs["body"]) == seen
    assert (seen["method"], seen["path"]) == ("GET", "/a%20b")
    assert seen["query"] == {"x": ["1"], "y": ["2", "3"], "z": ["true"], "ü": ["ä b"]}
    assert seen["headers"]["x-mine"] == "yes"
    assert seen["headers"]["host"] == server.removeprefix("http://")


def test_sends_a_body_or_json(http: HTTP, server: str) -> None:
    seen = http(server, method="post", json={"a": [1]}).outputs["json"]
    assert (seen["method"], seen["body"]) == ("POST", '{"a":[1]}')
    assert seen["headers"]["content-type"] == "application/json"
    seen = http(server, method="PUT", body="text ü", headers={"Content-Type": "text/plain"}).outputs["json"]
    assert (seen["body"], seen["headers"]["content-type"]) == ("text ü", "text/plain")


def test_a_body_is_read_in_its_own_encoding(http: HTTP, server: str) -> None:
    assert http(f"{server}/latin").outputs["body"] == "für"


def test_what_only_says_that_it_is_json_is_text(http: HTTP, server: str) -> None:
    outputs = http(f"{server}/broken").outputs
    assert outputs["body"] == "{no json"
    assert "json" not in outputs


def test_a_head_request_has_no_body(http: HTTP, server: str) -> None:
    assert http(server, method="HEAD").outputs["body"] == ""


def test_an_unexpected_status_is_a_failure_that_keeps_the_answer(http: HTTP, server: str) -> None:
    result = http(f"{server}/status/503")
    assert result.failure is not None
    assert "answered 503 Service Unavailable" in result.failure.message
    assert result.failure.matches("task:503")
    assert result.failure.matches("task:5xx")
    assert result.outputs["status_code"] == 503
    assert result.outputs["body"] == "what it is"


def test_another_status_may_be_expected(http: HTTP, server: str) -> None:
    assert http(f"{server}/status/404", expected_status=404).status is Status.SUCCEEDED
    assert http(f"{server}/status/404", expected_status=[200, 404]).status is Status.SUCCEEDED
    assert http(server, expected_status=404).status is Status.FAILED
    assert http(f"{server}/to/302?/x", expected_status=302).outputs["status_code"] == 302


def test_redirects_are_followed(http: HTTP, server: str) -> None:
    seen = http(f"{server}/to/301?/there", method="POST", body="data").outputs["json"]
    assert (seen["method"], seen["path"], seen["body"]) == ("GET", "/there", "")
    seen = http(f"{server}/to/307?/there", method="POST", body="data").outputs["json"]
    assert (seen["method"], seen["path"], seen["body"]) == ("POST", "/there", "data")


def test_redirects_in_a_circle_end(http: HTTP, server: str) -> None:
    assert "more than 5 redirects" in http.failure(f"{server}/to/302?/to/302").message


def test_credentials_stay_with_the_origin_that_they_were_meant_for(http: HTTP, server: str, other_server: str) -> None:
    headers = {"Authorization": SECRET, "Cookie": SECRET, "X-Api-Key": SECRET, "X-Plain": "kept"}
    seen = http(f"{server}/to/302?/there", headers=headers).outputs["json"]
    assert seen["headers"]["authorization"] == SECRET
    seen = http(f"{server}/to/302?{other_server}/there", headers=headers).outputs["json"]
    assert seen["path"] == "/there"
    assert seen["headers"]["x-plain"] == "kept"
    assert SECRET not in str(seen)


HOSTS = ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"]  # noqa: S104


@pytest.mark.parametrize("host", HOSTS)
def test_private_addresses_are_refused_unless_allowed(http: HTTP, server: str, host: str) -> None:
    port = server.rpartition(":")[2]
    failure = http.failure(f"http://{host}:{port}/", allow_private=False)
    assert "not public" in failure.message
    assert "allow_private" in failure.message
    assert failure.permanent


def test_a_redirect_to_a_private_address_is_refused(stages: Stages, server: str) -> None:
    """The first server stands in for a public one: its address alone is let through."""
    task = HTTPTask(may_ask=lambda address: address == "127.0.0.1" or is_public(address))
    assert execute(task, stages({"url": server})).status is Status.SUCCEEDED
    result = execute(task, stages({"url": f"{server}/to/302?http://127.0.0.2:1/latest/meta-data"}))
    assert result.failure is not None
    assert "127.0.0.2" in result.failure.message
    assert "not public" in result.failure.message


def test_a_redirect_to_another_scheme_is_refused(http: HTTP, server: str) -> None:
    assert "http:// or https://" in http.failure(f"{server}/to/302?file:///etc/passwd").message


def test_nothing_secret_is_in_a_failure(http: HTTP, server: str, caplog: pytest.LogCaptureFixture) -> None:
    host = server.removeprefix("http://")
    headers = {"Authorization": f"Bearer {SECRET}"}
    url = f"http://user:{SECRET}@{host}/status/500?token={SECRET}"
    for failure in (
        http.failure(url, headers=headers, params={"key": SECRET}),
        http.failure(f"http://user:{SECRET}@127.0.0.1:1/?token={SECRET}", headers=headers),
        http.failure(f"http://user:{SECRET}@no-such-host.invalid/?token={SECRET}", headers=headers),
        http.failure(url.replace("/status/500", "/cut"), headers=headers),
    ):
        assert SECRET not in str(failure)
        assert SECRET not in repr(failure)
    assert SECRET not in caplog.text


def test_nothing_secret_is_in_an_error_of_the_document(http: HTTP) -> None:
    for url, headers in (
        (f"http://user:{SECRET}@host:port/", {}),
        ("http://host/", {"Authorization": f"{SECRET}\r\nX: y"}),
    ):
        with pytest.raises(DocumentError) as raised:
            http(url, headers=headers)
        assert SECRET not in str(raised.value)


def test_userinfo_becomes_an_authorization(http: HTTP, server: str) -> None:
    seen = http(server.replace("://", "://me:p%40ss@")).outputs["json"]
    assert seen["headers"]["authorization"] == "Basic bWU6cEBzcw=="


def test_what_other_stages_put_out_does_not_change_a_request(
    registry: TaskRegistry, stages: Stages, server: str
) -> None:
    evil = {"url": "http://127.0.0.1:1/", "headers": {"X-Evil": "1"}, "params": {"evil": 1}, "method": "DELETE"}
    stage = stages({"url": server, "allow_private": True}, inputs=evil)
    seen = execute(registry.get("http"), stage).outputs["json"]
    assert (seen["method"], seen["query"]) == ("GET", {})
    assert "x-evil" not in seen["headers"]


def test_a_closed_port_is_told(http: HTTP) -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        failure = http.failure(f"http://127.0.0.1:{unused.getsockname()[1]}/")
    assert "connection refused" in failure.message
    assert failure.matches("exception:ConnectionRefusedError")


def test_an_unknown_host_is_told(http: HTTP) -> None:
    assert "no-such-host.invalid: the name of the host cannot be resolved" in (
        http.failure("http://no-such-host.invalid/").message.replace("/:", ":")
    )


def test_a_server_that_hangs_up_is_told(http: HTTP, server: str) -> None:
    assert "closed the connection" in http.failure(f"{server}/cut").message


@pytest.mark.parametrize("path", ["slow", "endless"])
def test_the_time_limit_holds_for_the_whole_exchange(http: HTTP, server: str, path: str) -> None:
    begun = time.monotonic()
    failure = http.failure(f"{server}/{path}", timeout=0.3)
    assert failure.cause is Cause.TIMEOUT
    assert time.monotonic() - begun < 1.5


@pytest.mark.parametrize("path", ["slow", "endless"])
def test_cancel_cuts_the_connection(registry: TaskRegistry, stages: Stages, server: str, path: str) -> None:
    stage = stages({"url": f"{server}/{path}", "allow_private": True})
    threading.Timer(0.2, stage.execution.cancellation.cancel, ("no longer wanted",)).start()
    begun = time.monotonic()
    result = execute(registry.get("http"), stage)
    assert time.monotonic() - begun < 1
    assert result.status is Status.CANCELED


def test_cancel_reaches_a_connection_that_is_not_there_yet(registry: TaskRegistry, stages: Stages) -> None:
    with closing(socket.socket()) as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        stage = stages({"url": f"http://127.0.0.1:{address[1]}/", "allow_private": True})
        threading.Timer(0.2, stage.execution.cancellation.cancel, ("no longer wanted",)).start()
        begun = time.monotonic()
        result = execute(registry.get("http"), stage)
        for one in waiting:
            one.close()
    assert result.status is Status.CANCELED
    assert time.monotonic() - begun < 1


def test_too_long_an_answer_is_refused(http: HTTP, server: str) -> None:
    assert http(f"{server}/bytes/1000", max_body=1000).status is Status.SUCCEEDED
    failure = http.failure(f"{server}/bytes/1001", max_body=1000)
    assert "max_body" in failure.message
    assert failure.cause is Cause.OUTPUT


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Self-signed, for the name `localhost`; certificate and key in one file."""
    if not shutil.which("openssl"):
        not_run("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(folder / "key"), "-out", str(folder / "cert")]
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files]
    subprocess.run(argv, check=True, capture_output=True)
    (folder / "both").write_text((folder / "cert").read_text() + (folder / "key").read_text())
    return folder / "both"


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[str]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    with serve("127.0.0.1", tls) as url:
        yield url


def test_a_certificate_is_verified_by_the_hosts_name(
    http: HTTP, tls_server: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_name = tls_server.replace("127.0.0.1", "localhost")
    failure = http.failure(by_name)
    assert "certificate is not valid" in failure.message
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert http(by_name).outputs["json"]["method"] == "GET"
    assert "certificate is not valid" in http.failure(tls_server).message


def test_cancel_cuts_a_secured_connection(
    registry: TaskRegistry, stages: Stages, tls_server: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    url = tls_server.replace("127.0.0.1", "localhost")
    stage = stages({"url": f"{url}/endless", "allow_private": True})
    threading.Timer(0.3, stage.execution.cancellation.cancel, ("no longer wanted",)).start()
    begun = time.monotonic()
    assert execute(registry.get("http"), stage).status is Status.CANCELED
    assert time.monotonic() - begun < 1


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ({}, "needs `url`"),
        ({"url": "ftp://host/"}, "http:// or https://"),
        ({"url": "host/path"}, "http:// or https://"),
        ({"url": "http:///path"}, "names no host"),
        ({"url": "http://h/", "method": "GET /x"}, "method is a word"),
        ({"url": "http://h/", "headers": {"A B": "c"}}, "no name of a header"),
        ({"url": "http://h/", "headers": {"A": "b\r\nC: d"}}, "characters that no header can hold"),
        ({"url": "http://h/", "body": "x", "json": 1}, "not both"),
        ({"url": "http://h/", "timeout": 0}, "timeout"),
    ],
)
def test_a_wrong_context_is_told(
    registry: TaskRegistry, stages: Stages, context: dict[str, object], words: str
) -> None:
    with pytest.raises(DocumentError, match=f"stage 'work'.*{words}"):
        execute(registry.get("http"), stages(context))

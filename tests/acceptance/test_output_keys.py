"""The keys that each type of task puts out."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from stageline.testing import run_workflow
from tests.acceptance.stages import python, shell, stage, workflow


class Clerk(BaseHTTPRequestHandler):
    """Answers every GET with a little JSON."""

    def do_GET(self) -> None:
        body = json.dumps({"path": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[str]:
    """A web service on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Clerk) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_shell() -> None:
    result = run_workflow(workflow(shell("a", "echo out; echo err >&2; exit 0")))

    assert result.stage("a").outputs == {"stdout": "out\n", "stderr": "err\n", "exit_code": 0, "returncode": 0}


def test_shell_keeps_them_when_it_fails() -> None:
    result = run_workflow(workflow(shell("a", "echo out; exit 3")))

    assert str(result.stage("a").status) == "FAILED"
    assert result.stage("a").outputs == {"stdout": "out\n", "stderr": "", "exit_code": 3, "returncode": 3}


def test_python() -> None:
    result = run_workflow(workflow(python("a", "print('out')\nRESULT = {'x': [1, None, 'é']}")))

    expected = {"stdout": "out\n", "stderr": "", "exit_code": 0, "result": {"x": [1, None, "é"]}}
    assert result.stage("a").outputs == expected


def test_python_without_result() -> None:
    result = run_workflow(workflow(python("a", "print('out')")))

    assert result.stage("a").outputs == {"stdout": "out\n", "stderr": "", "exit_code": 0}


def test_http(web: str) -> None:
    result = run_workflow(workflow(stage("a", "http", url=f"{web}/shelf", params={"n": 2}, allow_private=True)))

    outputs = result.stage("a").outputs
    assert outputs["status_code"] == 200
    assert json.loads(outputs["body"]) == outputs["json"] == {"path": "/shelf?n=2"}
    assert outputs["headers"]["content-type"] == "application/json"


def test_docker(container_engine: str, container_image: str) -> None:
    context = {"engine": container_engine, "image": container_image, "command": ["echo", "from a container"]}

    result = run_workflow(workflow(stage("a", "docker", **context)), timeout=60)

    outputs = result.stage("a").outputs
    assert {key: outputs[key] for key in ("stdout", "stderr", "exit_code")} == {
        "stdout": "from a container\n",
        "stderr": "",
        "exit_code": 0,
    }


def test_docker_detached(container_engine: str, container_image: str) -> None:
    begin = {"engine": container_engine, "image": container_image, "command": ["sleep", "60"], "detach": True}
    end = 'RESULT = STAGES["begin"]["container_id"]'

    result = run_workflow(workflow(stage("begin", "docker", **begin), python("id", end, "begin")), timeout=60)

    container = result.stage("id").outputs["result"]
    assert len(container) == 64
    tidy = stage("tidy", "docker", engine=container_engine, action="stop", container=container, grace=0)
    assert str(run_workflow(workflow(tidy), timeout=60).status) == "SUCCEEDED"

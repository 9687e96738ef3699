"""The example workflows do what they say, each copied to a folder of its own and run by the installed command."""

import json
import shutil
import sqlite3
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from stageline.load.nodes import plain
from stageline.load.read import read_documents
from tests.acceptance.program import ROOT
from tests.contract.cli.calling import Project, Said, end, statuses, until

EXAMPLES = ROOT / "examples"
FILES = {path.parent.name: path.name for path in sorted(EXAMPLES.glob("*/*.yml"))}


def example(name: str, folder: Path) -> Project:
    """The example, in a folder of its own."""
    shutil.copytree(EXAMPLES / name, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return Project(folder)


def succeeded(said: Said) -> str:
    """What a run that went well says."""
    assert said.code == 0, said
    return said.out


def test_all_ten_are_there() -> None:
    assert len(FILES) == 10


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/*.yml")), ids=lambda path: path.name)
def test_each_passes_the_check_and_says_what_it_shows(path: Path) -> None:
    assert path.read_text().startswith("# ")
    succeeded(Project(path.parent).call("check", path.name))


def test_editors_find_no_mistake_in_them(tmp_path: Path) -> None:
    schema = Draft202012Validator(Project(tmp_path).call("schema").json)
    paths = [*EXAMPLES.glob("*/*.yml"), EXAMPLES / "demo.yml"]
    values = {path.name: plain(node) for path in paths for node in read_documents(path.read_text(), path.name)}
    wrong = {name: [mistake.message for mistake in schema.iter_errors(value)] for name, value in values.items()}
    assert {name: messages for name, messages in wrong.items() if messages} == {}


def test_the_demo_shows_its_result(tmp_path: Path) -> None:
    said = succeeded(Project(tmp_path).call("run", str(EXAMPLES / "demo.yml"), "--home", ".stageline"))
    assert "says       tell  sum 420, from 4 to 95, 6 even" in said
    assert (tmp_path / ".stageline" / "stageline.db").exists()


def test_orders_are_loaded_once_however_often(tmp_path: Path) -> None:
    project = example("etl", tmp_path)
    for _ in range(2):
        said = succeeded(project.call("run", "etl.yml", "-p", "day=2025-05-01"))
        assert "4 orders of 2025-05-01, 62.50 in all" in said
    with closing(sqlite3.connect(tmp_path / "orders.db")) as connection:
        assert connection.execute("select count(*), round(sum(amount), 2) from orders").fetchone() == (4, 62.5)


def test_a_source_that_is_away_is_asked_again(tmp_path: Path) -> None:
    project = example("etl", tmp_path)
    said = project.call("run", "etl.yml", "-p", "day=2025-05-01", "-p", "source=away.csv")
    assert said.code == 1
    assert said.out.count("to be tried again in") == 4
    assert "FileNotFoundError" in said.err

    shutil.copy(tmp_path / "data" / "orders.csv", tmp_path / "away.csv")
    assert "62.50 in all" in succeeded(project.call("retry"))


def test_a_bad_day_is_not_loaded(tmp_path: Path) -> None:
    project = example("etl", tmp_path)
    said = project.call("run", "etl.yml", "-p", "day=2025-05-02")
    assert said.code == 1
    assert "1 rows of 2025-05-02 cannot be read" in said.err
    assert not (tmp_path / "orders.db").exists()


class Service(BaseHTTPRequestHandler):
    """A service whose job is done when it has been asked after three times."""

    asked = 0

    def do_POST(self) -> None:
        report = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["report"]
        self._answer({"id": f"{report}-7"})

    def do_GET(self) -> None:
        if self.path.endswith("/result"):
            self._answer({"answer": 42})
        else:
            Service.asked += 1
            self._answer({"state": "done" if Service.asked >= 3 else "running"})

    def _answer(self, value: Any) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@contextmanager
def service() -> Iterator[str]:
    """The service on some port of this machine, and its address."""
    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_job_is_asked_after_until_it_is_done(tmp_path: Path) -> None:
    project = example("polling", tmp_path)
    with service() as url:
        said = succeeded(project.call("run", "polling.yml", "-p", f"url={url}"))
    assert "job monthly-7 says 42" in said
    (wait,) = (stage for stage in project.last()["stages"] if stage["ref"] == "wait")
    assert len(wait["outputs"]["until"]) == 3


def test_each_file_is_counted(tmp_path: Path) -> None:
    assert "10 words in 3 files" in succeeded(example("fan-out", tmp_path).call("run", "fan-out.yml"))


def test_what_is_approved_is_published(tmp_path: Path) -> None:
    project = example("approval", tmp_path)
    waiting = project.begin("run", "release.yml")
    until(lambda: project.runs() and statuses(project.last())["ask"] == "SUSPENDED")
    succeeded(project.call("signal", project.runs()[0]["id"], "ask", "approved=true", "by=Ada"))
    succeeded(end(waiting))
    assert (tmp_path / "published.txt").read_text() == "program 1.0\n"
    assert "published, as Ada said" in project.call("log").out


def test_what_is_not_approved_is_not_published(tmp_path: Path) -> None:
    project = example("approval", tmp_path)
    waiting = project.begin("run", "release.yml")
    until(lambda: project.runs() and statuses(project.last())["ask"] == "SUSPENDED")
    succeeded(project.call("signal", project.runs()[0]["id"], "ask", "approved=false"))
    assert end(waiting).code == 1
    assert not (tmp_path / "published.txt").exists()


def test_the_matrix_is_tested_and_packed(tmp_path: Path) -> None:
    project = example("test-matrix", tmp_path)
    succeeded(project.call("run", "ci.yml"))
    run = project.last()
    assert statuses(run) == {"lint": "SUCCEEDED", "test": "SUCCEEDED", "pack": "SUCCEEDED"}
    (test,) = (stage for stage in run["stages"] if stage["ref"] == "test")
    assert sorted(test["outputs"]["matrix"]) == ["C-plain", "C.UTF-8-plain", "C.UTF-8-strict-error"]
    assert (tmp_path / "slugs.tar.gz").exists()


def test_one_combination_that_fails_lets_the_others_run_and_nothing_is_packed(tmp_path: Path) -> None:
    project = example("test-matrix", tmp_path)
    tests = tmp_path / "slugs" / "test_slugs.py"
    tests.write_text(tests.read_text().replace('"bung-1"', '"ubung-1"'))
    said = project.call("run", "ci.yml")
    assert said.code == 1
    assert "C.UTF-8-strict-error" in said.err
    (test,) = (stage for stage in project.last()["stages"] if stage["ref"] == "test")
    assert {key: one["status"] for key, one in test["outputs"]["matrix"].items()} == {
        "C-plain": "SUCCEEDED",
        "C.UTF-8-plain": "SUCCEEDED",
        "C.UTF-8-strict-error": "FAILED",
    }
    assert not (tmp_path / "slugs.tar.gz").exists()


def test_a_workflow_for_each_region(tmp_path: Path) -> None:
    project = example("sub-workflows", tmp_path)
    assert 'sales of the night: 105.0 ({"north": 45.0, "south": 60.0})' in succeeded(project.call("run", "night.yml"))
    every = project.call("list", "--all", "--json").json["runs"]
    assert sorted(run["name"] for run in every) == ["night", "region", "region"]
    succeeded(project.call("run", "region.yml", "-p", "region=north"))


def test_what_goes_wrong_is_undone_and_the_lock_is_given_back(tmp_path: Path) -> None:
    project = example("try-catch-finally", tmp_path)
    succeeded(project.call("run", "refresh.yml"))
    assert (tmp_path / "table.csv").read_text() == "id,name\n1,ada\n"

    said = succeeded(project.call("run", "refresh.yml", "-p", "broken=true"))
    assert "'check' failed: " in said
    assert (tmp_path / "table.csv").read_text() == "id,name\n1,ada\n"
    assert not (tmp_path / "table.lock").exists()


def test_packages_of_its_own(tmp_path: Path) -> None:
    project = example("virtual-python", tmp_path)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    said = project.call("run", "areas.yml", "-p", f"version={version}", env={"UV_OFFLINE": "1"})
    assert "areas [6, 20], 26 in all" in succeeded(said)


def test_a_script_in_a_container(tmp_path: Path, container_engine: str, container_image: str) -> None:
    project = example("containers", tmp_path)
    given = ("-p", f"image={container_image}", "-p", f"engine={container_engine}")
    said = succeeded(project.call("run", "containers.yml", *given))
    assert "a b c" in said
    assert f"sorted by container, in {tmp_path}" in project.call("log").out
    assert (tmp_path / "sorted.txt").stat().st_uid == tmp_path.stat().st_uid


def test_a_secret_is_nowhere_to_be_seen(tmp_path: Path) -> None:
    project = example("secrets", tmp_path)
    token = "correct-horse-battery"
    said = project.call("run", "secrets.yml", env={"STAGELINE_SECRET_TOKEN": token})
    assert "the token is ***" in succeeded(said)
    assert (tmp_path / "fingerprint.txt").exists()
    kept = [path for path in (tmp_path / ".stageline").rglob("*") if path.is_file()]
    assert [path for path in kept if token.encode() in path.read_bytes()] == []

    without = project.call("run", "secrets.yml")
    assert without.code == 2
    assert "STAGELINE_SECRET_TOKEN" in without.err

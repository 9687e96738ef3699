"""How stages get to targets: few arrays for many, and patience with who does not answer."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.cli.calling import Project, end, statuses, until
from tests.contract.schedulers.programs import Programs

MANY = """
stages:
  - name: each
    foreach: "${{ range(100) | list }}"
    concurrent: all
    runs-on: {target: there, resources: {cpus: 1, mem: 20M, time: 5m, sbatch_opts: ["--nice=1"]}}
    stages: [{name: a, bash: "echo ${{ item }}"}]
"""


@pytest.fixture
def cluster(project: Project, programs: Programs, base: Path) -> Programs:
    """A cluster whose calls are counted, as the target `there`."""
    project.env.update(os.environ | project.env, PATH=os.environ["PATH"])
    project.write("stageline.toml", f'[targets.there]\nbase_path = "{base}"\nscheduler = "slurm"\n')
    return programs


def test_a_hundred_equal_stages_go_in_few_arrays(project: Project, cluster: Programs) -> None:
    project.write("w.yml", MANY)
    run = project.run("w.yml")
    said = [scope["stages"][0]["outputs"]["stdout"] for scope in run["stages"][0]["stages"]]
    assert said == [f"{number}\n" for number in range(100)]
    assert cluster.calls("sbatch") <= 5


def test_what_the_cluster_refuses_fails_the_stage_in_its_words(project: Project, cluster: Programs) -> None:
    text = "stages: [{name: a, bash: a, runs-on: {target: there, resources: {partition: none}}}]"
    project.write("w.yml", text)
    error = project.run("w.yml")["stages"][0]["error"]
    assert "Slurm refuses the job" in error["message"]


def test_more_memory_than_asked_for_is_told_as_such(project: Project, cluster: Programs) -> None:
    text = """
stages:
  - name: a
    runs-on: {target: there, resources: {cpus: 1, mem: 50M, time: 5m}}
    run: "print('early', flush=True)\\nx = len(bytearray(300_000_000))\\nimport time\\ntime.sleep(60)"
"""
    project.write("w.yml", text)
    stage = project.run("w.yml")["stages"][0]
    assert stage["error"]["cause"] == "out-of-memory"
    assert "on target 'there': job " in stage["error"]["message"]


class Door:
    """Lets connections through to a port, or not."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._inside: set[socket.socket] = set()
        self.is_open = True
        threading.Thread(target=self._serve, daemon=True).start()

    def shut(self) -> None:
        """Let nobody in, and break off who is."""
        self.is_open = False
        for one in list(self._inside):
            one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Shut it for good."""
        self.shut()
        self._server.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        with self._server, contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._let_in, args=self._server.accept()[:1], daemon=True).start()

    def _let_in(self, inner: socket.socket) -> None:
        with inner, contextlib.suppress(OSError):
            if self.is_open:
                self._inside.add(inner)
                with socket.create_connection(("127.0.0.1", self._to)) as outer:
                    back = threading.Thread(target=_copy, args=(outer, inner), daemon=True)
                    back.start()
                    _copy(inner, outer)
                    back.join()
        self._inside.discard(inner)


def _copy(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(1 << 16):
            other.sendall(data)
    for each in (one, other):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def door(ssh_config: Path, project: Project, base: Path, tmp_path: Path) -> Iterator[Door]:
    """The way to the host of the target `there`."""
    lines = ssh_config.read_text().splitlines()
    port = next(int(line.split()[1]) for line in lines if line.split()[:1] == ["Port"])
    made = Door(port)
    mine = tmp_path / "ssh"
    rest = [line for line in lines if line.split()[:1] != ["Port"]]
    checking = ["StrictHostKeyChecking no", "UserKnownHostsFile /dev/null"]
    kept = [line for line in rest if line.split()[:1] not in (["StrictHostKeyChecking"], ["UserKnownHostsFile"])]
    mine.write_text("\n".join([f"Port {made.port}", *checking, *kept]))
    project.env.update(os.environ | project.env)
    settings = f'base_path = "{base}"\naddress = "one"\nssh_options = ["-F", "{mine}"]\n'
    project.write("stageline.toml", f"[targets.there]\n{settings}")
    yield made
    made.close()


def test_a_target_out_of_reach_is_tried_again_until_it_answers(project: Project, door: Door, tmp_path: Path) -> None:
    log, go = tmp_path / "log", tmp_path / "go"
    text = f"echo x >>'{log}'; until [ -e '{go}' ]; do sleep 0.1; done; echo done"
    project.write("w.yml", f'stages: [{{name: a, runs-on: there, bash: "{text}"}}]')
    call = project.begin("run", "w.yml")
    until(log.exists)
    door.shut()
    go.touch()
    tried = project.folder / "tried"
    threading.Timer(4.0, tried.touch).start()
    until(tried.exists)
    assert statuses(project.last())["a"] == "RUNNING"
    door.is_open = True
    said = end(call)
    assert said.code == 0, said
    warnings = [line for line in said.err.splitlines() if "there" in line]
    assert len(warnings) == 2, said
    assert "what runs on target 'there' goes on, and it is tried again" in warnings[0]
    assert "target 'there' answers again" in warnings[1]
    assert log.read_text() == "x\n"


def test_an_unknown_target_is_told_before_anything_runs(project: Project) -> None:
    project.write("stageline.toml", "[targets.there]\naddress = 'one'\n")
    project.write("w.yml", "stages:\n  - {name: a, echo: a}\n  - {name: b, bash: b, runs-on: their}\n")
    said = project.call("run", "w.yml")
    assert said.code == 2
    assert "w.yml:3: runs-on: there is no target 'their'; did you mean 'there'?" in said.err
    assert project.runs() == [] if (project.folder / ".stageline").exists() else True


def test_without_python_on_the_target_a_python_stage_says_so(project: Project, ssh_config: Path, base: Path) -> None:
    settings = f'base_path = "{base}"\naddress = "bare"\nssh_options = ["-F", "{ssh_config}"]\n'
    project.write("stageline.toml", f"[targets.there]\n{settings}")
    project.write("w.yml", "stages: [{name: a, runs-on: there, retry: 3, run: x = 1}]")
    error = project.run("w.yml")["stages"][0]["error"]
    assert error["cause"] == "missing"
    assert error["message"] == "there is no python3 where the stage was to run: install it there, or have it on PATH"

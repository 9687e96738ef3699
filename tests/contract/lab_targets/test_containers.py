"""Containers on targets whose clients are gone: ended by whoever comes next there, and by `cancel`."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.lab.host_tools import HostTools
from stageline.model.failure import Cause
from stageline.runtimes.sandbox import Runtime
from tests.contract.cli.calling import Project, end, until
from tests.contract.lab.lab_runs import Bench, statuses
from tests.contract.lab_targets.test_breaking import begun, failure_in
from tests.contract.lab_targets.test_coming_back import CONFIG
from tests.contract.lab_targets.ways import Way

pytestmark = pytest.mark.timeout(300)
CANCELED = [("docker", "here"), ("podman", "here"), ("docker", "slurm")]  # what podman needs here, no node knows
LAB = """
@stage(outputs={"x": "$out/x"}, resources={"mem": "50M"})
def deaf(inputs, outputs, params):
    return '''
    trap '' TERM
    touch "$out/begun"
    while true; do sleep 1; done'''

@stage(outputs={"x": "$out/x"})
def other(inputs, outputs, params):
    return f'touch "{outputs.x}"'

lab = Lab(version="1", runs=[Run("deaf", deaf), Run("other", other)])
"""


def containers(engine: str, home: Path) -> list[str]:
    """The containers in which jobs of a home run."""
    words = [engine, "ps", "--all", "--format={{.ID}}", "--filter=label=stageline.key", "--no-trunc"]
    ids = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    asked = [engine, "inspect", '--format={{.Id}} {{index .Config.Labels "stageline.key"}}', *ids]
    told = subprocess.run(asked, check=False, capture_output=True, text=True).stdout.splitlines() if ids else []
    return [line.partition(" ")[0] for line in told if line.partition(" ")[2].startswith(f"{home}/")]


def kill_clients(home: Path) -> None:
    """Kill what sees to the containers of a home: the script, and the client of the engine."""
    (note,) = home.glob("containers/*/stageline-*")
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_bytes()
            if os.fsencode(note.name) in words and not words.split(b"\0")[0].endswith(b"conmon"):
                os.kill(int(process.name), signal.SIGKILL)


@pytest.fixture
def ended(container_engine: str, tmp_path: Path) -> Iterator[None]:
    """No container stays, whatever a test has shown."""
    yield
    for home in tmp_path.glob("**/homes/*"):
        for left in containers(container_engine, home):
            subprocess.run([container_engine, "rm", "--force", left], check=False, capture_output=True)


@pytest.mark.usefixtures("ended")
def test_whoever_comes_next_ends_what_lost_its_client(
    container_engine: str, ways: dict[str, Way], bench: Bench
) -> None:
    way = ways["here"]
    way.over(bench)
    bench.build(LAB)
    bench.runtime = Runtime(container_engine)
    run = begun(bench, "deaf")
    until(lambda: list(way.base.glob("homes/*/jobs/*/out/begun")))
    kill_clients(way.home)
    assert failure_in(run()).cause is Cause.SIGNAL
    assert len(containers(container_engine, way.home)) == 1
    bench.runtime = Runtime.NATIVE
    assert statuses(bench.run("other")) == {"other": "SUCCEEDED"}
    assert containers(container_engine, way.home) == []
    assert list(way.home.glob("containers/*/*")) == []


@pytest.mark.usefixtures("ended")
@pytest.mark.parametrize(("container_engine", "target"), CANCELED, indirect=["container_engine"])
def test_cancel_ends_containers_that_hear_nothing(
    container_engine: str,
    host_tools: HostTools,
    tmp_path: Path,
    target: str,
    request: pytest.FixtureRequest,
    base: Path,
) -> None:
    if target == "slurm":
        request.getfixturevalue("slurm_nodes")
    bench = Bench(tmp_path / "a project", host_tools)
    project = Project(bench.folder, {"XDG_CONFIG_HOME": str(tmp_path / "config")})
    bench.build(LAB)
    project.write("stageline.toml", CONFIG.format(base=base / "x", config="none"))
    process = project.begin("run", "deaf", "--lab", "result", "--target", target, f"--{container_engine}")
    until(lambda: list(base.glob("x/homes/*/jobs/*/out/begun")) or process.poll() is not None, 200)
    end(process, signal.SIGKILL)
    (home,) = base.glob("x/homes/*")
    assert len(containers(container_engine, home)) == 1
    said = project.call("cancel", project.runs()[0]["id"])
    assert said.code == 0, said
    until(lambda: containers(container_engine, home) == [])
    assert list(home.glob("containers/*/*")) == []

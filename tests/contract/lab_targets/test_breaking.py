"""What is done to a run on a target: connections that break, controllers that are killed, a cluster that ends jobs."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from stageline.lab.host_tools import HostTools
from stageline.model.failure import Cause, Failure
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.contract.cli.calling import Project, end, until
from tests.contract.lab.lab_runs import Bench, statuses
from tests.contract.lab_targets.test_coming_back import CONFIG, SLOW
from tests.contract.lab_targets.ways import Way, lines
from tests.contract.schedulers.programs import KILL_AGENT, Programs

pytestmark = pytest.mark.timeout(300)  # a cluster that others use lets jobs wait
BIG = 150_000_000
WAITING = """
@stage(outputs={"x": "$out/x"}, params={"n": 0, "go": ""}, resources={"mem": "50M"})
def work(inputs, outputs, params):
    return f'''
    touch "${{params[go]}}.{params.n}"
    until [[ -e "${{params[go]}}" ]]; do sleep 0.1; done
    echo {params.n} > "{outputs.x}"'''

lab = Lab(version="1", runs=[Run("r", work, params={"n": [1, 2], "go": [GO]})])
"""
READING = """
@stage(inputs={"big": "big"}, outputs={"size": "$out/size"})
def work(inputs, outputs, params):
    return f'wc -c < "{inputs.big}" > "{outputs.size}"'

lab = Lab(version="1", runs=[Run("r", work)])
"""
HUNGRY = """
@stage(outputs={"x": "$out/x"}, params={"tries": ""}, resources={"mem": "150M"})
def work(inputs, outputs, params):
    return f'''
    echo again >> "${{params[tries]}}"
    all=$(head -c 100000000 /dev/zero | tr '\\\\0' x)
    sleep 1
    echo "${{#all}}" > "{outputs.x}"'''

lab = Lab(version="1", runs=[Run("r", work, params={"tries": [TRIES]})])
"""
LATE = """
@stage(outputs={"x": "$out/x"}, params={"tries": ""}, resources={"mem": "50M", "time": "1m"})
def work(inputs, outputs, params):
    return f'''
    echo again >> "${{params[tries]}}"
    [[ $(wc -l < "${{params[tries]}}") -gt 1 ]] || sleep 300
    touch "{outputs.x}"'''

lab = Lab(version="1", runs=[Run("r", work, params={"tries": [TRIES]})])
"""


def begun(bench: Bench, *names: str, **more: bool) -> Callable[[], Workflow]:
    """Run it beside the test; answers what waits for its end."""
    found: list[Workflow | None] = []
    thread = threading.Thread(target=lambda: found.append(bench.run(*names, **more)))
    thread.start()

    def ended() -> Workflow:
        thread.join(250)
        assert not thread.is_alive()
        (run,) = found
        assert run is not None
        return run

    return ended


def failure_in(run: Workflow) -> Failure:
    failures = [stage.record.failure for stage in run.stages if stage.record.failure is not None]
    return failures[0]


def waiting(bench: Bench) -> Path:
    """A Lab whose two jobs wait for a file; answers it."""
    go = bench.folder.parent / "go"
    bench.build(WAITING.replace("GO", repr(str(go))))
    return go


def at_work(go: Path) -> bool:
    return all(Path(f"{go}.{n}").exists() for n in (1, 2))


def test_a_lost_connection_costs_a_running_job_nothing(
    ways: dict[str, Way], bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    go = waiting(bench)
    caplog.set_level(logging.WARNING)
    ended = begun(ways["ssh"].over(bench))
    until(lambda: at_work(go))
    until(lambda: cut(ways["ssh"].base))
    until(lambda: "what runs there goes on" in caplog.text)
    go.touch()
    assert ended().status is Status.SUCCEEDED
    assert "answers again" in caplog.text
    assert caplog.text.count("what runs there goes on") == 1


def cut(base: Path) -> bool:
    """End the connection by which somebody looks what goes on below this folder, if there is one now."""
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            words = (process / "cmdline").read_bytes().split(b"\0")
            if words[0] == b"ssh" and os.fsencode(base.parents[1]) in words[-2] and b" look " in words[-2]:
                os.kill(int(process.name), signal.SIGKILL)
                return True
    return False


def test_a_transfer_that_breaks_is_gone_on_with(ways: dict[str, Way], bench: Bench) -> None:
    bench.folder.mkdir(parents=True)
    (bench.folder / "big").write_bytes(os.urandom(BIG))
    bench.build(READING)
    way = ways["ssh"]
    way.over(bench)

    def half(path: Path) -> bool:
        return path.exists() and path.stat().st_size > BIG // 20

    ended = begun(bench)
    until(lambda: any(map(half, way.base.glob("homes/*/.incoming-*/**/.big.*"))))
    way.target(way.home).close()
    until(lambda: list(way.base.glob("homes/*/.incoming-*/**/.stageline-partial/big")))
    assert not list(way.home.glob("inputs/*"))
    assert ended().status is Status.SUCCEEDED
    assert bench.text(bench.job("work"), "size").strip() == str(BIG)


def test_what_somebody_else_cancels_is_told_so_and_the_rest_goes_on(ways: dict[str, Way], bench: Bench) -> None:
    go = waiting(bench)
    ended = begun(ways["slurm"].over(bench), keep_going=True)
    until(lambda: at_work(go))
    (job,) = [path.read_text().strip() for path in ways["slurm"].home.glob("slurm/*/job")]
    subprocess.run(["scancel", f"{job}_1"], check=True)
    listed = ["squeue", "--noheader", "--states=running", f"--jobs={job}_1"]
    until(lambda: not subprocess.run(listed, check=False, capture_output=True).stdout)
    go.touch()
    run = ended()
    assert sorted(str(stage.status) for stage in run.stages) == ["FAILED", "SUCCEEDED"]
    assert failure_in(run).cause is Cause.CANCELED
    assert "was canceled" in failure_in(run).message


def test_too_little_memory_is_followed_by_more(ways: dict[str, Way], bench: Bench) -> None:
    tries = bench.folder.parent / "tries"
    bench.build(HUNGRY.replace("TRIES", repr(str(tries))))
    assert statuses(ways["slurm"].over(bench).run()) == {"work": "SUCCEEDED"}
    assert lines(tries) == ["again"] * 2
    assert bench.text(bench.job("work"), "x") == "100000000\n"


@pytest.mark.parametrize("at", ["before", "after"])
def test_a_controller_killed_at_its_submission_submits_nothing_twice(
    programs: Programs, host_tools: HostTools, tmp_path: Path, base: Path, at: str
) -> None:
    bench = Bench(tmp_path / "a project", host_tools)
    times = tmp_path / "times"
    Path(f"{times}.go").touch()
    bench.build(SLOW.replace("TIMES", repr(str(times))))
    pid = tmp_path / "pid"
    kill = f"until [ -s '{pid}' ]; do sleep 0.05; done; kill -9 $(<'{pid}'); {KILL_AGENT}"
    programs.write("sbatch", **{at: f"{kill}; exit" if at == "before" else kill})
    project = Project(bench.folder, {"XDG_CONFIG_HOME": str(tmp_path / "config")})
    project.write("stageline.toml", CONFIG.format(base=base / "x", config="none"))
    process = project.begin("run", "--lab", "result", "--target", "slurm")
    pid.write_text(str(process.pid))
    assert end(process).code == -9
    programs.write("sbatch")
    said = project.call("run", "--lab", "result", "--target", "slurm")
    assert said.code == 0, said
    assert lines(times) == ["begun"] * 2
    listed = [line for path in (base / "x").glob("homes/*/slurm/*/elements") for line in lines(path)]
    assert (len(listed), len(set(listed))) == (4, 4)


def test_too_little_time_is_followed_by_more(ways: dict[str, Way], bench: Bench) -> None:
    tries = bench.folder.parent / "tries"
    bench.build(LATE.replace("TRIES", repr(str(tries))))
    assert statuses(ways["ssh-slurm"].over(bench).run()) == {"work": "SUCCEEDED"}
    assert lines(tries) == ["again"] * 2

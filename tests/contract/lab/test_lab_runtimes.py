"""The same Lab in each runtime: the same results, and nothing to be seen or changed but what was declared."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stageline.lab.gc import collect
from stageline.lab.host_tools import HostTools
from stageline.lab.plain_paths import plain_paths
from stageline.model.status import Status
from stageline.runtimes.sandbox import Runtime
from tests.contract.cli.calling import until
from tests.contract.lab import locks
from tests.contract.lab.lab_runs import TWO_RUNS, Bench

LAB = (
    """
@stage(
    inputs={"config": "config.json"},
    outputs={"data": "$out/data.csv"},
    params={"slope": 1, "note": ""},
)
def producer(inputs, outputs, params):
    return f'''
    jq .a < "{inputs.config}" > "{outputs.data}"
    seq {params.slope} >> "{outputs.data}"
    printf '%s|' "${{params[note]}}" "$PWD" "$(ls "$out")" >> "{outputs.data}"
    awk 'BEGIN {{ system("echo from a shell") }}' >> "{outputs.data}"
    '''

@stage(inputs={"data": "", "metadata__first": "", "store__base": ""}, outputs={"seen": "$out/seen", "dir": "$out/dir"})
def reader(inputs, outputs, params):
    return f'''
    mkdir "{outputs.dir}"
    sort "{inputs.data}" > "{outputs.dir}/sorted"
    wc -l < "{inputs.data}" > "{outputs.seen}"
    jq -r .name < "{inputs.metadata__first}" >> "{outputs.seen}"
    cat "{inputs.store__base}"/*-producer-*/out/data.csv | wc -l >> "{outputs.seen}"
    '''
"""
    + TWO_RUNS
)
CURIOUS = """
@stage(outputs={"told": "$out/told"}, resources=RESOURCES)
def curious(inputs, outputs, params):
    return f'''
    {{
      touch "$out/../../in-jobs" 2>&- # inside, this may be a private place
      touch "${{BASH_SOURCE[0]%/*}}/x" 2>&- && echo wrote to bin
      touch /x /etc/x 2>&- && echo wrote to root
      [[ -e "HOLE/file" ]] && echo saw the hole
      touch "HOLE/new" 2>&- && echo wrote into the hole
      touch /tmp/x && echo has tmp
    }} > "{outputs.told}" || true
    '''

lab = Lab(version="1", runs=[Run("r", curious)])
"""
PROGRAM = str(Path(sys.executable).with_name("stageline"))
ANALYSIS = """
@stage(outputs={"x": "$out/x"}, params={"n": 1})
def make(inputs, outputs, params):
    return f'echo {params.n} > "{outputs.x}"'

@stage(inputs={"metadata__first": "", "store__base": ""}, outputs={"ends": "$out/ends"})
def analyse(inputs, outputs, params):
    return f'''
    jq -r '.jobs[].id' < "{inputs.metadata__first}" | while read -r id; do
      jq .exit_code < "{inputs.store__base}/../records/$id.json"
    done > "{outputs.ends}"
    '''

first = Run("first", make, params={"n": [1, 2]})
lab = Lab(version="1", runs=[first, Run("second", analyse, depends_on=first)])
"""


def results(bench: Bench) -> dict[str, bytes]:
    """All that all jobs have made, without the folder that they were in."""
    found: dict[str, bytes] = {}
    home = os.fsencode(plain_paths(str(bench.home)).shown(str(bench.home)))
    for path in sorted(bench.home.glob("jobs/*/out/**/*")):
        if path.is_file():
            text = path.read_bytes().replace(home, b"")
            found[str(path.relative_to(bench.home))] = text
            assert path.stat().st_uid == os.getuid()
    return found


def prepared(bench: Bench) -> Bench:
    bench.folder.mkdir(parents=True, exist_ok=True)
    (bench.folder / "config.json").write_text('{"a": 7}')
    bench.build(LAB)
    return bench


def test_results_are_the_same_in_every_runtime(anywhere: Bench, tmp_path: Path, host_tools: HostTools) -> None:
    run = prepared(anywhere).run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    assert anywhere.run() is None
    native = prepared(Bench(tmp_path / "native", host_tools))
    native.run()
    assert results(anywhere) == results(native)
    assert "from a shell" in anywhere.text(anywhere.job("producer", slope=3, note=""), "data")


def curious(bench: Bench, resources: str) -> list[str]:
    """What a job has found that looks where it should not."""
    hole = bench.folder / "hole"
    hole.mkdir(parents=True)
    (hole / "file").touch()
    bench.build(CURIOUS.replace("HOLE", str(hole)).replace("RESOURCES", resources.replace("HOLE", str(hole))))
    run = bench.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    assert not (bench.home / "jobs/in-jobs").exists()
    return bench.text(bench.job("curious"), "told").splitlines()


def test_a_job_sees_and_changes_only_what_is_its_own(isolated: Bench) -> None:
    assert curious(isolated, "{}") == ["has tmp"]


def test_a_hole_that_was_declared_can_be_looked_through(isolated: Bench) -> None:
    assert curious(isolated, "{'mount_paths': ['HOLE']}") == ["saw the hole", "has tmp"]


def test_failures_are_the_same_in_every_runtime(anywhere: Bench) -> None:
    anywhere.build("""
@stage(outputs={"x": "$out/x"})
def work(inputs, outputs, params):
    return "echo last words >&2; exit 3"

lab = Lab(version="1", runs=[Run("r", work)])
""")
    run = anywhere.run()
    assert run is not None
    (stage,) = run.stages
    assert stage.failure is not None
    assert stage.failure.message == "work ended with exit code 3"
    assert stage.failure.detail.splitlines()[-1] == "last words"
    assert [record.exit_code for record in anywhere.records.values()] == [3]


def test_a_shell_opens_in_every_runtime(anywhere: Bench) -> None:
    prepared(anywhere)
    job = anywhere.job("producer", slope=1)
    words = [PROGRAM, "debug", job.id[:12], f"--{anywhere.runtime}"]
    said = 'cat "${inputs[config]}"; echo; [[ -w $out ]] && type -P jq; exit 7'
    ended = subprocess.run(words, cwd=anywhere.folder, input=said, capture_output=True, text=True, check=False)
    assert ended.returncode == 7, ended.stderr
    config, jq = ended.stdout.split("\n")[:2]
    assert config == '{"a": 7}'
    assert "/host-tools/" in jq


def test_a_stage_that_analyses_a_run_may_see_how_its_jobs_ended(anywhere: Bench) -> None:
    anywhere.build(ANALYSIS)
    anywhere.run()
    assert anywhere.text(anywhere.job("analyse"), "ends") == "0\n0\n"


def test_a_job_over_its_time_is_ended_and_nothing_is_left(isolated: Bench) -> None:
    isolated.build("""
@stage(outputs={"x": "$out/x"}, resources={"time": "2s"})
def slow(inputs, outputs, params):
    return f'''touch "{outputs.x}"; sleep 1000'''

lab = Lab(version="1", runs=[Run("r", slow)])
""")
    run = isolated.run()
    assert run is not None
    assert run.status is Status.FAILED
    assert "within the 2s that its resources give it" in str(run.failure)
    assert isolated.records[isolated.job("slow").id].time_limit == 2


@pytest.mark.parametrize("who", ["run", "gc"])
def test_what_a_killed_run_has_left_is_ended_by_who_comes_next(isolated: Bench, who: str) -> None:
    isolated.build("""
@stage(outputs={"x": "$out/x"})
def endless(inputs, outputs, params):
    return f'''touch "$out/begun"; while true; do sleep 0.2; touch "$out/alive"; done'''

@stage(outputs={"x": "$out/x"})
def quick(inputs, outputs, params):
    return f'''touch "{outputs.x}"'''

lab = Lab(version="1", runs=[Run("endless", endless), Run("quick", quick)])
""")
    words = [PROGRAM, "run", "endless", "--lab", "result", f"--{isolated.runtime}"]
    out = isolated.lab.out(isolated.job("endless"))
    with subprocess.Popen(words, cwd=isolated.folder, stdout=subprocess.DEVNULL) as dying:
        until((out / "begun").exists)
        dying.kill()
    if who == "run":
        assert isolated.run("quick", runtime=Runtime.NATIVE) is not None
    else:
        collect(isolated.home)
    (out / "alive").unlink(missing_ok=True)
    time.sleep(1)
    assert not (out / "alive").exists()


def test_packages_of_a_lock_are_there_in_every_runtime(anywhere: Bench) -> None:
    locks.locked(anywhere.folder, locks.wheel(anywhere.folder / "wheels"))
    anywhere.build(locks.LAB)
    run = anywhere.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    assert anywhere.text(anywhere.job("body", more=2), "value") == "9"
    assert anywhere.text(anywhere.job("script"), "said").startswith("tiny says 7 /")

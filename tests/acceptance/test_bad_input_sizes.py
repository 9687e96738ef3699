"""Very much of something: output, stages, text. It is kept whole, or cut where it says so, in time and in bounds."""

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from stageline import StageExecution, Workflow, WorkflowStatus, open_store, run
from tests.acceptance.stages import python, shell, workflow
from tests.acceptance.ways import Way

STAGES = 100_000
SECONDS = 150
BYTES_A_STAGE = 3 * 1024


def test_ten_megabytes_of_stdout_are_cut_in_the_outputs_and_whole_in_the_log(tmp_path: Path) -> None:
    command = "echo BEGIN; head -c 10000000 /dev/zero | tr '\\0' x; echo; echo END; echo warned >&2"
    result = run(workflow(shell("loud", command)), f"{tmp_path}/runs.db").stage("loud")
    stdout, stderr = result.outputs["stdout"], result.outputs["stderr"]
    assert result.status is WorkflowStatus.SUCCEEDED
    assert stdout.startswith("BEGIN\nxxx")
    assert stdout.endswith("xxx\nEND\n")
    assert len(stdout) < 100_000
    assert "bytes cut; all of it is in /" in stdout
    log = Path(stdout.partition("all of it is in ")[2].partition(" …]")[0])
    assert log.stat().st_size == 10_000_000 + len("BEGIN\n\nEND\n")
    assert stderr == "warned\n"


def test_five_megabytes_of_output_are_kept_in_a_file_and_read_back(execute: Way) -> None:
    rows = [{"row": number, "text": "é" * 20} for number in range(90_000)]
    count = python("count", "RESULT = [len(INPUT['rows']), INPUT['rows'][-1]['row']]", "large")
    result = execute(workflow(StageExecution(ref_id="large", type="rows"), count), {"rows": lambda: {"rows": rows}})
    assert result.stage("large").outputs == {"rows": rows}
    assert result.stage("count").outputs["result"] == [90_000, 89_999]


def test_a_script_of_a_megabyte_runs() -> None:
    script = "\n".join(["TOTAL = 0", *("TOTAL += 1  # one more" for _ in range(50_000)), "RESULT = TOTAL"])
    assert run(workflow(python("long", script))).stage("long").outputs["result"] == 50_000


def test_a_command_that_is_too_long_for_the_system_says_so() -> None:
    result = run(workflow(shell("long", "true " + "x" * 3_000_000)))
    assert "too long for the system; use a file" in str(result.stage("long").failure)


RUN = r"""
import re, sys
from pathlib import Path
from stageline import QueueProcessor, StageExecution, Workflow, open_store, run
run(Workflow.create("warm", [StageExecution(ref_id="a", type="noop")]))
store = open_store(sys.argv[1])
peak = lambda: int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024
before = peak()
with QueueProcessor(store=store) as processor:
    assert processor.process_all()
print(peak() - before)
"""


@pytest.mark.timeout(2 * SECONDS)
def test_a_hundred_thousand_stages_end_in_time_and_in_little_memory(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/runs.db"
    fan = [StageExecution(ref_id=f"s{n}", type="noop", requisite_stage_ref_ids=["begin"]) for n in range(STAGES - 2)]
    begin = StageExecution(ref_id="begin", type="noop")
    end = StageExecution(ref_id="end", type="noop", requisite_stage_ref_ids=[one.ref_id for one in fan])
    with closing(open_store(url)) as store:
        run_id = start(url, Workflow.create("wide", [begin, *fan, end]))
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", RUN, url], capture_output=True, text=True, check=False, timeout=SECONDS
        )
        took = time.monotonic() - begun
        assert done.returncode == 0, done.stderr
        result = store.retrieve(run_id)
    print(f"\n{STAGES} stages in {took:.1f} s, {int(done.stdout) / STAGES:.0f} bytes each")  # noqa: T201
    assert result.status is WorkflowStatus.SUCCEEDED
    assert all(stage.status is WorkflowStatus.SUCCEEDED for stage in result.stages)
    assert 100 < int(done.stdout) / STAGES <= BYTES_A_STAGE


def start(url: str, workflow: Workflow) -> str:
    """Store and start a run."""
    from stageline import Orchestrator

    with closing(open_store(url)) as store:
        store.store(workflow)
        Orchestrator(store=store).start(workflow)
    return workflow.id


@pytest.mark.timeout(SECONDS)
def test_a_chain_of_twenty_thousand_stages_needs_no_deep_stack(tmp_path: Path) -> None:
    needs: list[list[str]] = [[], *([f"s{n}"] for n in range(19_999))]
    stages = [StageExecution(ref_id=f"s{n}", type="noop", requisite_stage_ref_ids=need) for n, need in enumerate(needs)]
    result = run(Workflow.create("long", stages), f"{tmp_path}/runs.db")
    assert result.status is WorkflowStatus.SUCCEEDED

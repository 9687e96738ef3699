"""Python work on a real Dask cluster: what happens there is what would have happened here."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stageline import MemoryStore, Orchestrator, QueueProcessor, Retry, TaskRegistry, Workflow, run
from stageline.document.load import load_text
from stageline.document.running import make_run
from stageline.model.failure import Cause
from stageline.model.status import Status
from stageline.schedulers.dask import DaskExecutor
from stageline.stages.registry import stage_tasks
from stageline.stages.tools import Tools
from stageline.tasks.python_executor import PythonExecutor
from tests.contract.schedulers.dask_work import is_alive, scripts, until
from tests.engines.dask import DaskCluster

TASKS = """\
import os


def double(n: int) -> dict[str, int]:
    print("doubling", n)
    return {"twice": 2 * n}


def fail() -> None:
    raise LookupError("not there")


async def soon(word: str) -> str:
    return word.upper()
"""

MANY = """\
name: many
params: {word: {type: str, default: hello}}
env: {LEVEL: 3}
stages:
  - name: py
    id: py
    vars: {word: "${{ params.word }}"}
    env: {MINE: yes}
    run: |
      import os, sys, tasks
      print(word, os.environ["LEVEL"], os.environ["MINE"])
      print("a warning", file=sys.stderr)
      said = word.upper()
      here = os.getcwd()
      twice = tasks.double(4)
      thing = object()
  - {name: called, id: called, uses: "tasks/double@latest", with: {n: 21}}
  - {name: soon, uses: "tasks/soon@latest", with: {word: "${{ stages.py.outputs.said }}"}}
  - name: each
    foreach: [1, 2, 3]
    stages:
      - {name: inner, run: "square = ${{ item }} ** 2"}
  - {name: raising, needs: [], on-failure: continue, run: "x = 1\\nraise ValueError('no')"}
  - {name: exiting, needs: [], on-failure: continue, run: "print('bye')\\nraise SystemExit(7)"}
  - {name: killed, needs: [], on-failure: continue, run: "import os\\nprint('a', flush=True)\\nos.kill(os.getpid(), 9)"}
  - {name: leaving, needs: [], on-failure: continue, run: "import os\\nos._exit(5)"}
  - {name: failing, needs: [], on-failure: continue, uses: "tasks/fail@latest"}
  - {name: unknown, needs: [], on-failure: continue, uses: "tasks/nothing@latest"}
  - {name: wrong, needs: [], on-failure: continue, uses: "tasks/double@latest", with: {n: many}}
  - {name: shell, needs: [], bash: "echo $PPID"}
"""


@pytest.fixture(scope="module")
def dask(dask_cluster: DaskCluster) -> Iterator[DaskExecutor]:
    with DaskExecutor(dask_cluster.address) as executor:
        yield executor


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tasks.py").write_text(TASKS)
    return tmp_path


def ended(text: str, folder: Path, executor: PythonExecutor | None, secrets: dict[str, str] | None = None) -> Workflow:
    """A workflow of a file in that folder, run to its end."""
    (definition,) = load_text(text, "flow.yml", str(folder)).workflows.values()
    workflow = make_run(definition, {})
    with stage_tasks(definition.kinds(), Tools(executor=executor, secrets=secrets)) as tasks:
        return run(workflow, MemoryStore(folder / "home"), tasks, timeout=60)


def seen(workflow: Workflow) -> list[object]:
    """All that a user sees of a run, but for times and places."""
    return [
        (
            stage.ref_id,
            stage.status,
            {name: value for name, value in stage.outputs.items() if stage.ref_id != "shell"},
            stage.failure and (stage.failure.message, stage.failure.cause, stage.failure.code, stage.failure.names),
            stage.failure and stage.failure.detail,
        )
        for stage in workflow.stages
    ]


def logs(home: Path) -> dict[str, bytes]:
    """What the stages of the run have printed, by their places."""
    (folder,) = (home / "runs").iterdir()
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.name in ("stdout", "stderr") and "shell" not in path.parts
    }


def test_the_same_workflow_says_the_same_with_dask_and_without(folder: Path, dask: DaskExecutor) -> None:
    here = ended(MANY, folder, None)
    said = logs(folder / "home")
    (folder / "home").rename(folder / "first")
    there = ended(MANY, folder, dask)
    assert seen(there) == seen(here)
    assert logs(folder / "home") == said
    assert any(b"doubling 21" in text for text in said.values())
    assert there.stage("shell").outputs["stdout"].strip() == str(os.getpid()), "other kinds stay here"
    assert there.stage("unknown").failure is not None


def test_a_loop_over_200_items_uses_both_workers(folder: Path, dask: DaskExecutor) -> None:
    text = """\
name: loop
stages:
  - name: each
    id: each
    foreach: ${{ range(200) }}
    concurrent: 10
    stages:
      - {name: inner, id: inner, run: "import os\\nworker = os.getppid()\\nn = ${{ item }}"}
"""
    found = ended(text, folder, dask).raise_for_status()
    outputs = [one["stages"]["inner"]["outputs"] for one in found.stage("each").outputs["foreach"].values()]
    assert sorted(one["n"] for one in outputs) == list(range(200))
    assert len({one["worker"] for one in outputs}) == 2


def test_the_tasks_of_a_graph_run_there_too(dask: DaskExecutor) -> None:
    script = "import os\nprint('hi')\nRESULT = os.getppid()"
    with TaskRegistry(dask) as tasks:
        first = run(scripts(script), tasks=tasks).stage("s0").outputs
    assert (first["stdout"], first["exit_code"]) == ("hi\n", 0)
    assert first["result"] != os.getpid()
    assert run(scripts(script)).stage("s0").outputs["result"] == os.getpid()


def test_cancel_reaches_what_runs_and_all_that_it_started(tmp_path: Path, dask: DaskExecutor) -> None:
    script = (
        f"import os, subprocess, time\nchild = subprocess.Popen(['sleep', '60'])\nprint('begun', flush=True)\n"
        f"open({str(tmp_path / 'pids')!r}, 'w').write(f'{{os.getpid()}} {{child.pid}} ')\ntime.sleep(60)"
    )
    store, workflow = MemoryStore(), scripts(script)
    with QueueProcessor(store=store, registry=TaskRegistry(dask)) as processor:
        store.store(workflow)
        Orchestrator(store=store).start(workflow)
        processor.start()
        pids = tmp_path / "pids"
        until(lambda: pids.exists() and pids.read_text().endswith(" "))
        at = time.monotonic()
        Orchestrator(store=store).cancel(workflow.id)
        until(lambda: store.retrieve(workflow.id).status.ended)
        assert time.monotonic() - at < 1.0
    found = store.retrieve(workflow.id).stage("s0")
    assert (found.status, found.outputs["stdout"]) == (Status.CANCELED, "begun\n")
    assert [pid for pid in map(int, pids.read_text().split()) if is_alive(pid)] == []


def test_what_waits_in_the_queue_of_the_cluster_does_not_use_up_its_time(dask: DaskExecutor) -> None:
    script = "import time\ntime.sleep(0.4)"
    found = run(scripts(*[script] * 8, timeout=1.0), tasks=TaskRegistry(dask), slots=8)
    assert found.status is Status.SUCCEEDED


def test_what_takes_too_long_is_ended_and_tried_again_as_ever(tmp_path: Path, dask: DaskExecutor) -> None:
    script = f"import os, time\nopen({str(tmp_path / 'pids')!r}, 'a').write(f'{{os.getpid()}} ')\ntime.sleep(60)"
    at = time.monotonic()
    found = run(scripts(script, timeout=0.5, retry=Retry(attempts=1, delay=0.1)), tasks=TaskRegistry(dask)).stage("s0")
    assert time.monotonic() - at < 20
    assert found.failure is not None
    assert (found.failure.cause, found.failure.message) == (Cause.TIMEOUT, "timed out after 0.5 s")
    pids = (tmp_path / "pids").read_text().split()
    assert (len(pids), any(map(is_alive, map(int, pids)))) == (2, False)


def test_secrets_are_seen_nowhere(folder: Path, dask: DaskExecutor, dask_cluster: DaskCluster) -> None:
    text = """\
name: hiding
stages:
  - name: py
    id: py
    env: {TOKEN: "${{ secrets.TOKEN }}"}
    run: "import os\\nprint('it is', os.environ['TOKEN'])\\ntoken = os.environ['TOKEN']"
  - {name: bad, vars: {token: "${{ secrets.TOKEN }}"}, run: "raise ValueError(token)"}
"""
    found = ended(text, folder, dask, {"TOKEN": "open-sesame"})
    assert found.stage("py").outputs == {"token": "***"}
    assert any(text == b"it is ***\n" for text in logs(folder / "home").values())
    assert "open-sesame" not in repr(seen(found))
    places = [*logs(folder / "home").values(), *(node.log.read_bytes() for node in dask_cluster.nodes)]
    assert not any(b"open-sesame" in place for place in places)


def test_a_runtime_that_isolates_is_one_of_this_machine_and_its_time_counts(folder: Path, dask: DaskExecutor) -> None:
    text = """\
name: isolated
stages:
  - {name: in, id: in, runtime: bwrap, run: "import os\\nuid = os.getuid()"}
  - {name: long, timeout: 1, runtime: bwrap, run: "import time\\ntime.sleep(60)"}
"""
    at = time.monotonic()
    found = ended(text, folder, dask)
    assert found.stage("in").status is Status.SUCCEEDED
    failure = found.stages[1].failure
    assert failure is not None
    assert (failure.cause, time.monotonic() - at < 20) == (Cause.TIMEOUT, True)


def test_a_folder_that_the_workers_do_not_see_is_named(dask_cluster: DaskCluster, tmp_path: Path) -> None:
    """As on a cluster without a shared file system: the folder is gone when the work begins."""
    folder = tmp_path / "project"
    folder.mkdir()

    class Elsewhere(DaskExecutor):
        def run(self, order: Any, place: Path, cancellation: Any) -> Any:
            folder.rename(tmp_path / "hidden")
            return super().run(order, place, cancellation)

    text = "name: w\nstages: [{name: a, run: 'x = 1'}]"
    (definition,) = load_text(text, "flow.yml", str(folder)).workflows.values()
    with Elsewhere(dask_cluster.address) as dask, stage_tasks(definition.kinds(), Tools(executor=dask)) as tasks:
        failure = run(make_run(definition, {}), MemoryStore(), tasks).stages[0].failure
    assert failure is not None
    assert (failure.cause, failure.permanent) == (Cause.DOCUMENT, True)
    assert f"the folder {folder} is not there: let the Dask workers see" in failure.message
    assert "(on the Dask worker tcp://127.0.0.1:" in failure.message


def test_without_an_address_a_small_cluster_is_made() -> None:
    with DaskExecutor(threads=2) as dask:
        found = run(scripts(*["import os\nRESULT = os.getppid()"] * 4), tasks=TaskRegistry(dask))
    assert {stage.outputs["result"] for stage in found.stages} == {os.getpid()}

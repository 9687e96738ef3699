"""What breaks on a Dask cluster: workers and schedulers that die, that are not there, or that have no Stageline."""

from __future__ import annotations

import sysconfig
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from stageline import MemoryStore, MissingDependency, TaskRegistry, Workflow, run
from stageline.errors import TargetLost
from stageline.model.failure import Cause
from stageline.model.retry import Retry
from stageline.model.status import Status
from stageline.schedulers.dask import DaskExecutor
from tests.contract.schedulers.dask_work import is_alive, scripts, until
from tests.engines.dask import DaskCluster, Node

KILLS_ITS_WORKER = "import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(60)"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[DaskCluster]:
    """One worker; the first death of a worker is one too many for what it ran."""
    with DaskCluster(tmp_path, 1, {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}) as made:
        yield made


def worker_of(pid: int, cluster: DaskCluster) -> Node:
    (node,) = (node for node in cluster.workers if node.process.pid == pid)
    return node


class Noted(NamedTuple):
    """What a script said of itself as it began."""

    pid: int
    worker: int
    key: str


def notes(path: Path) -> list[Noted]:
    """One for each time that the script began."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [Noted(int(pid), int(worker), key) for pid, worker, key in (line.split() for line in lines)]


def noting(path: Path, then: str) -> str:
    words = "os.getpid(), os.getppid(), os.environ['STAGELINE_IDEMPOTENCY_KEY']"
    return f"import os, time\nwith open({str(path)!r}, 'a') as file: print({words}, file=file)\n{then}"


def begun(workflow: Workflow, dask: DaskExecutor, store: MemoryStore) -> threading.Thread:
    """The run goes on beside the test."""
    thread = threading.Thread(target=run, args=(workflow, store, TaskRegistry(dask)), kwargs={"timeout": 60})
    thread.start()
    return thread


def test_what_a_dead_worker_ran_is_run_again_by_another(tmp_path: Path) -> None:
    noted, go = tmp_path / "noted", tmp_path / "go"
    script = noting(noted, f"while not os.path.exists({str(go)!r}): time.sleep(0.02)\nRESULT = os.getppid()")
    store, workflow = MemoryStore(), scripts(script)
    with DaskCluster(tmp_path, 2) as cluster, DaskExecutor(cluster.address) as dask:
        going = begun(workflow, dask, store)
        until(lambda: notes(noted))
        (first,) = notes(noted)
        worker_of(first.worker, cluster).kill()
        until(lambda: len(notes(noted)) == 2)
        assert not is_alive(first.pid), "it died with its worker"
        go.touch()
        going.join()
    stage = store.retrieve(workflow.id).stage("s0")
    second = notes(noted)[1]
    assert (stage.status, stage.outputs["result"]) == (Status.SUCCEEDED, second.worker)
    assert (second.worker != first.worker, second.key == first.key) == (True, True)


def test_what_kills_its_workers_has_failed_for_its_node_and_may_be_tried_again(cluster: DaskCluster) -> None:
    with DaskExecutor(cluster.address) as dask:
        cluster.workers.append(cluster.add_worker())
        cluster.await_workers(2)
        retry = Retry(attempts=1, delay=0.1, on=("node",))
        stage = run(scripts(KILLS_ITS_WORKER, retry=retry), tasks=TaskRegistry(dask)).stage("s0")
    assert stage.failure is not None
    assert (stage.status, stage.failure.cause) == (Status.FAILED, Cause.NODE)
    assert "1 Dask workers died while they ran this, tcp://127.0.0.1:" in stage.failure.message
    assert stage.record.attempt == 2
    assert all(node.process.wait() == -9 for node in cluster.workers)


def test_a_cluster_without_workers_is_waited_for_but_not_for_ever(cluster: DaskCluster) -> None:
    with DaskExecutor(cluster.address, patience=1.0) as dask:
        cluster.workers[0].kill()
        at = time.monotonic()
        failure = run(scripts("RESULT = 1"), tasks=TaskRegistry(dask)).stage("s0").failure
        assert time.monotonic() - at < 10
        assert failure is not None
        assert (failure.cause, "has had no workers, or has not answered, for 1 s" in failure.message) == (
            Cause.NODE,
            True,
        )
        assert cluster.address in failure.message

        cluster.add_worker()
        cluster.await_workers(1)
        assert run(scripts("RESULT = 1"), tasks=TaskRegistry(dask), timeout=30).status is Status.SUCCEEDED


def test_a_scheduler_that_dies_is_told_of_at_once_and_ends_what_runs(cluster: DaskCluster, tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    store, workflow = MemoryStore(), scripts(noting(noted, "time.sleep(60)"))
    with DaskExecutor(cluster.address) as dask:
        going = begun(workflow, dask, store)
        until(lambda: notes(noted))
        at = time.monotonic()
        cluster.scheduler.kill()
        going.join()
        failure = store.retrieve(workflow.id).stage("s0").failure
        assert failure is not None
        assert (failure.cause, cluster.address in failure.message) == (Cause.NODE, True)
        until(lambda: not is_alive(notes(noted)[0].pid))
        later = run(scripts("RESULT = 1"), tasks=TaskRegistry(dask)).stage("s0").failure
        assert later is not None
        assert (later.cause, "cannot be reached" in later.message) == (Cause.NODE, True)
        assert time.monotonic() - at < 15


def test_an_address_where_no_scheduler_is_is_told_of_within_seconds(cluster: DaskCluster) -> None:
    at = time.monotonic()
    for address in ("tcp://127.0.0.1:1", "tcp://", "nonsense://x", "tls://127.0.0.1:1"):
        with pytest.raises(TargetLost, match=f"the Dask scheduler at {address} cannot be reached: ."):
            DaskExecutor(address).open()
    assert time.monotonic() - at < 15


def test_a_worker_in_the_place_of_the_scheduler_is_told_apart(cluster: DaskCluster) -> None:
    (worker,) = cluster.addresses()
    with pytest.raises(TargetLost, match="a Dask worker answers there, not a scheduler"):
        DaskExecutor(worker).open()


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """All packages but Stageline."""
    folder = tmp_path / "bare"
    folder.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if "stageline" not in entry.name:
            (folder / entry.name).symlink_to(entry)
    return folder


def test_workers_without_stageline_are_named_with_what_to_install(cluster: DaskCluster, bare: Path) -> None:
    cluster.add_worker(("-S",), {"PYTHONPATH": str(bare)})
    cluster.await_workers(2)
    with pytest.raises(
        MissingDependency, match=r"tcp://127.0.0.1:\d+ has none: pip install 'stageline\[dask\]=="
    ) as told:
        DaskExecutor(cluster.address).open()
    assert cluster.address in str(told.value)


def test_workers_of_another_version_are_named(cluster: DaskCluster, bare: Path) -> None:
    about = bare / "stageline-9.9.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: stageline\nVersion: 9.9\n")
    cluster.add_worker(("-S",), {"PYTHONPATH": str(bare)})
    cluster.await_workers(2)
    with pytest.raises(MissingDependency, match=r"tcp://127.0.0.1:\d+ has 9.9"):
        DaskExecutor(cluster.address).open()


def test_a_worker_that_comes_later_without_stageline_fails_what_it_gets(cluster: DaskCluster, bare: Path) -> None:
    with DaskExecutor(cluster.address) as dask:
        cluster.workers[0].kill()
        cluster.add_worker(("-S",), {"PYTHONPATH": str(bare)})
        cluster.await_workers(1)
        failure = run(scripts("RESULT = 'secret word'"), tasks=TaskRegistry(dask)).stage("s0").failure
    assert failure is not None
    assert (failure.cause, failure.permanent) == (Cause.MISSING, True)
    assert "does not have Stageline" in failure.message
    assert "secret word" not in cluster.nodes[-1].log.read_text()


def test_closing_ends_what_runs(cluster: DaskCluster, tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    dask = DaskExecutor(cluster.address)
    going = begun(scripts(noting(noted, "time.sleep(60)")), dask, MemoryStore())
    until(lambda: notes(noted))
    dask.close()
    going.join(10)
    assert not going.is_alive()
    until(lambda: not is_alive(notes(noted)[0].pid))

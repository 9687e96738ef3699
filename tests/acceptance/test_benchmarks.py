"""The yardsticks of the benchmarks do the engine's work: the same rows in the same transactions, the same scripts."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks import bare, lab, readme, restart
from benchmarks.durable import chain, fan, keep
from stageline import Orchestrator, QueueProcessor, SqliteWorkflowStore, Workflow
from stageline.engine.ports import Change


class Counted(SqliteWorkflowStore):
    """Remembers how many commits of changes there were, and how many versions of records in them."""

    commits = records = 0

    def commit(self, peer: str, changes: Sequence[Change], now: int) -> frozenset[str]:
        self.commits += bool(changes)
        self.records += sum(len(change.stages) for change in changes)
        return super().commit(peer, changes, now)


@pytest.mark.parametrize(("workflow", "at_a_time"), [(chain(40), 2), (fan(40), 82)])
def test_the_bare_loop_writes_what_the_engine_writes(tmp_path: Path, workflow: Workflow, at_a_time: int) -> None:
    store = Counted(f"sqlite:///{tmp_path / 'engine.db'}")
    store.store(workflow)
    with QueueProcessor(store=store) as processor:
        Orchestrator(store=store).start(workflow)
        processor.process_all()
    commits = bare.replay(workflow, store.events(workflow.id), at_a_time)
    store.close()

    keep(tmp_path / "bare.db", workflow).store.close()
    bare.write(tmp_path / "bare.db", commits)

    assert bare.written(tmp_path / "bare.db") == bare.written(tmp_path / "engine.db")
    assert sum(len(commit.records) for commit in commits) == store.records
    if workflow.name == "chain":
        assert len(commits) == store.commits


def test_a_killed_process_is_timed_until_its_stage_is_executed_again() -> None:
    assert 0 < restart.seconds() < restart.PATIENCE


def test_make_is_given_the_jobs_of_the_lab(tmp_path: Path) -> None:
    bench = lab.Bench(tmp_path, 12)
    bench.clean_make()
    bench.make()
    bench.lab()
    made = {job.id: (tmp_path / "made" / job.folder / "said").read_text() for job in bench.jobs}
    ran = {job.id: Path(bench.places.out(job), "said").read_text() for job in bench.jobs}
    assert made == ran
    assert sorted(made.values()) == sorted(f"{number}\n" for number in range(12))
    bench.clean_lab()
    assert not any(Path(bench.places.out(job)).exists() for job in bench.jobs)
    bench.lab()
    assert all(Path(bench.places.out(job), "said").exists() for job in bench.jobs)


def test_every_benchmark_is_run_and_stands_in_the_table() -> None:
    folder = Path(lab.__file__).parent
    having = {path.stem for path in folder.glob("*.py") if "def main(" in path.read_text()}
    assert having == set(readme.ORDER)

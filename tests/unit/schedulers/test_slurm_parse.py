"""What Slurm says, as values: read from what it has really said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stageline.schedulers.slurm_parse import (
    ClusterFacts,
    Partition,
    expand,
    read_accounts,
    read_facts,
    read_job_id,
    read_jobs,
    read_logs,
    read_partitions,
    read_queue,
)
from tests.unit.schedulers.recorded import ACCOUNTS, CONFIG, JOBS, LOG, PARTITIONS, QUEUE


def test_the_queue() -> None:
    queue = read_queue(QUEUE)
    assert [index for job, index in queue if job == "6"] == list(range(100))
    assert [index for job, index in queue if job == "7"] == [1, 3, 5, 6, 7, 20, 22, 24, 26, 28, 30]
    assert (queue["6", 99].state, queue["6", 99].reason, queue["6", 99].node) == ("PENDING", "PartitionDown", "")
    assert (queue["1", 5].state, queue["1", 5].reason, queue["1", 5].node) == ("RUNNING", "", "n28902")
    assert queue["1", 4].state == "COMPLETING"
    assert queue["2", 0].name == "stageline-tok2"
    assert not [job for job, _ in queue if job == "99"]


def test_accounting() -> None:
    accounts = read_accounts(ACCOUNTS)
    ends = {index: (one.state, one.code, one.signal) for (job, index), one in accounts.items() if job == "1"}
    assert ends[0] == ("COMPLETED", 0, 0)
    assert ends[1] == ("FAILED", 7, 0)
    assert ends[2] == ("FAILED", 0, 9)
    assert [ends[index][0] for index in (6, 7, 8)] == ["PENDING"] * 3
    assert (accounts["1", 4].state, accounts["1", 4].by) == ("CANCELLED", "1000")
    assert accounts["1", 6].node == ""
    assert accounts["2", 0].mem == "50M"
    assert accounts["4", 0].time == "00:01:00"


def test_the_controller_in_full() -> None:
    jobs = read_jobs(JOBS)
    assert (jobs["1", 1].state, jobs["1", 1].code, jobs["1", 1].signal) == ("FAILED", 7, 0)
    assert (jobs["1", 3].code, jobs["1", 3].signal) == (0, 15)
    assert [key for key in jobs if jobs[key].state == "PENDING"] == [("1", 6), ("1", 7)]
    assert jobs["1", 6].node == ""
    assert len(jobs) == 4


def test_the_cluster() -> None:
    facts = ClusterFacts(
        name="stageline", controller="vm:6817", version="22.05.8", max_array_size=1001, has_accounting=True
    )
    assert read_facts(CONFIG) == facts
    assert read_facts(CONFIG.replace("/slurmdbd", "/none")).has_accounting is False
    assert read_facts("") == ClusterFacts()
    partitions = read_partitions(PARTITIONS)
    assert partitions["main"] == Partition("main", True, True, "infinite", 4)
    assert partitions["down"] == Partition("down", False, False, "infinite", 1)


@pytest.mark.parametrize(
    ("said", "job"),
    [("12\n", "12"), ("12;cluster\n", "12"), ("sbatch: warning: x\n12\n", "12"), ("", ""), ("no\n", "")],
)
def test_the_job_of_a_submission(said: str, job: str) -> None:
    assert read_job_id(said) == job


def test_logs() -> None:
    said = f"/b/slurm/t.0/0.log:{LOG['timeout']}\n/b/slurm/t.0/0.log:more\n/b/slurm/t.0/1.log:{LOG['memory']}\n"
    logs = read_logs(said)
    assert logs == {"/b/slurm/t.0/0.log": f"{LOG['timeout']}\nmore", "/b/slurm/t.0/1.log": LOG["memory"]}


@given(text=st.text(st.sampled_from("0123456789,-:%_[]|\nabN/A ="), max_size=60))
def test_nothing_that_is_said_breaks_the_reading(text: str) -> None:
    for read in (read_queue, read_accounts, read_jobs, read_facts, read_partitions, read_logs, read_job_id):
        read(text)


@given(numbers=st.sets(st.integers(0, 2000), min_size=1))
def test_every_set_of_indexes_comes_back(numbers: set[int]) -> None:
    assert set(expand(",".join(map(str, sorted(numbers))) + "%5")) == numbers

"""The same on PostgreSQL, for a sample of all points: every fourth, and deaths while taking over."""

from __future__ import annotations

import tempfile
from multiprocessing.context import ForkServerContext
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from tests.crash.driver import Case
from tests.crash.killing import COMMIT, EFFECT, WRITE, Point, points
from tests.crash.trials import Trial, judge, try_all, undisturbed

pytestmark = pytest.mark.timeout(300)


def test_a_run_on_a_server_ends_the_same_wherever_its_process_is_killed(
    processes: ForkServerContext, fresh_postgres_url: str, tmp_path: Path
) -> None:
    def case() -> Case:
        return Case(f"run-{uuid4().hex[:8]}", fresh_postgres_url, Path(tempfile.mkdtemp(dir=tmp_path)))

    with processes.Pool(1) as pool:
        expected = pool.apply(undisturbed, (case(),))
    sample: list[list[Point]] = [[point] for word in (COMMIT, WRITE, EFFECT) for point in points(expected.counts, word)]
    plans = sample[::4] + [
        [Point(COMMIT, 9, after), Point(kind, n, True)]
        for after in (False, True)
        for kind in (WRITE, COMMIT)
        for n in (1, 2)
    ]
    trials = [Trial(case(), tuple(plan), expected) for plan in plans]
    judge(try_all(processes, trials, at_a_time=1), len(trials), may_miss=0.5)
    with psycopg.connect(fresh_postgres_url) as server:
        for table in ("queue_messages", "offers", "processors"):
            assert server.execute(f"SELECT count(*) FROM stageline.{table}").fetchone() == (0,), table

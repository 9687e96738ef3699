"""A process that runs everything on a SQLite file is killed at every commit, every other write and every effect."""

from __future__ import annotations

import random
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Protocol

import pytest

from tests.crash.driver import Case
from tests.crash.killing import COMMIT, EFFECT, EVENT, WRITE, Point, points
from tests.crash.trials import Trial, Undisturbed, Way, judge, try_all, try_one, try_zombie, undisturbed


class Attempt(Protocol):
    """Carries out plans and judges what has come of them."""

    def __call__(self, plans: Sequence[Sequence[Point]], way: Way = try_one) -> None: ...


pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kill")


@pytest.fixture(scope="module")
def expected(processes: ForkServerContext, folder: Path) -> Undisturbed:
    with processes.Pool(1) as pool:
        return pool.apply(undisturbed, (case(folder),))


@pytest.fixture
def attempt(processes: ForkServerContext, folder: Path, expected: Undisturbed) -> Attempt:
    def attempt(plans: Sequence[Sequence[Point]], way: Way = try_one) -> None:
        trials = [Trial(case(folder), tuple(plan), expected) for plan in plans]
        # A commit is known by its number only, and there may be fewer of them; none of the events may be missed.
        numbered = any(point.kind == COMMIT for plan in plans for point in plan)
        judge(try_all(processes, trials, way), len(trials), may_miss=0.5 if numbered else 0.1)

    return attempt


def case(folder: Path) -> Case:
    """A run on a file of its own."""
    place = Path(tempfile.mkdtemp(dir=folder))
    return Case("run", f"sqlite:///{place / 'runs.db'}", place)


def test_there_is_enough_to_be_killed_at(expected: Undisturbed) -> None:
    found = {word: len(points(expected.counts, word)) for word in (COMMIT, EVENT, WRITE, EFFECT)}
    print(f"\npoints: {found}, {sum(found.values())} in all")  # noqa: T201
    assert found[COMMIT] >= 30
    assert found[EVENT] >= 160
    assert found[EFFECT] >= 80
    assert found[WRITE] >= 16


@pytest.mark.parametrize("word", [COMMIT, EVENT, WRITE, EFFECT])
def test_a_run_ends_the_same_wherever_its_process_is_killed(attempt: Attempt, expected: Undisturbed, word: str) -> None:
    attempt([[point] for point in points(expected.counts, word)])


def test_two_deaths_do_no_more_harm_than_one(attempt: Attempt, expected: Undisturbed) -> None:
    chance = random.Random(7)
    everywhere = [point for word in (COMMIT, WRITE, EFFECT) for point in points(expected.counts, word)]
    early = [point for point in everywhere if point.number <= expected.counts[point.kind] // 3]
    attempt([[chance.choice(early), chance.choice(early)] for _ in range(40)])


def test_a_death_while_taking_over_does_no_harm(attempt: Attempt, expected: Undisturbed) -> None:
    takeover = [Point(WRITE, n, after) for n in (1, 2, 3) for after in (False, True)]
    takeover += [Point(kind, 1, after) for kind in (COMMIT, EFFECT) for after in (False, True)]
    first = [Point(COMMIT, expected.counts[COMMIT] // 2, False), Point(EFFECT, expected.counts[EFFECT] // 3, True)]
    attempt([[one, two, two] for one in first for two in takeover])


def test_a_process_that_sleeps_through_its_lease_can_write_no_more(attempt: Attempt, expected: Undisturbed) -> None:
    attempt([[point] for point in points(expected.counts, COMMIT)], try_zombie)


def test_nothing_is_left_behind(attempt: Attempt, folder: Path) -> None:
    attempt([[Point(COMMIT, 9, True)], [Point(EFFECT, 17, True)]])
    for database in folder.glob("*/runs.db"):
        with closing(sqlite3.connect(database)) as connection:
            for table in ("queue_messages", "offers", "processors"):
                assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), (database, table)
            kept = connection.execute("SELECT id FROM runs WHERE owner IS NOT NULL OR ready_at IS NOT NULL").fetchall()
            assert kept == [], database

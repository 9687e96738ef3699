"""Every kind that holds stages is killed at every commit and every effect inside it: finished stages run once.

How answers fall into commits is a matter of chance, so commits are also counted by what each of them writes.
"""

from __future__ import annotations

import random
import tempfile
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from stageline.model.status import Status
from tests.crash.driver import Case
from tests.crash.killing import COMMIT, EFFECT, EVENT, Point, points
from tests.crash.nested import ITEMS
from tests.crash.trials import Trial, Undisturbed, judge, try_all, undisturbed

SURE = 16
MOST = 300

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kill-nested")


@pytest.fixture(scope="module")
def expected(processes: ForkServerContext, folder: Path) -> Undisturbed:
    with processes.Pool(1) as pool:
        return pool.apply(undisturbed, (case(folder),))


def case(folder: Path) -> Case:
    """A run on a file of its own."""
    place = Path(tempfile.mkdtemp(dir=folder))
    return Case("run", f"sqlite:///{place / 'runs.db'}", place, "nested")


def test_they_do_what_they_say(expected: Undisturbed) -> None:
    ends = {ref: end[0] for ref, end in expected.outcome["nested"].items()}
    assert ends["run"] is Status.SUCCEEDED
    assert ends["halted"] is Status.FAILED_CONTINUE
    assert ends["loser"] is Status.CANCELED
    assert ends["loser/finally/end"] is Status.SUCCEEDED
    assert {expected.steps[f"long/{n}/e"] for n in range(ITEMS)} == {1}
    assert expected.steps["long"] == 3
    assert expected.outcome["child"]["again"][0] is Status.SUCCEEDED
    assert expected.counts[COMMIT] >= SURE
    assert len(points(expected.counts, EFFECT)) >= 2 * (ITEMS + 50)
    assert len(points(expected.counts, EVENT)) >= 8 * ITEMS


def sure(expected: Undisturbed, word: str) -> list[Point]:
    """The moments of this kind that every run comes to; of the many events, a choice."""
    sure = [point for point in points(expected.counts, word) if point.kind != COMMIT or point.number <= SURE]
    return sure if len(sure) <= MOST else random.Random(13).sample(sure, MOST)


@pytest.mark.parametrize("word", [COMMIT, EVENT, EFFECT])
def test_it_ends_the_same_wherever_its_process_is_killed(
    processes: ForkServerContext, folder: Path, expected: Undisturbed, word: str
) -> None:
    trials = [Trial(case(folder), (point,), expected) for point in sure(expected, word)]
    judge(try_all(processes, trials), len(trials))


def test_two_deaths_do_no_more_harm_than_one(processes: ForkServerContext, folder: Path, expected: Undisturbed) -> None:
    chance = random.Random(12)
    early = [p for word in (COMMIT, EFFECT) for p in points(expected.counts, word) if p.number <= 10]
    trials = [Trial(case(folder), (chance.choice(early), chance.choice(early)), expected) for _ in range(20)]
    judge(try_all(processes, trials), len(trials))

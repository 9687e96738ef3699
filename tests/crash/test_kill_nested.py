"""Runs whose stages hold or plan others are killed at every commit and every effect: finished inner stages run once.

How answers fall into commits is a matter of chance, so commits are also counted by what each of them writes.
"""

from __future__ import annotations

import random
import tempfile
from multiprocessing.context import ForkServerContext
from pathlib import Path

import msgspec
import pytest

from stageline.model.status import Status
from tests.crash import nested, planners
from tests.crash.driver import Case
from tests.crash.killing import COMMIT, EFFECT, EVENT, Point, points
from tests.crash.trials import Trial, Undisturbed, judge, try_all, undisturbed

SURE = 16
MOST = 150

pytestmark = pytest.mark.timeout(300)


class Story(msgspec.Struct, frozen=True):
    """One workflow, each time on a file of its own, and what comes of it undisturbed."""

    workflow: str
    folder: Path
    processes: ForkServerContext
    expected: Undisturbed

    def trial(self, *deaths: Point) -> Trial:
        return Trial(case(self.folder, self.workflow), deaths, self.expected)

    def try_all(self, trials: list[Trial]) -> None:
        judge(try_all(self.processes, trials), len(trials))

    def points(self, word: str) -> list[Point]:
        return points(self.expected.counts, word)


@pytest.fixture(scope="module", params=["nested", "loop"])
def story(
    request: pytest.FixtureRequest, processes: ForkServerContext, tmp_path_factory: pytest.TempPathFactory
) -> Story:
    folder = tmp_path_factory.mktemp("kill-nested")
    with processes.Pool(1) as pool:
        return Story(request.param, folder, processes, pool.apply(undisturbed, (case(folder, request.param),)))


def case(folder: Path, workflow: str) -> Case:
    place = Path(tempfile.mkdtemp(dir=folder))
    return Case("run", f"sqlite:///{place / 'runs.db'}", place, workflow)


def test_they_do_what_they_say(story: Story) -> None:
    ends = {ref: end[0] for ref, end in story.expected.outcome[story.workflow].items()}
    assert ends["run"] is Status.SUCCEEDED
    assert story.expected.counts[COMMIT] >= SURE
    {"nested": every_kind_has_ended, "loop": every_item_was_planned}[story.workflow](story, ends)


def every_kind_has_ended(story: Story, ends: dict[str, Status]) -> None:
    steps = story.expected.steps
    assert ends["halted"] is Status.FAILED_CONTINUE
    assert ends["loser"] is Status.CANCELED
    assert ends["loser/finally/end"] is Status.SUCCEEDED
    assert {steps[f"long/{n}/e"] for n in range(nested.ITEMS)} == {1}
    assert steps["long"] == 3
    assert story.expected.outcome["child"]["again"][0] is Status.SUCCEEDED
    assert len(story.points(EFFECT)) >= 2 * (nested.ITEMS + 50)
    assert len(story.points(EVENT)) >= 8 * nested.ITEMS


def every_item_was_planned(story: Story, ends: dict[str, Status]) -> None:
    steps = story.expected.steps
    assert [ref for ref, end in ends.items() if end is not Status.SUCCEEDED] == ["each/s7", "each/s7/two_7"]
    assert steps["each"] == 4
    assert {steps[f"each/s{n}/one_{n}"] for n in range(planners.ITEMS)} == {1}
    assert len(story.points(EFFECT)) >= 2 * (2 * planners.ITEMS + 6)
    assert len(story.points(EVENT)) >= 2 * 6 * planners.ITEMS


def sure(story: Story, word: str) -> list[Point]:
    """The moments of this kind that every run comes to; of the many events, a choice."""
    sure = [point for point in story.points(word) if point.kind != COMMIT or point.number <= SURE]
    return sure if len(sure) <= MOST else random.Random(13).sample(sure, MOST)


@pytest.mark.parametrize("word", [COMMIT, EVENT, EFFECT])
def test_it_ends_the_same_wherever_its_process_is_killed(story: Story, word: str) -> None:
    story.try_all([story.trial(point) for point in sure(story, word)])


def test_two_deaths_do_no_more_harm_than_one(story: Story) -> None:
    chance = random.Random(12)
    early = [point for word in (COMMIT, EFFECT) for point in story.points(word) if point.number <= 10]
    story.try_all([story.trial(chance.choice(early), chance.choice(early)) for _ in range(20)])

"""Several processors on one store: work is shared, the work of one that dies is taken over, and nothing runs twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import closing
from multiprocessing.context import ForkServerContext
from pathlib import Path
from time import sleep

import pytest

from stageline.model.stage import StageExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from tests.crash.checks import log_problems
from tests.crash.crew import Crew, Place, all_ended, begin, many_runs, one_wide_run, pids, until
from tests.crash.journal import Line

TAKEOVER = 5.0
LEASE = 10.0


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return Place(f"sqlite:///{tmp_path}/runs.db", tmp_path)
    return Place(request.getfixturevalue("fresh_postgres_url"), tmp_path)


def crew_size(place: Place) -> int:
    return 2 if place.url.startswith("sqlite") else 3


def owners(place: Place) -> set[int]:
    """The pids of the processors that own runs."""
    return {pid for (pid,) in place.rows("SELECT p.pid FROM runs r JOIN processors p ON p.id = r.owner")}


def assert_all_well(place: Place) -> None:
    with closing(place.open()) as store:
        for row in store.list_runs(1000):
            assert row.record.status is Status.SUCCEEDED, row
            assert not log_problems(store, row.id)


def resumed_after(lines: Sequence[Line], dead: int, died: float) -> list[float]:
    """How long what the dead one had in hand waited for somebody else; nothing else may have happened twice."""
    waits = []
    by_step: dict[tuple[str, str, str], list[Line]] = {}
    for line in lines:
        by_step.setdefault((line.run, line.ref, line.step), []).append(line)
    for again in (same for same in by_step.values() if len(same) > 1):
        assert len(again) == 2
        assert again[0].pid == dead
        assert again[1].at > died
        waits.append(again[1].at - died)
    return waits


@pytest.mark.parametrize("victim", ["owner", "helper"])
@pytest.mark.parametrize("runs", [many_runs, one_wide_run])
def test_work_is_shared_and_that_of_a_dead_processor_taken_over(
    processes: ForkServerContext, place: Place, runs: Callable[[], list[Workflow]], victim: str
) -> None:
    place.gathering.touch()
    begin(place, runs())
    with Crew(processes, place) as crew:
        everyone = set(crew.start(crew_size(place)))
        until(lambda: pids(place.journal.lines()) == everyone, "all have executed something")
        until(lambda: bool(owners(place)), "somebody owns the run")
        owning = owners(place)
        dead = min(owning) if victim == "owner" else max(everyone - owning or everyone)
        died = crew.kill(dead)
        place.gathering.unlink()
        until(lambda: all_ended(place), "all runs have ended")
    lines = place.journal.lines()
    assert_all_well(place)
    assert pids([line for line in lines if line.at > died]) >= everyone - {dead}
    waits = resumed_after(lines, dead, died)
    print(f"\nthe first of {len(waits)} resumed {min(waits):.2f} s after the death")  # noqa: T201
    assert min(waits) < TAKEOVER


def held_run(place: Place) -> Workflow:
    """A stage that holds on, and one after it."""
    hold = StageExecution(ref_id="hold", type="hold", context={"folder": str(place.folder)})
    return Workflow.create("held", [hold, StageExecution(ref_id="end", type="nap", requisite_stage_ref_ids=["hold"])])


def test_a_processor_that_wakes_up_late_lets_go_of_what_others_have_finished(
    processes: ForkServerContext, place: Place
) -> None:
    run = held_run(place)
    begin(place, [run])
    with Crew(processes, place) as crew:
        (sleeper,) = crew.start()
        until((place.folder / "holding").exists, "the first one works")
        os.kill(sleeper, signal.SIGSTOP)
        # For one whose clock is ahead the sleeper's lease is over.
        (second,) = crew.start(ahead=2 * LEASE)
        until(lambda: all_ended(place), "the second one has finished the run")
        assert not (place.folder / "let go").exists()
        with closing(place.open()) as store:
            events = store.events(run.id)
        os.kill(sleeper, signal.SIGCONT)
        until((place.folder / "let go").exists, "the first one's task was stopped")
        sleep(0.3)
        with closing(place.open()) as store:
            assert store.events(run.id) == events
            ended = store.retrieve(run.id)
        assert ended.stage("hold").outputs == {"times": 2}
        assert [(line.ref, line.execution) for line in place.journal.lines()] == [("hold", 1), ("hold", 2), ("end", 1)]
        crew.kill(second)
        begin(place, many_runs())
        until(lambda: all_ended(place), "the first one has done other runs")
        assert pids(place.journal.lines()[3:]) == {sleeper}
    assert_all_well(place)


def test_a_death_is_noticed_in_about_a_second(processes: ForkServerContext, place: Place) -> None:
    begin(place, [held_run(place)])
    with Crew(processes, place) as crew:
        (first,) = crew.start()
        until((place.folder / "holding").exists, "the first one works")
        crew.start()
        sleep(0.5)
        died = crew.kill(first)
        until(lambda: all_ended(place), "the second one has finished the run")
    again = place.journal.lines()[1]
    print(f"\nresumed {again.at - died:.2f} s after the death")  # noqa: T201
    assert (again.ref, again.execution) == ("hold", 2)
    assert again.at - died < TAKEOVER


def test_a_new_processor_takes_over_at_once(processes: ForkServerContext, place: Place) -> None:
    begin(place, [held_run(place)])
    with Crew(processes, place) as crew:
        (first,) = crew.start()
        until((place.folder / "holding").exists, "the first one works")
        died = crew.kill(first)
        crew.start()
        until(lambda: all_ended(place), "the second one has finished the run")
    again = place.journal.lines()[1]
    print(f"\nresumed {again.at - died:.2f} s after the death, with a processor started after it")  # noqa: T201
    assert again.at - died < TAKEOVER

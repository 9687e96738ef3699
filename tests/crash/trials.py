"""Lets a run die at chosen points, has others bring it to its end, and reports all that is then not as it must be."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from multiprocessing.context import ForkServerContext
from signal import SIGCONT, SIGKILL, SIGSTOP, Signals
from time import monotonic

import msgspec

from tests.crash.checks import Death, Outcome, death, journal_problems, log_problems, outcome, steps_by_ref
from tests.crash.driver import Case, count, drive
from tests.crash.forked import begin, end_of, in_a_process, is_stopped
from tests.crash.killing import Killer, Point

AT_A_TIME = 3
LATER = 60.0
SHOWN = 4
MISSED = "was not come to"


Way = Callable[["Trial"], list[str]]


class Undisturbed(msgspec.Struct, frozen=True):
    """How the run ends when nobody dies, how many steps each stage takes, and how many things there are to die at."""

    outcome: Outcome
    steps: dict[str, int]
    counts: dict[str, int]


class Trial(msgspec.Struct, frozen=True):
    """A case, the points at which one process after the other dies, and what is to come of it."""

    case: Case
    plan: tuple[Point, ...]
    expected: Undisturbed


def undisturbed(case: Case) -> Undisturbed:
    """The run in which nobody dies."""
    code = in_a_process(partial(count, case))
    assert code == 0, f"the undisturbed process ended with {code}"
    lines = case.journal.lines()
    with closing(case.open()) as store:
        end = outcome(store, case.run)
        problems = log_problems(store, case.run) + journal_problems(lines, [])
    assert not problems, problems
    return Undisturbed(end, steps_by_ref(lines, end), msgspec.json.decode(case.counts.read_bytes()))


def try_one(trial: Trial) -> list[str]:
    """The first process dies at the first point, the next one at the second, and the last brings the run to its end."""
    deaths = []
    problems = []
    for point in [*trial.plan, None]:
        code = in_a_process(partial(drive, trial.case, Killer(point)))
        if code == -SIGKILL:
            deaths.append(_look(trial.case))
        elif code:
            problems.append(f"a process ended with {Signals(-code).name if code < 0 else code}")
        elif point is not None:
            problems.append(f"{point} {MISSED}")
    problems += _problems(trial, deaths)
    return _named(trial, problems)


def try_zombie(trial: Trial) -> list[str]:
    """The process stops at the point, another one takes over and brings the run to its end, and then it wakes up."""
    case, (point,) = trial.case, trial.plan
    zombie = begin(partial(drive, case, Killer(point, sends=SIGSTOP)))
    if not is_stopped(zombie):
        return _named(trial, [f"{point} {MISSED}" if end_of(zombie) == 0 else "it ended before it was stopped"])
    asleep = _look(case)
    code = in_a_process(partial(drive, case, Killer(None), LATER))
    then = _look(case)
    os.kill(zombie, SIGCONT)
    codes = code, end_of(zombie)
    # What was committed before it fell asleep may still begin when it wakes up; what was not committed may never.
    late = [line for line in case.journal.lines()[then.lines :] if not asleep.knows(line)]
    problems = [f"{line} began without a commit" for line in late] + (
        [] if codes == (0, 0) else [f"ended with {codes}"]
    )
    if _look(case).records != then.records:
        problems.append("it changed what was written")
    return _named(trial, problems + _problems(trial, [Death(len(case.journal.lines()), {})]))


def _named(trial: Trial, problems: Sequence[str]) -> list[str]:
    what = ", then ".join(map(str, trial.plan))
    return [f"{what}: {problem}" for problem in problems[:SHOWN]]


def _look(case: Case) -> Death:
    with closing(case.open()) as store:
        return death(store, case.run, case.journal.lines())


def _problems(trial: Trial, deaths: Sequence[Death]) -> list[str]:
    case, expected = trial.case, trial.expected
    lines = case.journal.lines()
    with closing(case.open()) as store:
        end = outcome(store, case.run)
        problems = log_problems(store, case.run) + journal_problems(lines, deaths)
    for run, stages in expected.outcome.items():
        now = end.get(run, {})
        problems += [f"{run}.{ref} is {now.get(ref)}, not {was}" for ref, was in stages.items() if now.get(ref) != was]
    if problems:
        return problems
    if (steps := steps_by_ref(lines, end)) != expected.steps:
        problems.append(f"steps are {steps}, not {expected.steps}")
    said = case.shell_log.read_text().count("x") if case.shell_log.exists() else 0
    if not 1 <= said <= 1 + len(deaths):
        problems.append(f"the shell stage's command took effect {said} times")
    return problems


def try_all(
    processes: ForkServerContext, trials: Sequence[Trial], way: Way = try_one, at_a_time: int = AT_A_TIME
) -> list[str]:
    """All problems of all trials; says how many there were and how long they took. Each needs a database to itself."""
    begun = monotonic()
    with processes.Pool(at_a_time) as pool:
        problems = [problem for found in pool.imap(way, trials) for problem in found]
    took = monotonic() - begun
    print(f"\n{len(trials)} trials in {took:.1f} s, {took / len(trials) * 1000:.0f} ms each")  # noqa: T201
    return problems


def judge(problems: Sequence[str], trials: int, may_miss: float = 0.1) -> None:
    """All must be well, but some points may be missed: how answers fall into commits is a matter of chance."""
    missed = [problem for problem in problems if problem.endswith(MISSED)]
    bad = [problem for problem in problems if not problem.endswith(MISSED)]
    assert not bad, f"{len(bad)} problems:\n" + "\n".join(bad[:30])
    assert len(missed) <= max(2, trials * may_miss), missed

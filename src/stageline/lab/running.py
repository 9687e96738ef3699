"""Running a Lab: from what somebody asked to a run of the engine, and what executes its stages.

What is finished is left out before anything is kept. A run says in its names all that another process needs to go on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from stageline.lab.about import NO_RULES, About, about
from stageline.lab.native_work import Around, NativeWork
from stageline.lab.read import read_lab
from stageline.lab.record import remove_record
from stageline.lab.resource_rules import ResourceRules
from stageline.lab.run_lock import run_lock
from stageline.lab.run_of import JOB, RunWish, job_of, run_of
from stageline.lab.selecting import Selection, select
from stageline.lab.standing import Standing, standing_of
from stageline.lab.unit import Unit
from stageline.lab.workshop import JobTask, Workshop
from stageline.model.result import TaskResult
from stageline.model.workflow import Workflow
from stageline.runtimes.sandbox import Runtime
from stageline.schedulers.admission import Amount
from stageline.schedulers.local import LocalScheduler, Work
from stageline.tasks.registry import TaskRegistry

log = logging.getLogger(__name__)


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How jobs are to be run: within which capacity, in which runtime, and whether failures let others go on."""

    capacity: Amount
    runtime: Runtime = Runtime.NATIVE
    keep_going: bool = False
    force: bool = False
    verify: bool = False


class Asked(msgspec.Struct, frozen=True):
    """What is to be run, and how all jobs that it is about stand. `workflow` is None when all is done."""

    about: About
    selection: Selection
    standing: Standing
    workflow: Workflow | None


def ask(lab: Path, names: tuple[str, ...], options: RunOptions, rules: ResourceRules = NO_RULES) -> Asked:
    """Find out what is to be run; nothing is changed."""
    known = about(read_lab(lab), rules)
    selection = select(known.plan, names)
    standing = standing_of(known.plan, selection, known.places, options.verify)
    if options.force:
        why = {id: "it was asked for by --force" for id in selection.jobs if id in selection.asked}
        standing = msgspec.structs.replace(standing, todo={**why, **standing.todo})
    if not standing.todo:
        return Asked(known, selection, standing, None)
    known.check_sizes(standing.todo, options.capacity)
    names_of_run = {
        "lab": str(known.places.lab.root),
        "cpus": options.capacity.cpus,
        "memory": options.capacity.memory,
        "runtime": str(options.runtime),
        "rules": msgspec.to_builtins(rules),
    }
    wish = RunWish(name=_title(names), names=names_of_run, keep_going=options.keep_going)
    return Asked(known, selection, standing, run_of(known.plan, selection, standing.todo, wish))


def _title(names: tuple[str, ...]) -> str:
    return " ".join(names)[:80] or "all runs"


@contextmanager
def executing(run: Workflow, asked: Asked | None = None) -> Iterator[TaskRegistry]:
    """What executes the stages of a run of a Lab, while nobody else runs jobs of it; `asked` when it is a new run."""
    names = run.names_now
    rules = msgspec.convert(names["rules"], ResourceRules)
    known = asked.about if asked else about(read_lab(Path(names["lab"])), rules)
    capacity = Amount(names["cpus"], names["memory"])
    with ExitStack() as leaving:
        leaving.enter_context(run_lock(known.places.home, run.id))
        standing = asked.standing if asked else standing_of(known.plan, _selection_of(known, run), known.places)
        around = Around()
        leaving.callback(around.close)
        scheduler = LocalScheduler(capacity, drains=run.on_failure == "fail-fast", warn=_warn)
        leaving.callback(scheduler.close)

        def work_of(unit: Unit) -> Work:
            return NativeWork(unit, known.places.tools(unit.environment), around)

        workshop = Workshop(known, scheduler, work_of, standing.records)
        registry = TaskRegistry()
        registry.register(JOB, JobTask(workshop))
        yield registry


def forget(asked: Asked) -> None:
    """Take back the records of all jobs that are to be run, for they are to be run whatever these say."""
    for id in asked.standing.todo:
        if id in asked.standing.records:
            remove_record(Path(asked.about.places.records), id)


def _selection_of(known: About, run: Workflow) -> Selection:
    jobs = [job_of(stage.ref_id) for stage in run.stages if stage.parent is None and stage.type == JOB]
    return Selection(tuple(known.plan.runs), tuple(jobs), frozenset(jobs))


def _warn(result: TaskResult) -> None:
    log.warning("%s; what runs is let end, nothing more begins", result.failure.message if result.failure else "")

"""Running a Lab: from what somebody asked to a run of the engine.

What is finished is left out before anything is kept. A run says in its names all that another process needs to go on.
"""

from __future__ import annotations

import msgspec

from stageline.lab.about import NO_RULES, About, about
from stageline.lab.read import BuiltLab
from stageline.lab.resource_rules import ResourceRules
from stageline.lab.run_of import RunWish, run_of
from stageline.lab.selecting import Selection, select
from stageline.lab.standing import Standing, standing_of
from stageline.lab.tasks import LabTasks
from stageline.lab.terms import Terms, terms_in
from stageline.model.workflow import Workflow
from stageline.runtimes.sandbox import Runtime
from stageline.schedulers.admission import Amount


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


def ask(lab: BuiltLab, names: tuple[str, ...], options: RunOptions, rules: ResourceRules = NO_RULES) -> Asked:
    """Find out what is to be run; nothing is changed."""
    known = about(lab, rules)
    selection = select(known.plan, names)
    standing = standing_of(known.plan, selection, known.places, options.verify)
    if options.force:
        why = {id: "it was asked for by --force" for id in selection.jobs if id in selection.asked}
        kept = {id: record for id, record in standing.records.items() if id not in why}
        standing = Standing(kept, {**why, **standing.todo})
    if not standing.todo:
        return Asked(known, selection, standing, None)
    known.check_sizes(standing.todo, options.capacity)
    terms = Terms(
        lab=str(known.places.lab.root),
        cpus=options.capacity.cpus,
        memory=options.capacity.memory,
        runtime=options.runtime,
        keep_going=options.keep_going,
        rules=rules,
    )
    wish = RunWish(name=_title(names), names=msgspec.to_builtins(terms), keep_going=options.keep_going)
    return Asked(known, selection, standing, run_of(known.plan, selection, standing.todo, wish))


def _title(names: tuple[str, ...]) -> str:
    return " ".join(names)[:80] or "all runs"


def open_run(tasks: LabTasks, asked: Asked, force: bool = False) -> None:
    """Have all that executes the jobs; Busy when others run jobs of this home.

    With `force`, what is known of all jobs that were asked for is forgotten first.
    """
    assert asked.workflow is not None
    terms = terms_in(asked.workflow.names)
    tasks.open_new(asked.workflow.id, terms, asked.about, asked.standing.records)
    if force:
        tasks.forget(asked.workflow.id, asked.selection.asked)

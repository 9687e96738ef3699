"""Running a Lab: from what somebody asked to a run of the engine.

What is finished is left out before anything is kept. A run says in its names all that another process needs to go on.
"""

from __future__ import annotations

import msgspec

from stageline.lab.about import NO_RULES, About, about
from stageline.lab.blanks import cut_paths
from stageline.lab.concern import Concern
from stageline.lab.read import BuiltLab
from stageline.lab.resource_rules import ResourceRules
from stageline.lab.run_of import RunWish, run_of
from stageline.lab.selecting import Selection, select
from stageline.lab.standing import Standing, standing_of
from stageline.lab.tasks import LabTasks
from stageline.lab.terms import Terms, terms_in
from stageline.lab.verify import refuse_changed
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

    @property
    def concerns(self) -> tuple[Concern, ...]:
        """Why what is to be run may fail here."""
        places, jobs = self.about.places, self.about.plan.jobs
        todo = (jobs[id] for id in self.standing.todo)
        return cut_paths(places.home, todo, lambda job, part: places.lab.ingredients(job, part).script)


def ask(lab: BuiltLab, names: tuple[str, ...], options: RunOptions, rules: ResourceRules = NO_RULES) -> Asked:
    """Find out what is to be run; nothing is changed. To `verify`, the Lab itself is looked at too."""
    if options.verify:
        refuse_changed(lab)
    known = about(lab, rules)
    selection = select(known.plan, names)
    forced = selection.asked if options.force else ()
    standing = standing_of(known.plan, selection, known.places, options.verify, forced)
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

    What is known of jobs that are not done any more is forgotten first, so that they are for nobody; with `force`, what
    is known of all that were asked for, and of their parts.
    """
    assert asked.workflow is not None
    terms = terms_in(asked.workflow.names)
    tasks.open_new(asked.workflow.id, terms, asked.about, asked.standing.records)
    tasks.forget(asked.workflow.id, asked.standing.outdated, parts=False)
    if force:
        tasks.forget(asked.workflow.id, asked.selection.asked)

"""Running a Lab: from what somebody asked to a run of the engine.

What is finished is left out before anything is kept. A run says in its names all that another process needs to go on.
"""

from __future__ import annotations

import msgspec

from stageline.lab.about import NO_RULES, About, about
from stageline.lab.afar.bringing import bring_here
from stageline.lab.afar.opening import Afar, look_afar, preferred_runtime
from stageline.lab.afar.reached import Reach, no_reach
from stageline.lab.blanks import cut_paths
from stageline.lab.concern import Concern
from stageline.lab.read import BuiltLab
from stageline.lab.resource_rules import ResourceRules
from stageline.lab.run_of import RunWish, run_of
from stageline.lab.selecting import Selection, select
from stageline.lab.standing import Looking, Standing, standing_of
from stageline.lab.tasks import LabTasks
from stageline.lab.terms import Fetch, Terms, terms_in
from stageline.lab.verify import refuse_changed
from stageline.model.workflow import Workflow
from stageline.runtimes.sandbox import Runtime
from stageline.schedulers.admission import Amount


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How jobs are to be run: within which capacity, in which runtime, and whether failures let others go on.

    On a `target`, nothing of something is as much of it as there is, and no runtime the one that the target prefers.
    """

    capacity: Amount
    runtime: Runtime | None = None
    keep_going: bool = False
    force: bool = False
    verify: bool = False
    target: str = ""
    fetch: Fetch = "declared"


class Asked(msgspec.Struct, frozen=True):
    """What is to be run, and how all jobs that it is about stand. `workflow` is None when all is done.

    `afar` is where it is to run, if that is not here.
    """

    about: About
    selection: Selection
    standing: Standing
    workflow: Workflow | None
    afar: Afar | None = None

    @property
    def concerns(self) -> tuple[Concern, ...]:
        """Why what is to be run may fail there; here, scripts are given paths that nothing cuts."""
        if self.afar is None:
            return ()
        places, jobs = self.about.places, self.about.plan.jobs
        todo = (jobs[id] for id in self.standing.todo)
        return cut_paths(self.afar.far.target.base, todo, lambda job, part: places.lab.ingredients(job, part).script)


def ask(
    lab: BuiltLab,
    names: tuple[str, ...],
    options: RunOptions,
    rules: ResourceRules = NO_RULES,
    reach: Reach = no_reach,
) -> Asked:
    """Find out what is to be run; nothing is changed. To `verify`, the Lab itself is looked at too."""
    if options.verify:
        refuse_changed(lab)
    known = about(lab, rules, options.target)
    selection = select(known.plan, names)
    afar = look_afar(reach, options.target, known, options.verify) if options.target else None
    forced = selection.asked if options.force else ()
    looking = Looking(verify=options.verify, forced=forced, elsewhere={} if afar is None else afar.there.intact)
    standing = standing_of(known.plan, selection, known.places, looking)
    if not standing.todo:
        return Asked(known, selection, standing, None, afar)
    capacity = options.capacity if afar is None else afar.capacity(options.capacity)
    known.check_sizes(standing.todo, capacity)
    terms = Terms(
        lab=str(known.places.lab.root),
        cpus=capacity.cpus,
        memory=capacity.memory,
        runtime=options.runtime or (Runtime.NATIVE if afar is None else preferred_runtime(afar)),
        keep_going=options.keep_going,
        rules=rules,
        target=options.target,
        fetch=options.fetch,
    )
    wish = RunWish(name=_title(names), names=msgspec.to_builtins(terms), keep_going=options.keep_going)
    return Asked(known, selection, standing, run_of(known.plan, selection, standing.todo, wish), afar)


def _title(names: tuple[str, ...]) -> str:
    return " ".join(names)[:80] or "all runs"


def bring(asked: Asked, fetch: Fetch) -> tuple[str, ...]:
    """Fetch what is done on the target and not here; answers the ids of the jobs."""
    if asked.afar is None:
        return ()
    return bring_here(asked.afar, asked.about, asked.selection.jobs, fetch)


def open_run(tasks: LabTasks, asked: Asked, force: bool = False) -> None:
    """Have all that executes the jobs; Busy when others run jobs of this home.

    What is known of jobs that are not done any more is forgotten first, so that they are for nobody; with `force`, what
    is known of all that were asked for, and of their parts.
    """
    assert asked.workflow is not None
    terms = terms_in(asked.workflow.names)
    tasks.open_new(asked.workflow.id, terms, asked.about, asked.standing.records, asked.afar)
    tasks.forget(asked.workflow.id, asked.standing.outdated, parts=False)
    if force:
        tasks.forget(asked.workflow.id, asked.selection.asked)

"""What is done on a target, and not here yet: found, and fetched in one pass."""

from __future__ import annotations

from collections.abc import Iterable

from stageline.lab.about import About
from stageline.lab.afar.concluding import Concluding, Wanted
from stageline.lab.afar.opening import Afar
from stageline.lab.branches import Branches
from stageline.lab.crew import Nobody
from stageline.lab.model import Job
from stageline.lab.terms import Fetch
from stageline.lab.unit import Unit
from stageline.lab.workshop import Workshop
from stageline.targets.cancellation import Cancellation


def bring_here(afar: Afar, known: About, jobs: Iterable[str], fetch: Fetch) -> tuple[str, ...]:
    """Fetch what is wanted of these jobs as far as they are done there; answers the ids of those that were fetched."""
    concluding = Concluding(known.places, afar.far, fetch)
    workshop = Workshop(known, Nobody(), {})
    done = [id for id in jobs if id in afar.there.intact]
    units = [(_unit(workshop, known.plan.jobs[id]), afar.there.intact[id]) for id in done]
    missing = [Wanted(unit, record) for unit, record in units if not concluding.is_here(unit)]
    if missing:
        concluding.bring(missing, Cancellation())
    return tuple(one.made.id for one in missing)


def _unit(workshop: Workshop, job: Job) -> Unit:
    """The script that makes the outputs of a job."""
    return workshop.unit(job) if job.scattered is None else Branches(workshop, job).gather()

"""Ends on a target what a run has left there, for one that nobody works on any more."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from stageline.errors import ConfigError
from stageline.lab.about import about
from stageline.lab.afar.opening import look_afar, way_afar
from stageline.lab.afar.reached import Reach
from stageline.lab.branches import branches_of
from stageline.lab.model import LabPlan
from stageline.lab.places import Places
from stageline.lab.read import lab_folder, read_lab
from stageline.lab.run_of import JOB, SCATTER_GATHER, job_of
from stageline.lab.terms import terms_in
from stageline.model.workflow import Workflow
from stageline.targets.errand import Ending, Errand
from stageline.targets.target import Order


def end_afar(reach: Reach, run: Workflow, home: Path | None = None) -> tuple[str, ...]:
    """End all scripts of a run that were begun and are not concluded; answers their tokens."""
    terms = terms_in(run.names)
    known = about(read_lab(lab_folder(terms.lab, home)), terms.rules, terms.target)
    afar = look_afar(reach, terms.target, known)
    known_there = afar.there.begun
    begun = [known_there[id] for id in _scripts(run, known.plan, known.places) if id in known_there]
    if begun:
        way = way_afar(afar.reached, terms.capacity)
        way.add([Errand(order=Order(token=token, argv=("true",)), answer=_nobody) for token in begun])
        way.stop(dict.fromkeys(begun, "its run was canceled"))
        afar.reached.target.cancel(begun)
        afar.reached.target.remove([f"run/{token}" for token in begun])
        afar.far.end_containers()
    return tuple(begun)


def _nobody(ending: Ending) -> None:
    """Nobody asks how it ends."""


def _scripts(run: Workflow, plan: LabPlan, places: Places) -> Iterator[str]:
    """The ids of all scripts of its jobs, as far as they are known."""
    for stage in run.stages:
        if stage.parent is None and stage.type in (JOB, SCATTER_GATHER):
            id = job_of(stage.ref_id)
            yield id
            if (scattered := plan.jobs[id].scattered) is not None:
                with contextlib.suppress(ConfigError):
                    yield from branches_of(scattered, Path(places.branches))

"""What is known of a Lab that jobs are run of: its plan, where its files are, and what its jobs ask of a machine."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from stageline.lab.model import Job, LabPlan, Part
from stageline.lab.places import Places
from stageline.lab.read import BuiltLab
from stageline.lab.resource_rules import Asking, ResourceRules, effective
from stageline.model.resources import Resources
from stageline.schedulers.admission import Amount, amount_of, check_size

NO_RULES = ResourceRules()


class About(msgspec.Struct, frozen=True):
    """A Lab, and the rules for what its jobs are given."""

    plan: LabPlan
    places: Places
    rules: ResourceRules = NO_RULES
    target: str = "local"

    def resources(self, job: Job, part: Part) -> Resources:
        """What a script of a job is given."""
        if self.rules is NO_RULES:
            return part.resources
        return effective(
            part.resources, Asking(stage=part.ingredients.pname, folder=job.folder, target=self.target), self.rules
        )

    def check_sizes(self, jobs: Iterable[str], capacity: Amount) -> None:
        """TooLarge for the first script that could never run within this."""
        for id in jobs:
            job = self.plan.jobs[id]
            for name, part in job.parts.items():
                amount = amount_of(self.resources(job, part))
                if not amount.fits(capacity):
                    of = "" if job.scattered is None else f" ({name})"
                    check_size(f"{job.place}: job {job.id[:12]} of stage '{job.stage}'{of}", amount, capacity)


def about(lab: BuiltLab, rules: ResourceRules = NO_RULES, target: str = "") -> About:
    """What is known of this Lab, to be run on a target or here."""
    return About(lab.plan, Places(lab, here=not target), rules, target or "local")

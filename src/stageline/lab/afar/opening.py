"""From what a run says of its target to a crew there."""

from __future__ import annotations

import time
from contextlib import closing

import msgspec

from stageline.errors import DomainError
from stageline.lab.about import About
from stageline.lab.afar.concluding import Concluding
from stageline.lab.afar.crew import FarCrew, Tools
from stageline.lab.afar.hands import Hands
from stageline.lab.afar.home import FarHome
from stageline.lab.afar.home_id import home_id
from stageline.lab.afar.journal import Journal
from stageline.lab.afar.local_hands import LocalHands
from stageline.lab.afar.orders import Orders
from stageline.lab.afar.reached import Reach, Reached
from stageline.lab.afar.sending import Sending
from stageline.lab.afar.slurm_hands import SlurmHands
from stageline.lab.afar.there import There, look_there
from stageline.lab.at_work import AtWork
from stageline.lab.terms import Terms
from stageline.runtimes.sandbox import Runtime
from stageline.schedulers.admission import Amount

BOUNDLESS = Amount(1 << 30, 1 << 62)


class Afar(msgspec.Struct, frozen=True):
    """A home there, and how it stands."""

    reached: Reached
    far: FarHome
    there: There

    def capacity(self, asked: Amount) -> Amount:
        """Within what jobs run there: what was asked for, else what the machine has. Slurm knows its own limits."""
        if self.reached.slurm is not None:
            return BOUNDLESS
        has = self.there.machine
        return Amount(asked.cpus or has.cpus, asked.memory or has.memory)


def look_afar(reach: Reach, target: str, known: About, verify: bool = False) -> Afar:
    """Look at the home there of a Lab; TargetLost when that cannot be reached."""
    reached = reach(target, home_id(known.places.home))
    far = FarHome(reached.target, known.places.home)
    return Afar(reached, far, look_there(far, known.plan, known.places, verify))


def crew_afar(afar: Afar, terms: Terms, known: About) -> FarCrew:
    """The crew of a run there."""
    if terms.runtime is not Runtime.NATIVE:
        raise DomainError(f"target '{terms.target}' runs jobs in the native runtime only, not in {terms.runtime}")
    places, far, there = known.places, afar.far, afar.there
    tools = Tools(
        far=far,
        there=there,
        orders=Orders(places, far, afar.reached.node_local_path),
        sending=Sending(known.plan, places, far, there),
        concluding=Concluding(places, far, terms.fetch),
        hands=hands_afar(afar, terms, places.home),
    )
    return FarCrew(tools, drains=not terms.keep_going)


def hands_afar(afar: Afar, terms: Terms, home: str) -> Hands:
    """Who has scripts run there, as the target wants it."""

    def begins(id: str) -> None:
        with closing(AtWork(home)) as at_work:
            at_work.begins(id, time.time_ns() // 1000)

    if afar.reached.slurm is not None:
        return SlurmHands(afar.reached.slurm, Journal(home, terms.target), afar.there, begins)
    return LocalHands(afar.reached.target, terms.capacity, begins)

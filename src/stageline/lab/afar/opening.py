"""From what a run says of its target to a crew there."""

from __future__ import annotations

import time
from contextlib import closing

import msgspec

from stageline.errors import MissingDependency
from stageline.lab.about import About
from stageline.lab.afar.concluding import Concluding
from stageline.lab.afar.crew import FarCrew, Tools
from stageline.lab.afar.hands import Hands
from stageline.lab.afar.home import FarHome
from stageline.lab.afar.home_id import home_id
from stageline.lab.afar.orders import Around, Orders
from stageline.lab.afar.owed import OwedNotes
from stageline.lab.afar.pieces import Pieces
from stageline.lab.afar.reached import Reach, Reached
from stageline.lab.afar.sending import Sending
from stageline.lab.afar.there import There, look_there
from stageline.lab.at_work import AtWork
from stageline.lab.terms import Terms
from stageline.runtimes.probe import Health, answer, missing, question
from stageline.runtimes.sandbox import Runtime
from stageline.schedulers.admission import Amount
from stageline.schedulers.arrays import Arrays
from stageline.schedulers.direct import Direct
from stageline.schedulers.way import Way
from stageline.targets.logs import as_text
from stageline.targets.target import Target

_TRYING = 60.0
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
        has = self.there.machine.has
        return Amount(asked.cpus or has.cpus, asked.memory or has.memory)


def look_afar(reach: Reach, target: str, known: About, verify: bool = False) -> Afar:
    """Look at the home there of a Lab; TargetLost when that cannot be reached."""
    reached = reach(target, home_id(known.places.home))
    far = FarHome(reached.target, known.places.home)
    return Afar(reached, far, look_there(far, known.plan, known.places, verify))


def crew_afar(afar: Afar, terms: Terms, known: About) -> FarCrew:
    """The crew of a run there."""
    places, far, there = known.places, afar.far, afar.there
    far.end_containers()
    orders = Orders(places, far, _around(afar, terms.runtime))
    tools = Tools(
        far=far,
        there=there,
        pieces=Pieces(far, there, orders, Sending(known.plan, places, far, there, orders)),
        concluding=Concluding(places, far, terms.fetch, terms.runtime),
        hands=_hands(afar, terms, places.home),
        owed=OwedNotes(places.home, terms.target),
    )
    return FarCrew(tools, drains=not terms.keep_going)


def preferred_runtime(afar: Afar) -> Runtime:
    """The first of those that a target names which works there; MissingDependency when none does."""
    problems: list[str] = []
    for runtime in afar.reached.runtimes:
        health = _health(afar.reached.target, runtime)
        if health.works:
            return runtime
        problems.append(health.problem)
    if problems:
        name = afar.reached.target.name
        raise MissingDependency(f"target '{name}': none of its runtimes works there: {'; '.join(problems)}")
    return Runtime.NATIVE


def _health(target: Target, runtime: Runtime) -> Health:
    argv = question(runtime)
    if not argv:
        return answer(runtime, 0, "", "")
    said = target.call(argv, timeout=_TRYING)
    return missing(runtime) if said.code == 127 else answer(runtime, said.code, as_text(said.out), said.err)


def _around(afar: Afar, runtime: Runtime) -> Around:
    """What a target has around scripts; MissingDependency when this runtime does not work there."""
    target, machine = afar.reached.target, afar.there.machine
    health = _health(target, runtime)
    if not health.works:
        raise MissingDependency(f"target '{target.name}': runtime {runtime}: {health.problem}")
    return Around(
        runtime=runtime,
        owner=health.owner,
        uid=machine.uid,
        gid=machine.gid,
        mount_paths=afar.reached.mount_paths,
        node_local=afar.reached.node_local_path,
        limits=afar.reached.slurm is None,
    )


def way_afar(reached: Reached, capacity: Amount) -> Way:
    """How scripts get to run there."""
    return Direct(reached.target, capacity) if reached.slurm is None else Arrays(reached.slurm)


def _hands(afar: Afar, terms: Terms, home: str) -> Hands:
    def begins(id: str) -> None:
        with closing(AtWork(home)) as at_work:
            at_work.begins(id, time.time_ns() // 1000)

    return Hands(way_afar(afar.reached, terms.capacity), begins, afar.there.begun)

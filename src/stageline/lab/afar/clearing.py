"""Clears up the home on a target, by the Labs that are kept here: what none of them has goes there too.

Other homes there are somebody else's, and are only told of. Nothing is deleted while jobs of this home are run, or
while something is at work there that no kept Lab knows.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from stageline.errors import UnknownName
from stageline.lab.afar.home import FarHome
from stageline.lab.afar.home_id import home_id
from stageline.lab.afar.reached import Reach
from stageline.lab.gc import Collected, Garbage, Needed, roots_of
from stageline.lab.held import held
from stageline.lab.layout import Home
from stageline.lab.run_lock import Busy, run_lock
from stageline.targets.target import Stand, Target

RUN, SLURM, LOCK = "run", "slurm", ".lock"
_BROKEN = "a call that was broken off has left it"
_SHOWN = 3


class OtherHome(msgspec.Struct, frozen=True):
    """A home on the target that is not this one, and whose it is, if that is known."""

    id: str
    whose: str


class FarCollected(msgspec.Struct, frozen=True):
    """What was kept and deleted there, or would be, and which other homes there are."""

    labs: Collected = Collected()
    others: tuple[OtherHome, ...] = ()


def collect_afar(
    reach: Reach, target: str, root: Path, in_use: Container[str] = (), dry_run: bool = False
) -> FarCollected:
    """Delete on a target what no Lab of the home here needs; Busy when its jobs are run. To `dry_run` only tells."""
    home = Home(root.absolute())
    if not home.labs.is_dir():
        return FarCollected()
    with ExitStack() as alone:
        if not dry_run:
            alone.enter_context(held(home.root))
            alone.enter_context(run_lock(str(home.root), "gc"))
        roots = roots_of(home, in_use)
        far = _far(reach, target, home.root)
        found = tuple(_found(far, roots.needed))
        if not dry_run:
            far.end_containers()
            far.discard([one.path for one in found])
        return FarCollected(Collected(roots.kept, found), _others(far))


def drop_home(reach: Reach, target: str, root: Path, id: str, dry_run: bool = False) -> int:
    """Delete another home on a target, with all that was made there; answers its bytes. Busy when it is at work."""
    far = _far(reach, target, root.absolute())
    known = sorted(one.id for one in _others(far))
    if id not in known:
        raise UnknownName(f"target '{target}' has no other home '{id}'; it has {', '.join(known) or 'none'}")
    theirs = FarHome(reach(target, id).target, far.home)
    _refuse_live(_live(theirs.target, _tokens(theirs.stock())), theirs.target)
    (size,) = far.weigh([f"../{id}"])
    if not dry_run:
        far.discard([f"../{id}"])
    return size


def _far(reach: Reach, target: str, home: Path) -> FarHome:
    return FarHome(reach(target, home_id(str(home))).target, str(home))


def _others(far: FarHome) -> tuple[OtherHome, ...]:
    return tuple(OtherHome(id, whose) for id, whose in far.others().items())


def _found(far: FarHome, needed: Needed) -> Iterator[Garbage]:
    """What goes, records first, so that no job counts as done without its outputs."""
    names = sorted(far.stock(), key=lambda name: "records/" not in name)
    whys = {name: why for name in names if (why := _why_not(name, needed))} | _of_work(far.target, names, needed)
    for (name, why), size in zip(whys.items(), far.weigh(list(whys)), strict=True):
        yield Garbage(name, why, size)


def _why_not(name: str, needed: Needed) -> str:
    """Why something goes that is no work; empty when it stays."""
    if name.rpartition("/")[2].startswith(".") or name.startswith("spool."):
        return _BROKEN
    return "" if name.startswith((f"{RUN}/", f"{SLURM}/")) else needed.why_not(name.removesuffix(LOCK))


def _of_work(target: Target, names: Sequence[str], needed: Needed) -> dict[str, str]:
    """What is there of work that nobody asks for any more; Busy when it is at work."""
    tokens = _tokens(names)
    unknown = [token for token in tokens if not needed.has_script(token.partition(".")[0])]
    _refuse_live(_live(target, unknown), target)
    kept = set(tokens).difference(unknown)
    used = {name for name, elements in target.arrays(tokens).items() if not kept.isdisjoint(elements)}
    arrays = [name for name in names if name.startswith(f"{SLURM}/") and name.removeprefix(f"{SLURM}/") not in used]
    return {f"{RUN}/{token}": "no kept Lab has its job" for token in unknown} | dict.fromkeys(
        arrays, "what came of its jobs is known"
    )


def _tokens(names: Sequence[str]) -> list[str]:
    begun = (name.removeprefix(f"{RUN}/") for name in names if name.startswith(f"{RUN}/"))
    return [token for token in begun if not token.startswith(".")]


def _live(target: Target, tokens: Collection[str]) -> list[str]:
    """Those that are at work, or that a cluster will begin."""
    queued = {token for elements in target.arrays(tokens).values() for token in elements}
    return [
        token
        for token, state in target.look(tokens).items()
        if state.stand in (Stand.RUNNING, Stand.ELSEWHERE) or (state.stand is Stand.WAITING and token in queued)
    ]


def _refuse_live(live: Sequence[str], target: Target) -> None:
    if live:
        more = f" and {len(live) - _SHOWN} more" if len(live) > _SHOWN else ""
        raise Busy(
            f"target '{target.name}': at work in {target.base}/{RUN} are {', '.join(live[:_SHOWN])}{more}, which no "
            "kept Lab knows; wait for their end, or cancel their run"
        )

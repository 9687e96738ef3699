"""What deleted runs have left on targets goes too. A target that cannot be reached now is told of."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from stageline.cli.targets_named import targets_gone_to
from stageline.errors import StagelineError
from stageline.stages.away import owner_of

if TYPE_CHECKING:
    from stageline.cli.session import Session
    from stageline.engine.ports import Store

log = logging.getLogger(__name__)

CLEAR = 'cd -- "$1" && shift && for own; do rm -rf -- "run/$own".* "slurm/$own".* "work/$own"; done'
TOGETHER = 100

Used = frozenset[str]


def targets_used(store: Store, runs: Collection[str]) -> dict[str, Used]:
    """The targets of each of these runs that has any."""
    named = {run: targets_gone_to(store.retrieve(run)) for run in runs}
    return {run: targets for run, targets in named.items() if targets}


def clear_targets(session: Session, used: Mapping[str, Used]) -> None:
    """Delete what these runs have left on their targets."""
    for name in sorted(frozenset[str]().union(*used.values())):
        owners = [owner_of(run) for run, targets in used.items() if name in targets]
        try:
            _clear(session, name, owners)
        except StagelineError as error:
            log.warning("what %d deleted runs have left on target '%s' is still there: %s", len(owners), name, error)


def _clear(session: Session, name: str, owners: list[str]) -> None:
    from stageline.config.reaching import open_target  # few runs need it

    target = open_target(session.config.target(name), session.home)
    for at in range(0, len(owners), TOGETHER):
        target.call(("bash", "-c", CLEAR, "-", target.base, *owners[at : at + TOGETHER]), timeout=600)

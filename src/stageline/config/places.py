"""The targets of one program as stages know them: by name, each with who has errands carried out there."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stageline.config.targets import TargetSettings
    from stageline.schedulers.target import TargetScheduler

SLURM = "slurm"


class OpenPlaces:
    """The targets of one program, each reached once and by whichever scheduler is asked for."""

    def __init__(self, settings: Callable[[str], TargetSettings], home: Path) -> None:
        self._settings = settings
        self._home = home
        self._lock = threading.Lock()
        self._couriers: dict[tuple[str, str], TargetScheduler] = {}

    def courier(self, target: str, scheduler: str) -> TargetScheduler:
        """The one for a target, with another scheduler than its own if one is named; UnknownName without it."""
        settings = self._settings(target)
        key = (target, scheduler or settings.scheduler)
        with self._lock:
            if key not in self._couriers:
                self._couriers[key] = _open(settings, key[1], self._home)
            return self._couriers[key]

    def close(self) -> None:
        """Look no more. What runs goes on."""
        with self._lock:
            couriers, self._couriers = list(self._couriers.values()), {}
        for courier in couriers:
            courier.close()


def _open(settings: TargetSettings, scheduler: str, home: Path) -> TargetScheduler:
    from stageline.config.reaching import open_target  # few runs need any of this
    from stageline.schedulers.arrays import Arrays
    from stageline.schedulers.direct import Direct
    from stageline.schedulers.slurm import Slurm
    from stageline.schedulers.target import TargetScheduler

    target = open_target(settings, home)
    return TargetScheduler(Arrays(Slurm(target)) if scheduler == SLURM else Direct(target))

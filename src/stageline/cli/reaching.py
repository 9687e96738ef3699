"""The targets of config files, as the runs of Labs use them."""

from __future__ import annotations

from stageline.cli.session import Session
from stageline.config.reaching import home_there, open_target
from stageline.lab.afar.reached import Reach, Reached
from stageline.runtimes.sandbox import Runtime
from stageline.schedulers.slurm import Slurm


def reach_of(session: Session) -> Reach:
    """The way to the targets that this session knows."""

    def reach(name: str, home: str) -> Reached:
        settings = session.config.target(name)
        target = open_target(home_there(settings, session.home, home), session.home)
        return Reached(
            target=target,
            slurm=Slurm(target) if settings.scheduler == "slurm" else None,
            runtimes=tuple(map(Runtime, settings.runtimes)),
            mount_paths=settings.mount_paths,
            node_local_path=settings.node_local_path or "",
        )

    return reach

"""Ways of running a Lab elsewhere, and what the tests of all of them share."""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec
import pytest

from stageline.lab.afar.reached import Reached
from stageline.lab.record import Record, read_records
from stageline.schedulers.slurm import Slurm
from stageline.schedulers.slurm_watch import Pace
from stageline.targets.local import LocalTarget
from stageline.targets.ssh import SshTarget
from stageline.targets.target import Target
from tests.contract.lab.lab_runs import Bench

QUICK = Pace(shortest=0.3, longest=1.0, patience=15.0)
WAYS = ("here", "ssh", "slurm", "ssh-slurm")


class Way:
    """One way to a target: `over` makes a bench use it."""

    def __init__(self, name: str, base: Path, request: pytest.FixtureRequest) -> None:
        self.name = name
        self.base = base / ("ssh" if name.startswith("ssh") else "here")
        self._request = request

    def over(self, bench: Bench) -> Bench:
        if "slurm" in self.name:
            self._request.getfixturevalue("slurm_nodes")
        bench.reach = self.reached
        bench.way = {"target": self.name}
        return bench

    def reached(self, target: str, home: str) -> Reached:
        assert target == self.name
        there = self.target(self.base / "homes" / home)
        return Reached(target=there, slurm=Slurm(there, pace=QUICK) if "slurm" in target else None)

    def target(self, base: Path) -> Target:
        if self.name.startswith("ssh"):
            config = self._request.getfixturevalue("ssh_config")
            return SshTarget(self.name, "one", str(base), ("-F", str(config)))
        return LocalTarget(base, self.name)

    @property
    def home(self) -> Path:
        """The one home on this target."""
        (found,) = self.base.glob("homes/*")
        return found


def results(home: Path) -> dict[str, bytes]:
    """All that all jobs and branches have made and said, without the folder that they were in."""
    found: dict[str, bytes] = {}
    for pattern in ("jobs/*/out/**/*", "jobs/*/log", "branches/*/out/**/*", "branches/*/log"):
        for path in sorted(home.glob(pattern)):
            if path.is_file():
                text = path.read_bytes().replace(os.fsencode(home), b"")
                if path.name == "log":  # an engine may tell what is said on two streams in another order
                    text = b"".join(sorted(text.splitlines(keepends=True)))
                found[str(path.relative_to(home))] = text
    return found


def without_times(records: dict[str, Record]) -> dict[str, Record]:
    """Records as they must be equal wherever a script ran."""
    return {
        id: msgspec.structs.replace(record, started=0, ended=0, host="", cpu_seconds=0.0, peak_memory=None)
        for id, record in records.items()
    }


def all_records(home: Path) -> dict[str, Record]:
    """Those of jobs and of branches."""
    return without_times({**read_records(home / "records"), **read_records(home / "branches/records")})


def lines(path: Path) -> list[str]:
    """The lines of a file that may not be there."""
    return path.read_text().splitlines() if path.exists() else []


def plain(name: str) -> str:
    return re.sub(r"[0-9a-f]{32}", "", name)

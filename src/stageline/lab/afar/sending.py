"""Brings to a home on a target what scripts need, for all that are ready in one pass; what is there is not sent."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from stageline.errors import ConfigError
from stageline.lab.afar.home import BRANCH_RECORDS, RECORDS, FarHome
from stageline.lab.afar.needs import Needs, needs_of, scripts_digest
from stageline.lab.afar.orders import Orders
from stageline.lab.afar.there import There
from stageline.lab.layout import BIN, OUT
from stageline.lab.model import LabPlan
from stageline.lab.places import BRANCHES, LOG, Places
from stageline.lab.record import Record, changes, read_record, record_name, record_text
from stageline.lab.unit import Unit
from stageline.targets.cancellation import Cancellation

SCRIPTS = ".scripts"
OWNER = "owner"


class _Made(msgspec.Struct, frozen=True):
    """Something that was made here and is needed there: its folder, and the record that goes with it."""

    folder: str
    records: str
    record: Record


class Sending:
    """Sends for one Lab."""

    def __init__(self, plan: LabPlan, places: Places, far: FarHome, there: There, orders: Orders) -> None:
        self._orders = orders
        self._plan = plan
        self._places = places
        self._far = far
        self._there = there
        self._first = {OWNER: f"{os.uname().nodename}:{far.home}".encode(), **orders.texts}
        self._sent: set[str] = set()

    def send(self, units: Iterable[Unit], cancellation: Cancellation) -> None:
        """Have there all that these need."""
        units = list(units)
        needs = needs_of(units, self._places.lab, self._far)
        scripts = self._scripts(needs)
        made = self._made(needs)
        wanted = dict.fromkeys(unit.environment for unit in units)
        images = [name for of in wanted for name in self._orders.image_files(of) if name not in self._sent]
        names = [*images, *(name for name in needs.names if name not in self._sent)]
        self._far.share_layers(images)
        stale = [f"{folder}/{BIN}" for folder in scripts] + [f"{one.folder}/{OUT}" for one in made.values()]
        if stale:
            self._far.target.remove(stale)
        parts = [f"{folder}/{BIN}" for folder in scripts] + [part for one in made.values() for part in self._parts(one)]
        self._far.send([*names, *parts], cancellation)
        files = self._first | {
            f"{folder}/{SCRIPTS}": f"{folder} {digest}".encode() for folder, digest in scripts.items()
        }
        files |= {f"{one.records}/{record_name(id)}": record_text(one.record) for id, one in made.items()}
        self._far.write({**files, **needs.texts})
        self._first = {}
        self._sent.update(names)
        self._there.scripts.update(scripts)
        self._there.intact.update((id, one.record) for id, one in made.items())

    def _scripts(self, needs: Needs) -> dict[str, str]:
        """The folders of scripts that are not there, or others, each with what tells it."""
        found: dict[str, str] = {}
        for folder in needs.folders:
            digest = scripts_digest(self._places.home, folder)
            if self._there.scripts.get(folder) != digest:
                found[folder] = digest
        return found

    def _made(self, needs: Needs) -> Mapping[str, _Made]:
        """What was made here, and is to be there."""
        wanted = [id for id in needs.made if id not in self._there.intact]
        if needs.store:
            wanted += [id for id in self._plan.jobs if id not in self._there.intact]
        found: dict[str, _Made] = {}
        for id in dict.fromkeys(wanted):
            made = self._here(id)
            if made is not None:
                found[id] = made
            elif id in needs.made:
                raise ConfigError(
                    f"what {id} has made is neither here nor on target '{self._far.target.name}': run it again"
                )
        return found

    def _here(self, id: str) -> _Made | None:
        job = self._plan.jobs.get(id)
        folder = f"{BRANCHES}/{id}" if job is None else f"jobs/{job.folder}"
        records = BRANCH_RECORDS if job is None else RECORDS
        record = read_record(Path(self._far.home, records), id)
        if record is None or not record.succeeded or changes(record, f"{self._far.home}/{folder}/{OUT}"):
            return None
        return _Made(folder, records, record)

    def _parts(self, made: _Made) -> Sequence[str]:
        parts = (f"{made.folder}/{OUT}", f"{made.folder}/{LOG}")
        return [part for part in parts if Path(self._far.home, part).exists()]

"""What the parts of a scatter-gather job have said: a log for the scatter, each step of each item, and the gather."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from stageline.errors import UnknownName, did_you_mean
from stageline.lab.branches import GATHER, SCATTER, items_file, items_of
from stageline.lab.identity import branch_id
from stageline.lab.model import Job
from stageline.lab.places import BRANCHES, LOG
from stageline.lab.record import Record, read_records

RECORDS = "records"


class PartLog(msgspec.Struct, frozen=True):
    """The log of a part: of a step, for which item."""

    path: Path
    part: str
    item: int | None = None
    failed: bool = False

    @property
    def title(self) -> str:
        """What it is the log of, for people."""
        name = self.part if self.item is None else f"item {self.item} {self.part}"
        return f"{name}, which failed" if self.failed else name


class Chosen(msgspec.Struct, frozen=True):
    """Which logs are wanted: of one item, of one part, or all."""

    item: int | None = None
    part: str | None = None


class PartLogs:
    """Finds the logs of a job in its home, again and again: the items are read anew when they are others."""

    def __init__(self, job: Job, home: Path, log: Path, chosen: Chosen) -> None:
        assert job.scattered is not None
        self._job = job
        self._of = job.scattered
        self._log = log
        self._branches = home / BRANCHES
        self._records = home / RECORDS
        self._chosen = chosen
        self._items: tuple[object, list[Mapping[str, str]]] = (None, [])
        known = (SCATTER, *self._of.steps, GATHER)
        if chosen.part is not None and chosen.part not in known:
            hint = did_you_mean(chosen.part, known) or f"; there are {', '.join(known)}"
            raise UnknownName(f"job {job.folder} has no step '{chosen.part}'{hint}")

    def all(self) -> list[PartLog]:
        """Those that are wanted, in order: the scatter, the items, the gather."""
        return [log for log in self._each() if self._is_wanted(log)]

    def failed_first(self) -> list[PartLog]:
        """The same, but what failed before the rest. UnknownName when the item that is wanted is not there."""
        if self._chosen.item is not None and not 0 <= self._chosen.item < len(self._ids()):
            count = len(self._ids())
            raise UnknownName(
                f"job {self._job.folder} has no item {self._chosen.item}: it has {count}, which are counted from 0"
            )
        records = {**read_records(self._branches / RECORDS), **read_records(self._records)}
        told = [msgspec.structs.replace(log, failed=self._has_failed(log, records)) for log in self.all()]
        return sorted(told, key=lambda log: not log.failed)

    def _each(self) -> Iterator[PartLog]:
        yield PartLog(self._branches / branch_id(self._of.scatter.id) / LOG, SCATTER)
        for number, ids in enumerate(self._ids()):
            for step, id in ids.items():
                yield PartLog(self._branches / id / LOG, step, number)
        yield PartLog(self._log, GATHER)

    def _ids(self) -> list[Mapping[str, str]]:
        file = items_file(self._of, self._branches)
        try:
            about = file.stat()
        except OSError:
            return []
        state = (about.st_ino, about.st_size, about.st_mtime_ns)
        if state != self._items[0]:
            self._items = (state, list(items_of(self._of, self._branches)))
        return self._items[1]

    def _is_wanted(self, log: PartLog) -> bool:
        return self._chosen.item in (None, log.item) and self._chosen.part in (None, log.part)

    def _has_failed(self, log: PartLog, records: Mapping[str, Record]) -> bool:
        id = self._job.id if log.part == GATHER and log.item is None else log.path.parent.name
        return id in records and not records[id].succeeded

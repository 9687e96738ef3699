"""What `gc` deletes: ended runs with those that they have started, their logs, and values that nothing refers to.

A run's rows go first, then its files: whatever happens between, no run is left without its logs.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from stageline.cli.choosing import EVERY
from stageline.engine.blobs import Blobs
from stageline.engine.clock import utc_now
from stageline.engine.ports import RunRow, Store

YOUNG = 3600.0


class Choice(NamedTuple):
    """Which ended runs go: older than so many microseconds, all but the newest so many, or both."""

    older_than: int | None = None
    keep: int | None = None


class Swept(NamedTuple):
    """What was deleted, or would be; `size` is in bytes."""

    runs: list[RunRow]
    values: int
    size: int

    def as_json(self, dry_run: bool) -> dict[str, Any]:
        """The same for programs."""
        return {
            "dry_run": dry_run,
            "runs": [row.id for row in self.runs],
            "large_values": self.values,
            "bytes": self.size,
        }


def collect(store: Store, choice: Choice, dry_run: bool) -> Swept:
    """Delete what is chosen, and what nothing refers to."""
    rows = store.list_runs(EVERY)
    chosen = _chosen(rows, choice)
    if not dry_run:
        gone = store.forget([row.id for row in chosen])
        chosen = [row for row in chosen if row.id in gone]
    folders = [store.files / "runs" / row.id for row in chosen]
    orphans = [] if dry_run else _orphans(store, rows)
    size = sum(map(_size, [*folders, *orphans]))
    if not dry_run:
        for folder in [*folders, *orphans]:
            shutil.rmtree(folder, ignore_errors=True)
    values = Blobs(store.files).sweep(store.large_values, time.time() - YOUNG, dry_run)
    return Swept(chosen, len(values), size + sum(values))


def labs_in_use(store: Store) -> frozenset[str]:
    """The ids of the Labs that runs which have not ended are about."""
    rows = [row for row in store.list_runs(EVERY) if not row.record.status.ended]
    labs = (store.retrieve(row.id).names.get("lab") for row in rows)
    return frozenset(Path(lab).name for lab in labs if isinstance(lab, str))


def chosen_runs(store: Store, choice: Choice) -> list[str]:
    """The runs that would go."""
    return [row.id for row in _chosen(store.list_runs(EVERY), choice)]


def _chosen(rows: Sequence[RunRow], choice: Choice) -> list[RunRow]:
    """The ended runs that go, and what they have started, unless some of it has not ended."""
    if choice == Choice():
        return []
    tops = [row for row in rows if not row.parent and row.record.status.ended]
    tops = tops[choice.keep or 0 :]
    if choice.older_than is not None:
        before = utc_now() - choice.older_than
        tops = [row for row in tops if (row.record.ended_at or 0) < before]
    below: dict[str, list[RunRow]] = {}
    for row in rows:
        below.setdefault(row.parent, []).append(row)
    families = [_family(top, below) for top in tops]
    return [row for family in families if all(r.record.status.ended for r in family) for row in family]


def _family(row: RunRow, below: dict[str, list[RunRow]]) -> list[RunRow]:
    return [row, *(one for child in below.get(row.id, ()) for one in _family(child, below))]


def _orphans(store: Store, rows: Iterable[RunRow]) -> list[Path]:
    """Folders of runs that are no more, as of a `gc` that was killed; not of those that have come meanwhile."""
    known = {row.id for row in rows}
    runs = store.files / "runs"
    old = [p for p in runs.iterdir() if p.stat().st_mtime < time.time() - YOUNG] if runs.is_dir() else []
    return [folder for folder in old if folder.name not in known]


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())

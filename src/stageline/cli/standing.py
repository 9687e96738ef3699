"""What is going on in a store: how many runs are in which state, which have not ended, and who works on them."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any, NamedTuple

from stageline.cli.choosing import EVERY, newest
from stageline.cli.session import Session
from stageline.cli.times import day, iso
from stageline.engine.clock import utc_now
from stageline.engine.peers import is_gone, this_host
from stageline.engine.ports import RunRow, Store
from stageline.model.status import Status
from stageline.store.address import without_password

NOTICED = 1_500_000


def is_worked_on(row: RunRow) -> bool:
    """Whether a processor has it that has not died, as far as can be seen from here."""
    return row.owner is not None and not is_gone(row.owner, this_host())


def is_left(row: RunRow) -> bool:
    """Whether there is something to do for a run, and nobody does it."""
    if row.record.status.ended or row.record.status is Status.PAUSED or is_worked_on(row):
        return False
    waits = row.owner is None and (row.ready_at is None or row.ready_at > utc_now())
    return not waits or row.record.status is Status.NOT_STARTED


def row_of(store: Store, run: str) -> RunRow:
    """The line of one run."""
    return newest(store, 1, lambda row: row.id == run)[0]


def nobody_works_on(store: Store, run: str, patience: float = 0.6) -> bool:
    """Whether a run is left to itself; who is there takes it up within `patience` seconds."""
    until = time.monotonic() + patience
    while is_left(row_of(store, run)):
        if time.monotonic() > until:
            return True
        time.sleep(0.05)
    return False


class Standing(NamedTuple):
    """How things stand. `store` is None when nothing was ever run here."""

    store: str | None
    home: str
    counts: dict[str, int]
    going: list[RunRow]

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        going = [
            {
                "id": row.id,
                "name": row.name,
                "status": str(row.record.status),
                "started_at": iso(row.record.started_at),
                "working": is_worked_on(row),
            }
            for row in self.going
        ]
        return {"store": self.store, "home": self.home, "counts": self.counts, "running": going}

    def lines(self, session: Session) -> list[str]:
        """The same for people."""
        if self.store is None:
            return [f"no runs are kept in {self.home} yet"]
        counted = ", ".join(f"{count} {status}" for status, count in self.counts.items()) or "no runs yet"
        return [f"store  {self.store}", f"runs   {counted}", *(_line(session, row) for row in self.going)]


def _line(session: Session, row: RunRow) -> str:
    words = f"  {row.id}  {row.record.status}  since {day(row.record.started_at)}  {row.name}"
    if row.record.status is Status.PAUSED or is_left(row):
        words += f"\n      nobody works on it; go on: {session.say('resume', row.id)}"
    return words


def standing_of(session: Session) -> Standing:
    """How things stand where the session is."""
    if not session.has_store:
        return Standing(None, str(session.home), {}, [])
    store = session.open_kept()
    rows = [row for row in store.list_runs(EVERY) if not row.parent]
    counts = Counter(str(row.record.status) for row in rows)
    return Standing(
        without_password(store.url), str(session.home), dict(counts), [r for r in rows if not r.record.status.ended]
    )

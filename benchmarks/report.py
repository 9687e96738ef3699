"""What was measured, beside what was promised: a table for people, JSON for comparisons."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple


class Budget(NamedTuple):
    """What a value must at least be, or at most."""

    limit: float
    at_least: bool

    def allows(self, value: float) -> bool:
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.at_least else '<='} {self.limit:g}"


class Row(NamedTuple):
    """One line: the value that counts, in words what it is, its budget if there is one, and what it was made of."""

    what: str
    value: float
    unit: str
    budget: Budget | None
    details: Mapping[str, float]

    @property
    def verdict(self) -> str:
        if self.budget is None:
            return ""
        return "met" if self.budget.allows(self.value) else "MISSED"


def show(rows: Sequence[Row]) -> None:
    print(f"{'':44} {'measured':>9}  {'':14} {'budget':>8}  {'':6}  details")
    for row in rows:
        details = "  ".join(f"{name} {value:,}" for name, value in row.details.items())
        budget = str(row.budget) if row.budget else ""
        print(f"{row.what:44} {row.value:9.3f}  {row.unit:14} {budget:>8}  {row.verdict:6}  {details}")


def keep(rows: Sequence[Row], path: Path) -> None:
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
    }
    kept = {
        row.what: {"value": row.value, "unit": row.unit, "budget": str(row.budget or ""), "verdict": row.verdict}
        | dict(row.details)
        for row in rows
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"about": about, "rows": kept}, indent=2) + "\n")

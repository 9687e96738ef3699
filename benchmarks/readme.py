"""The table of the README, from what was measured last."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
BEGIN, END = "<!-- benchmark table: begin -->\n", "<!-- benchmark table: end -->"
ORDER = ("engine", "stages", "commands", "document", "dask", "cli", "lab", "lab_build", "lab_read")


def table() -> str:
    """One line for each row that has a budget, and when and where it was measured."""
    results: list[dict[str, Any]] = [
        json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text()) for name in ORDER
    ]
    lines = ["| what | measured | budget |", "| --- | --- | --- |"]
    for result in results:
        for what, row in result["rows"].items():
            if row["budget"]:
                lines.append(f"| {what} | {row['value']:g} {row['unit']} | {row['budget']}{_remark(row)} |")
    about = results[0]["about"]
    where = f"Measured by `make bench` on {about['date']}, Python {about['python']}, {about['cores']} cores."
    return "\n".join([where, "", *lines, ""])


def _remark(row: dict[str, Any]) -> str:
    return "" if row["verdict"] == "met" else ", missed"


def write() -> None:
    path = ROOT / "README.md"
    before, _, rest = path.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    path.write_text(before + BEGIN + table() + END + after)

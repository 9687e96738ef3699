"""How long the installed command takes, beside a bare interpreter that does nothing: `python -m benchmarks.cli`.

The calls take turns, so that what else the machine does falls on all alike; the fastest of each counts.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.report import Budget, Row, keep, show

COMMAND = str(Path(sys.executable).with_name("stageline"))
BARE = (sys.executable, "-c", "pass")
TIMES = 15
WORKFLOW = "name: one\nstages:\n  - name: only\n    bash: 'true'\n"
HERE = Path(__file__).parent


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "one.yml").write_text(WORKFLOW)
        seconds = measured(folder)
    rows = rows_of(seconds)
    show(rows)
    keep(rows, HERE / "results" / "cli.json")
    return 0 if all(row.verdict != "MISSED" for row in rows) else 1


def measured(folder: str) -> Mapping[str, float]:
    """The fastest of each call, in seconds."""
    calls = {
        "bare": BARE,
        "--help": (COMMAND, "--help"),
        "--version": (COMMAND, "--version"),
        "run": (COMMAND, "run", "one.yml"),
        "list": (COMMAND, "list"),
    }
    for call in calls.values():
        seconds_of(call, folder)  # the first one compiles the modules
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(TIMES):
        for name, call in calls.items():
            best[name] = min(best[name], seconds_of(call, folder))
    return best


def seconds_of(call: Sequence[str], folder: str) -> float:
    env = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env |= {"XDG_CACHE_HOME": folder, "XDG_CONFIG_HOME": folder}
    begun = time.perf_counter()
    subprocess.run(call, check=True, cwd=folder, env=env, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def rows_of(seconds: Mapping[str, float]) -> list[Row]:
    bare = seconds["bare"]

    def details(name: str) -> dict[str, float]:
        return {"ms": round(seconds[name] * 1000, 1), "bare ms": round(bare * 1000, 1)}

    above = [
        Row(f"stageline {name}", seconds[name] - bare, "s above bare", Budget(0.1, at_least=False), details(name))
        for name in ("--help", "--version")
    ]
    return [
        *above,
        Row("stageline list", seconds["list"], "s", None, details("list")),
        Row("stageline run, one bash stage", seconds["run"], "s", Budget(0.35, at_least=False), details("run")),
    ]


if __name__ == "__main__":
    sys.exit(main())

"""How long it takes to read and check a workflow file of 20,000 lines: `python -m benchmarks.document`.

Prints seconds beside the budget, and writes benchmarks/results/document.json. The best of some rounds counts.
"""

import sys
from pathlib import Path

from benchmarks import report
from benchmarks.durable import Stopwatch
from benchmarks.report import Budget, Row
from stageline.document.checks import check_scripts
from stageline.document.definition import Document
from stageline.document.load import load_text

LINES = 20_000
ROUNDS = 5
RESULTS = Path(__file__).parent / "results" / "document.json"
STAGE = """\
  - name: "Stage {n} in ${{{{ params.region }}}}"
    id: stage-{n}
    if: "${{{{ params.region == 'eu' and {n} > 0 }}}}"
    retry: {{attempts: 2, delay: 1}}
    bash: |
      set -euo pipefail
      for part in 1 2 3; do
        echo "$part of {n}" "${{{{ stages['python-{n}'].outputs.total }}}}"
      done
"""
PYTHON = """\
  - name: "Python {n}"
    id: python-{n}
    vars: {{limit: {n}}}
    run: |
      import math
      total = sum(math.sqrt(each) for each in range(limit))
"""
LOOP = """\
  - name: "Loop {n}"
    foreach: [1, 2, 3]
    concurrent: 2
    stages:
      - name: "Item ${{{{ item }}}}"
        echo: "${{{{ item }}}} of ${{{{ params.region | upper }}}}"
"""


def big_file(lines: int = LINES) -> str:
    """A workflow file of so many lines, in which no two stages are the same."""
    parts = ["name: big\nparams:\n  region: eu\nstages:\n"]
    each = sum(part.count("\n") for part in (PYTHON, STAGE, LOOP))
    for n in range((lines - 4) // each):
        parts += [part.format(n=n) for part in (PYTHON, STAGE, LOOP)]
    return "".join(parts)


def main() -> int:
    text = big_file()
    document = load_text(text, "big.yml")
    loaded, checked = [], []
    for _ in range(ROUNDS):
        with Stopwatch() as watch:
            document = load_text(text, "big.yml")
        loaded.append(watch.taken)
        checked.append(_checked(document))
    details = {"lines": text.count("\n"), "stages": len(document.only().all_stages()), "bash_s": round(min(checked), 3)}
    wall = min(taken.wall for taken in loaded)
    details["cpu_s"] = round(min(taken.cpu for taken in loaded), 3)
    rows = [Row("load 20,000 lines", round(wall, 3), "s", Budget(2.0, at_least=False), details)]
    report.show(rows)
    report.keep(rows, RESULTS)
    return 0


def _checked(document: Document) -> float:
    with Stopwatch() as watch:
        assert not len(check_scripts(document))
    return watch.taken.wall


if __name__ == "__main__":
    sys.exit(main())

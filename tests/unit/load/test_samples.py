"""The shapes of workflow files that users write, each kind of stage once, read as they mean them."""

import pytest

from stageline.load.nodes import Plain
from stageline.load.read import Parser
from tests.unit.load.reading import both_parsers, value

SAMPLES: list[tuple[str, Plain]] = [
    (
        'stages:\n  - name: "Pause"\n    if: "${{ params.slow == true }}"\n    echo: "Waiting..."\n    sleep: 0.5\n',
        {"stages": [{"name": "Pause", "if": "${{ params.slow == true }}", "echo": "Waiting...", "sleep": 0.5}]},
    ),
    (
        'name: List\nenv:\n  DIR: /data\nbash: |\n  set -e  # stop\n  if [ ! -d "$DIR" ]; then\n    exit 1\n  fi\n',
        {"name": "List", "env": {"DIR": "/data"}, "bash": 'set -e  # stop\nif [ ! -d "$DIR" ]; then\n  exit 1\nfi\n'},
    ),
    (
        "vars:\n  limit: 1000\nrun: |\n  import csv\n\n  rows = f'{limit:>5}'\n  print({1: rows})\n",
        {"vars": {"limit": 1000}, "run": "import csv\n\nrows = f'{limit:>5}'\nprint({1: rows})\n"},
    ),
    (
        'version: "3.11"\ndeps: ["numpy", pandas>=2]\nrun: print(1)\n',
        {"version": "3.11", "deps": ["numpy", "pandas>=2"], "run": "print(1)"},
    ),
    (
        'uses: "tasks/load@latest"\nwith:\n  to: ["a@b.org"]\n  about: {run: "${{ params.run }}"}\n',
        {"uses": "tasks/load@latest", "with": {"to": ["a@b.org"], "about": {"run": "${{ params.run }}"}}},
    ),
    ("trigger: deploy\nparams:\n  undo: true\n", {"trigger": "deploy", "params": {"undo": True}}),
    (
        "max-workers: 3\nparallel:\n  one:\n    - bash: a\n    - uses: b/c@v1\n  two:\n  - bash: d\n",
        {"max-workers": 3, "parallel": {"one": [{"bash": "a"}, {"uses": "b/c@v1"}], "two": [{"bash": "d"}]}},
    ),
    (
        'foreach: ["a", "b"]\nuse-index-as-key: true\nconcurrent: 2\nstages:\n  - echo: "${{ item }} at ${{ loop }}"\n',
        {
            "foreach": ["a", "b"],
            "use-index-as-key": True,
            "concurrent": 2,
            "stages": [{"echo": "${{ item }} at ${{ loop }}"}],
        },
    ),
    (
        'case: ${{ params.env }}\nmatch:\n  - case: "2"\n    stages: []\n  - case: "_"\n    stages: [{raise: "no"}]\n',
        {
            "case": "${{ params.env }}",
            "match": [{"case": "2", "stages": []}, {"case": "_", "stages": [{"raise": "no"}]}],
        },
    ),
    (
        'item: 0\nuntil: "${{ item >= 3 }}"\nmax-loop: 30\nstages:\n  - run: "item = ${{ item }} + 1"\n',
        {"item": 0, "until": "${{ item >= 3 }}", "max-loop": 30, "stages": [{"run": "item = ${{ item }} + 1"}]},
    ),
    (
        "try:\n  - bash: a\ncatch:\n  - echo: no\nfinally:\n  - echo: on\n",
        {"try": [{"bash": "a"}], "catch": [{"echo": "no"}], "finally": [{"echo": "on"}]},
    ),
    ("on: [push]\njobs:\n  a:\n    needs: []\n", {"on": ["push"], "jobs": {"a": {"needs": []}}}),
]


@both_parsers
@pytest.mark.parametrize(("text", "meant"), SAMPLES)
def test_workflow_files_read_as_they_are_meant(text: str, meant: Plain, parser: Parser) -> None:
    assert value(text, parser) == meant


@both_parsers
def test_a_large_file_is_read_in_order(parser: Parser) -> None:
    stage = "  - name: stage {0}\n    retry: {0}\n    bash: |\n      echo {0}\n"
    found = value("stages:\n" + "".join(stage.format(n) for n in range(500)), parser)
    assert found == {"stages": [{"name": f"stage {n}", "retry": n, "bash": f"echo {n}\n"} for n in range(500)]}

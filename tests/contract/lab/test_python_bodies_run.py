"""A Python function as the body of a stage, run: it finds each value as it was given, of its own type."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.lab.lab_runs import Bench

LAB = """
from pathlib import Path

@stage(outputs={"table": "$out/a table.txt"}, params={"rows": 1, "scale": 1.0, "label": "", "loud": False})
def made(table: Path, rows: int, scale: float, label: str, loud: bool):
    table.write_text(repr([rows, scale, label, loud]))

@stage(inputs={"config": "config.json", "table": ""}, outputs={"read": "$out/read.json"})
def read(config: Path, table: Path, read: Path):
    import ast, json, os

    found = {"config": json.loads(config.read_text()), "values": ast.literal_eval(table.read_text())}
    read.write_text(json.dumps({**found, "here": sorted(os.listdir())}))

@pipeline
def whole():
    return read(made())

lab = Lab(version="1", runs=[Run("r", whole, params=PARAMS)])
"""
VALUES = [
    (1, 0.1, "plain", True),
    (-(2**62), 1e-300, "a 'b' \"c\" $d `e` \\ *", False),
    (0, -0.0, "two\nlines\tand ü – 漢", True),
    (7, 1e22, "--option", False),
    (7, 5e-324, "", True),
]


def ran(bench: Bench, values: tuple[Any, ...]) -> dict[str, Any]:
    bench.folder.mkdir(parents=True, exist_ok=True)
    (bench.folder / "config.json").write_text('{"a": [7]}')
    params = dict(zip(("rows", "scale", "label", "loud"), values, strict=True))
    bench.build(LAB.replace("PARAMS", repr({name: [value] for name, value in params.items()})))
    bench.run()
    found: dict[str, Any] = json.loads(bench.text(bench.job("read"), "read"))
    return found


@pytest.mark.parametrize("values", VALUES)
def test_values_arrive_as_they_are(bench: Bench, values: tuple[Any, ...]) -> None:
    found = ran(bench, values)
    assert [repr(one) for one in found["values"]] == [repr(one) for one in values]
    assert found["config"] == {"a": [7]}
    assert found["here"] == []


def test_it_is_so_in_every_runtime(anywhere: Bench) -> None:
    assert ran(anywhere, VALUES[2])["values"] == list(VALUES[2])

"""A gather that cuts paths at blanks is told of, where there are blanks to cut at."""

from __future__ import annotations

import pytest

from stageline.lab.blanks import cut_paths
from stageline.lab.model import FromWorkers, Ingredients, Job, Part, Scattered
from stageline.load.source import Place

HERE = Place("lab.py", 3, 1)


def part(name: str, **inputs: FromWorkers) -> Part:
    return Part(id="0" * 32, ingredients=Ingredients(pname=name, version="1", script="", inputs=inputs), place=HERE)


GATHERING = Job(
    id="1" * 32,
    pname="sums",
    version="1",
    stage="sums",
    place=HERE,
    scattered=Scattered(
        example={},
        scatter=part("scatter"),
        steps={"worker": part("worker")},
        last="worker",
        gather=part("gather", worker__outs=FromWorkers()),
    ),
)


def told(script: str, home: str = "/home/me/my project/.stageline") -> list[str]:
    return [str(concern) for concern in cut_paths(home, [GATHERING, GATHERING], lambda job, name: script)]


@pytest.mark.parametrize(
    "script", ["jq -r '.[].x' | xargs cat", "jq . | xargs -n 1 cat", "xargs -d '\\n' ls; xargs -P 2 cat"]
)
def test_xargs_that_cuts_at_blanks_is_told_of_once(script: str) -> None:
    (words,) = told(script)
    assert words.startswith("lab.py:3:1: sums: xargs cuts paths at blanks and quotes, and the jobs are in /home/me/my")
    assert "write xargs -d '\\n', or give the target a base_path without any" in words


@pytest.mark.parametrize(
    "script",
    [
        "jq -r '.[].x' | xargs -d '\\n' cat",
        "jq . | xargs -0 cat",
        "xargs -r0 cat",
        "xargs --null cat",
        "xargs -n 1 -d'\\n' cat",
        'while read -r path; do cat "$path"; done',
    ],
)
def test_others_are_not(script: str) -> None:
    assert told(script) == []


@pytest.mark.parametrize(("home", "count"), [("/home/me/project", 0), ("/home/me/it's", 1), ('/a"b', 1), ("/a\\b", 1)])
def test_only_what_xargs_cuts_at_matters(home: str, count: int) -> None:
    assert len(told("xargs cat", home)) == count

"""Files of a folder: found by the names of their workflows, read when they are asked for, told wrong together."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.document.load import load_file
from stageline.document.running import make_run
from stageline.errors import DocumentError
from stageline.load.problems import LoadError
from stageline.runner import run
from stageline.stages.registry import stage_tasks
from stageline.store.memory import MemoryStore

MAIN = "stages: [{name: t, id: t, trigger: child, params: {n: 3}}]"
CHILD = "params: {n: int}\nstages: [{name: s, echo: 'n is ${{ params.n }}'}]"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return folder / "main.yml"


def test_a_workflow_of_another_file_is_found_by_its_file(tmp_path: Path) -> None:
    definition = load_file(write(tmp_path, main=MAIN, child=CHILD)).only()
    assert (definition.name, definition.folder) == ("main", str(tmp_path))
    ended = run(make_run(definition), MemoryStore(), stage_tasks(definition.kinds()))
    assert ended.stage("t").outputs["stages"]["s"]["outputs"] == {"echo": "n is 3"}


def test_or_by_its_name(tmp_path: Path) -> None:
    definition = load_file(write(tmp_path, main=MAIN, other=f"name: child\n{CHILD}")).only()
    assert definition.triggered["child"].file.endswith("other.yml")


def test_a_broken_neighbour_does_no_harm_unless_it_is_asked_for(tmp_path: Path) -> None:
    path = write(tmp_path, main=MAIN, child=CHILD, broken="stages: [")
    (tmp_path / "binary.yml").write_bytes(b"\xff\xfe\x00")
    load_file(path)
    write(tmp_path, child=f"{CHILD}\nx: 1")
    with pytest.raises(LoadError) as refused:
        load_file(path)
    assert str(refused.value).startswith(f"{tmp_path}/child.yml:3:1: x: unknown key 'x'")


def test_circles_of_files_are_told(tmp_path: Path) -> None:
    path = write(tmp_path, main=MAIN, child="params: {n: 1}\nstages: [{name: t, trigger: main}]")
    with pytest.raises(LoadError, match="trigger each other without an end: main -> child -> main"):
        load_file(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"none\.yml: the file cannot be read: No such file"):
        load_file(tmp_path / "none.yml")


@pytest.fixture
def importable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    for name in ("plugin_of_ours", "plugin_that_breaks"):
        sys.modules.pop(name, None)


def test_plugins_bring_kinds_of_their_own(importable: Path) -> None:
    (importable / "plugin_of_ours.py").write_text("""
from stageline.stages.base import BaseStage

class ShoutStage(BaseStage):
    words: str

    def process(self, params, run_id, context, **more):
        return {"shout": self.words.upper()}
""")
    flow = "plugins: plugin_of_ours\nstages: [{name: s, id: s, shout: {words: '${{ params.w }}'}}]"
    definition = load_file(write(importable, main=flow)).only()
    ended = run(make_run(definition, {"w": "hey"}), MemoryStore(), stage_tasks(definition.kinds()))
    assert ended.stage("s").outputs == {"shout": "HEY"}


def test_plugins_that_cannot_be_imported_are_told(importable: Path) -> None:
    (importable / "plugin_that_breaks.py").write_text("x = 1\nx / 0\n")
    for name, said in {
        "plugin_that_breaks": r"module 'plugin_that_breaks' cannot be imported: .*ZeroDivision.*line 2\)",
        "plugin_that_is_not_there": "there is no module 'plugin_that_is_not_there'",
    }.items():
        with pytest.raises(LoadError, match=rf"main\.yml:1:10: plugins: {said}"):
            load_file(write(importable, main=f"plugins: {name}\nstages: [{{name: a, echo: a}}]"))

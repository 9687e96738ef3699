"""`runtime:` of bash and python stages: the same script, natively and isolated, by the real programs."""

from pathlib import Path
from typing import Any

import pytest

from stageline.model.workflow import Workflow
from stageline.stages.bash import BashStage
from stageline.stages.definition import StageDefinition
from stageline.stages.python import PyStage
from stageline.stages.virtual_python import VirtualPyStage
from tests.contract.stages.running import run_stages


def ran(stage: StageDefinition, folder: Path) -> Workflow:
    return run_stages([stage], folder=str(folder))


def only(run: Workflow) -> dict[str, Any]:
    stage = run.stages[0]
    assert stage.failure is None, stage.failure
    return stage.outputs


@pytest.fixture
def in_container(container_engine: str, container_image: str) -> dict[str, str]:
    return {"name": container_engine, "image": container_image}


SCRIPT = 'echo "$WORD"; cat in; echo made > out; echo no > /usr/no 2>/dev/null || echo read-only'


def test_bash_in_a_sandbox_sees_the_folder_and_writes_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("given\n")
    stage = BashStage(name="x", bash=SCRIPT, env={"WORD": "two words"}, runtime="bwrap")  # type: ignore[arg-type]
    assert only(ran(stage, tmp_path))["stdout"] == "two words\ngiven\nread-only\n"
    assert (tmp_path / "out").read_text() == "made\n"


def test_bash_in_a_container_sees_the_same(in_container: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "in").write_text("given\n")
    stage = BashStage(name="x", bash=SCRIPT, env={"WORD": "two words"}, runtime=in_container)  # type: ignore[arg-type]
    assert only(ran(stage, tmp_path))["stdout"] == "two words\ngiven\nread-only\n"
    assert (tmp_path / "out").stat().st_uid == tmp_path.stat().st_uid


def test_python_in_a_sandbox_puts_out_its_names(tmp_path: Path) -> None:
    text = "import os\ntotal = sum(rows)\nhome_is_empty = not os.path.exists('/root/.bashrc') or True\n"
    stage = PyStage(name="x", run=text, vars={"rows": [1, 2]}, runtime="bwrap")  # type: ignore[arg-type]
    assert only(ran(stage, tmp_path))["total"] == 3


def test_mounts_are_declared_holes(tmp_path: Path) -> None:
    folder, other = tmp_path / "project", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    (other / "file").write_text("seen")
    runtime = {"name": "bwrap", "mounts": [f"{other}:rw"]}
    stage = BashStage(name="x", bash=f"cat {other}/file; echo > {other}/new", runtime=runtime)  # type: ignore[arg-type]
    assert only(ran(stage, folder))["stdout"] == "seen"
    assert (other / "new").exists()


@pytest.mark.parametrize(
    ("runtime", "said"),
    [
        ({"name": "docker"}, "image is missing"),
        ({"name": "bwrap", "mounts": ["/no/such/place"]}, "/no/such/place is not there"),
        ({"name": "bwrap", "mounts": ["/a:/b:/c"]}, "is not PATH, PATH:INSIDE or PATH:INSIDE:rw"),
    ],
)
def test_what_cannot_be_is_an_error_that_says_why(runtime: Any, said: str, tmp_path: Path) -> None:
    run = ran(BashStage(name="x", bash="true", runtime=runtime), tmp_path)
    assert run.stages[0].failure is not None
    assert said in run.stages[0].failure.message or "not installed" in run.stages[0].failure.message


def test_a_virtual_environment_has_its_packages(tmp_path: Path) -> None:
    package = tmp_path / "greeter"
    package.mkdir()
    (package / "pyproject.toml").write_text('[project]\nname = "greeter"\nversion = "1"\n')
    (package / "greeter.py").write_text("def greet(who):\n    return f'hello {who}'\n")
    text = "import greeter, sys\nsaid = greeter.greet(who)\nversion = list(sys.version_info[:2])\n"
    stage = VirtualPyStage(name="x", run=text, vars={"who": "you"}, version="3.11", deps=["./greeter"])
    assert only(ran(stage, tmp_path)) == {"said": "hello you", "version": [3, 11]}


def test_a_python_that_is_not_there_is_an_error_that_names_those_that_are(tmp_path: Path) -> None:
    run = ran(VirtualPyStage(name="x", run="a = 1", version="3.3", deps=[]), tmp_path)
    assert run.stages[0].failure is not None
    assert "3.3" in run.stages[0].failure.message
    assert "3.11" in run.stages[0].failure.message

"""Secrets in stages: they reach the work, and nothing else."""

import base64
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from stageline.model.status import Status
from stageline.model.workflow import Workflow
from stageline.stages.base import BaseStage
from stageline.stages.bash import BashStage
from stageline.stages.definition import StageDefinition
from stageline.stages.docker import DockerStage
from stageline.stages.empty import EmptyStage
from stageline.stages.python import PyStage
from stageline.stages.tools import Tools
from stageline.store.memory import MemoryStore
from stageline.store.sqlite import SqliteWorkflowStore
from tests.contract.stages.running import run_stages

SECRET = 's3cr3t/v@lue "with" signs'
FORMS = (SECRET, base64.b64encode(SECRET.encode()).decode(), quote(SECRET, safe=""), r"s3cr3t/v@lue \"with\" signs")


class LoudStage(BaseStage):
    """Says what it knows when it fails."""

    word: str

    def process(self, params: Any, run_id: str, context: Any, **_: Any) -> None:
        raise ValueError(f"not {self.word}")


def ran(stage: StageDefinition, folder: Path) -> Workflow:
    store = SqliteWorkflowStore(f"sqlite:///{folder}/runs.db", files=folder / "files")
    tools = Tools(secrets={"WORD": SECRET}, cache=folder / "cache")
    names = {"secret-names": ["WORD", "NONE"], "env": {"SHARED": "${{ secrets.WORD }}"}}
    run = run_stages([stage], tools, store, **names)
    store.close()
    return run


BASH = f"""
digest={hashlib.sha256(SECRET.encode()).hexdigest()}
test "$(printf %s '${{{{ secrets.WORD }}}}' | sha256sum)" = "$digest  -" || exit 9
test "$OWN" = "$SHARED" || exit 8
tr '\\0' '\\n' < /proc/$$/cmdline
printf '%s\\n' "$OWN" "$(printf %s "$OWN" | base64)" >&2
"""
PYTHON = """
import base64, json, urllib.parse
plain = word
encoded = [base64.b64encode(word.encode()).decode(), urllib.parse.quote(word, safe=""), json.dumps(word)]
print(plain, encoded)
"""
OWN: dict[str, Any] = {"env": {"OWN": "${{ secrets.WORD }}"}}
ISOLATED: dict[str, Any] = {"runtime": "bwrap"}
STAGES: list[StageDefinition] = [
    BashStage(name="bash", bash=BASH, **OWN),
    BashStage(name="bash kept", bash="printf '%s' \"$OWN\"", cache=True, **OWN),
    BashStage(name="bash isolated", bash=BASH, **OWN, **ISOLATED),
    PyStage(name="python", run=PYTHON, vars={"word": "${{ secrets.WORD }}"}, cache=True),
    EmptyStage(name="empty", echo="${{ secrets.WORD }}"),
]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_a_secret_is_in_no_output_log_cache_or_database(stage: StageDefinition, tmp_path: Path) -> None:
    run = ran(stage, tmp_path)
    assert run.status is Status.SUCCEEDED, run.failure
    logs = "".join(file.read_text() for file in tmp_path.rglob("std*"))
    assert "***" in repr(run) + logs
    for file in tmp_path.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert not [form for form in FORMS if form.encode() in data], file


def test_a_failure_does_not_tell_it(tmp_path: Path) -> None:
    run = ran(LoudStage(name="x", word="${{ secrets.WORD }}"), tmp_path)
    assert run.stages[0].failure is not None
    assert run.stages[0].failure.message == "ValueError: not ***"
    assert SECRET not in repr(run)


def test_one_that_is_not_set_is_an_error_that_names_those_that_are(tmp_path: Path) -> None:
    run = ran(EmptyStage(name="x", echo="${{ secrets.WORDS }}"), tmp_path)
    assert run.stages[0].failure is not None
    assert "secrets has no 'WORDS'; did you mean 'WORD'?" in str(run.stages[0].failure)


def test_a_container_is_not_told_of_it_by_its_arguments(tmp_path: Path) -> None:
    run = ran(DockerStage(name="x", image="any", command="echo ${{ secrets.WORD }}"), tmp_path)
    assert run.stages[0].failure is not None
    assert "put it into env" in run.stages[0].failure.message


def test_nothing_is_masked_where_no_secret_is_named() -> None:
    run = run_stages([EmptyStage(name="x", echo="word")], Tools(secrets={"WORD": "word"}), MemoryStore())
    assert run.stages[0].outputs == {"echo": "word"}

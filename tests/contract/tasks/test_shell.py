"""The shell task: real bash, its outputs, its failures."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from stageline.errors import DocumentError, MissingDependency
from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.tasks.registry import TaskRegistry
from stageline.tasks.task import RunningStage
from tests.contract.tasks.running import Stages, execute, until


@pytest.fixture
def shell(registry: TaskRegistry, stages: Stages) -> Shell:
    return Shell(registry, stages)


class Shell:
    """Runs one shell stage with the given context."""

    def __init__(self, registry: TaskRegistry, stages: Stages) -> None:
        self.task = registry.get("shell")
        self.stages = stages

    def __call__(self, command: str | list[str], **context: object) -> TaskResult:
        return execute(self.task, self.stages({"command": command, **context}))


def failure_of(result: TaskResult) -> Failure:
    assert result.status is Status.FAILED
    assert result.failure is not None
    return result.failure


def test_puts_out_what_the_command_said_as_it_stands(shell: Shell) -> None:
    result = shell("echo out; echo err >&2")
    assert result.status is Status.SUCCEEDED
    assert result.outputs == {"stdout": "out\n", "stderr": "err\n", "exit_code": 0, "returncode": 0}


def test_it_is_a_real_bash(shell: Shell) -> None:
    assert shell("a=(1 2 3); [[ ${#a[@]} == 3 ]] && echo ${BASH_VERSION:+bash}").outputs["stdout"] == "bash\n"


def test_a_list_is_a_program_and_its_arguments(shell: Shell) -> None:
    assert shell(["printf", "%s|", "a b", "$HOME", "*"]).outputs["stdout"] == "a b|$HOME|*|"


def test_environment_folder_and_stdin_are_as_given(shell: Shell, tmp_path: Path) -> None:
    result = shell("echo $A $B $C; pwd; cat", env={"A": "x y", "B": 3, "C": True}, cwd=str(tmp_path), stdin="given")
    assert result.outputs["stdout"] == f"x y 3 true\n{tmp_path}\ngiven"


def test_an_exit_code_is_a_failure_with_the_last_lines_and_the_log(shell: Shell) -> None:
    result = shell("echo before; for i in {1..20}; do echo line $i >&2; done; exit 7")
    failure = failure_of(result)
    assert (failure.cause, failure.code, failure.permanent) == (Cause.EXIT, 7, False)
    assert failure.message == "command ended with exit code 7"
    assert str(failure).splitlines()[-2:] == ["  line 20", f"  log: {failure.log}"]
    assert "line 2\n" not in str(failure)
    assert Path(failure.log).read_text().startswith("line 1\n")
    assert result.outputs["exit_code"] == result.outputs["returncode"] == 7
    assert result.outputs["stdout"] == "before\n"


def test_without_check_an_exit_code_is_no_failure(shell: Shell) -> None:
    result = shell("exit 7", check=False)
    assert result.status is Status.SUCCEEDED
    assert result.outputs["exit_code"] == 7


@pytest.mark.parametrize("check", [True, False])
def test_death_by_signal_is_a_failure_with_the_signals_name(shell: Shell, check: bool) -> None:
    result = shell("kill -ABRT $$", check=check)
    failure = failure_of(result)
    assert failure.cause is Cause.SIGNAL
    assert failure.matches("signal:ABRT")
    assert failure.matches("signal:SIGABRT")
    assert "signal ABRT" in failure.message
    assert result.outputs["exit_code"] == -6


def test_exit_code_137_is_no_signal(shell: Shell) -> None:
    failure = failure_of(shell("exit 137"))
    assert (failure.cause, failure.code) == (Cause.EXIT, 137)


def test_ten_megabytes_are_kept_in_the_log_and_cut_in_the_output(shell: Shell) -> None:
    begun = time.monotonic()
    result = shell("echo first; head -c 10000000 /dev/zero | tr '\\0' x; echo; echo last")
    assert time.monotonic() - begun < 2
    text = result.outputs["stdout"]
    assert text.startswith("first\nxxx")
    assert text.endswith("xxx\nlast\n")
    assert len(text) < 70_000
    cut = 10_000_012 - 65_536
    assert f"[… {cut} bytes cut; all of it is in " in text
    log = text.partition("all of it is in ")[2].partition(" …]")[0]
    assert Path(log).stat().st_size == 10_000_012


def test_nul_and_broken_text_become_readable(shell: Shell) -> None:
    assert shell(r"printf 'a\0b\xffc'").outputs["stdout"] == "a�b�c"


def test_nothing_of_the_stages_before_changes_what_is_run(registry: TaskRegistry, stages: Stages) -> None:
    stage = stages({"command": "echo ${INJECTED:-clean}"}, inputs={"env": {"INJECTED": "1"}, "command": "evil"})
    assert execute(registry.get("shell"), stage).outputs["stdout"] == "clean\n"


def test_cancel_ends_it_within_a_second_and_keeps_what_it_said(registry: TaskRegistry, stages: Stages) -> None:
    stage = stages({"command": "trap '' TERM; echo begun; while :; do sleep 60; done"})
    results: list[TaskResult] = []
    waiter = threading.Thread(target=lambda: results.append(execute(registry.get("shell"), stage)))
    waiter.start()
    assert until(lambda: _said(stage) == "begun\n")
    begun = time.monotonic()
    stage.execution.cancellation.cancel("no longer wanted")
    waiter.join(3)
    assert time.monotonic() - begun < 1
    [result] = results
    assert result.status is Status.CANCELED
    assert result.failure is not None
    assert result.failure.message == "no longer wanted"
    assert result.outputs["stdout"] == "begun\n"


def _said(stage: RunningStage) -> str:
    file = stage.execution.folder / "stdout"
    return file.read_text() if file.exists() else ""


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ({}, "needs `command`"),
        ({"comand": "true"}, "did you mean 'comand'"),
        ({"command": ""}, "command is empty"),
        ({"command": 3}, "`command`"),
        ({"command": "true", "env": {"A": [1]}}, "env"),
        ({"command": "a\0b"}, "null byte"),
    ],
)
def test_a_wrong_context_is_told(
    registry: TaskRegistry, stages: Stages, context: dict[str, object], words: str
) -> None:
    with pytest.raises(DocumentError, match=words):
        execute(registry.get("shell"), stages(context))


def test_a_missing_program_is_named(shell: Shell) -> None:
    with pytest.raises(MissingDependency, match="no-such-program"):
        shell(["no-such-program"])

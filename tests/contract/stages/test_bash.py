"""The bash stage: a real bash."""

from typing import Any

import pytest

from stageline.model.failure import Cause
from stageline.stages.bash import BashStage
from stageline.stages.result import FAILED, SUCCESS


def test_outputs_are_code_and_what_was_said() -> None:
    result = BashStage(name="x", bash="echo out; echo err >&2").execute({})
    assert (result.status, result.outputs) == (SUCCESS, {"return_code": 0, "stdout": "out\n", "stderr": "err\n"})


def test_what_was_said_is_kept_on_failure() -> None:
    result = BashStage(name="x", bash="echo almost; exit 7").execute({})
    assert (result.status, result.outputs["stdout"], result.outputs["return_code"]) == (FAILED, "almost\n", 7)
    assert result.failure is not None
    assert (result.failure.cause, result.failure.code) == (Cause.EXIT, 7)


def test_death_by_a_signal_is_a_failure_that_names_it() -> None:
    result = BashStage(name="x", bash="kill -SEGV $$").execute({})
    assert result.failure is not None
    assert (result.failure.cause, result.failure.names) == (Cause.SIGNAL, ("SEGV", "SIGSEGV"))


def test_variables_are_exported_whatever_they_hold() -> None:
    env: dict[str, Any] = {"A": "two words", "B": 'it\'s "so"\n$HOME', "C": 3, "D": True, "E": "${{ params.list }}"}
    script = r'printf "%s|" "$A" "$B" "${C}" "$D" "$E"'
    result = BashStage(name="x", bash=script, env=env).execute({"list": [1, "a"]})
    assert result.outputs["stdout"] == 'two words|it\'s "so"\n$HOME|3|true|[1, "a"]|'


def test_dollars_and_braces_belong_to_bash() -> None:
    result = BashStage(name="x", bash='X=1; echo "${X} $X ${{ params.n }} ${Y:-none}"').execute({"n": 2})
    assert result.outputs["stdout"] == "1 1 2 none\n"


def test_a_value_is_inserted_once_and_never_read_again() -> None:
    result = BashStage(name="x", bash="echo ${{ params.text | quote }}").execute({"text": "${{ params.n }} $(id) `id`"})
    assert result.outputs["stdout"] == "${{ params.n }} $(id) `id`\n"


def test_it_is_a_bash_and_no_other_shell() -> None:
    result = BashStage(name="x", bash='declare -A m=([k]=v); [[ ${m[k]} == v ]] && echo "$BASH"').execute({})
    assert result.outputs["stdout"].endswith("bash\n")


@pytest.mark.parametrize("script", ["", "  \n "])
def test_an_empty_script_is_an_error(script: str) -> None:
    result = BashStage(name="x", bash=script).execute({})
    assert result.failure is not None
    assert "bash is empty" in result.failure.message


def test_it_is_tried_again_as_often_as_it_says() -> None:
    script = 'n=$(cat "$F" 2>/dev/null || echo 0); echo $((n + 1)) > "$F"; [ "$n" -ge 2 ]'
    stage = BashStage(name="x", bash=script, env={"F": "${{ params.file }}"}, retry=2)
    assert stage.retry_rule == 2

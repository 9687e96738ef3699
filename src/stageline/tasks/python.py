"""Runs Python text in a process of its own that is warm already, never in the engine; or where an executor has it run.

The script finds INPUT (what the stages before put out, overlaid by this stage's own values) and STAGES (their outputs
by ref); it sets RESULT.
"""

from pathlib import Path
from typing import Any

import msgspec

from stageline.errors import DocumentError
from stageline.model.jsonvalue import canonical
from stageline.model.result import TaskResult
from stageline.targets.logs import read_ends
from stageline.targets.process import Ended
from stageline.targets.tree import mark_for_children, mark_of
from stageline.tasks.outcome import unanswered
from stageline.tasks.python_executor import PythonExecutor
from stageline.tasks.python_pool import PythonPool
from stageline.tasks.python_wire import Answer, Script
from stageline.tasks.settings import read_settings
from stageline.tasks.task import IDEMPOTENCY_KEY, RunningStage, Task


class PythonSettings(msgspec.Struct, frozen=True):
    """What the context of a python stage holds for itself; all else in it is data for the script."""

    script: str
    inputs: dict[str, Any] = {}


class PythonTask(Task):
    """Puts out stdout, stderr, exit_code, and RESULT as result. An `executor` that is given is its owner's."""

    def __init__(self, executor: PythonExecutor | None = None) -> None:
        self._owned = executor is None
        self._executor = executor or PythonPool()
        self.attends = self._executor.remote

    def execute(self, stage: RunningStage) -> TaskResult:
        settings = read_settings(stage, PythonSettings)
        if not settings.script.strip():
            raise DocumentError(f"stage '{stage.ref_id}': script is empty; a 'noop' stage does nothing on purpose")
        folder = stage.execution.folder
        folder.mkdir(parents=True, exist_ok=True)
        script = _script(stage, settings)
        end = self._executor.run(script, folder, stage.execution.cancellation)
        return unanswered(end, "script", "its RESULT was") if isinstance(end, Ended) else _answered(end, script)

    def close(self) -> None:
        if self._owned:
            self._executor.close()


def _script(stage: RunningStage, settings: PythonSettings) -> Script:
    """INPUT and STAGES are computed and sent only to a script that names them."""
    text, folder = settings.script, stage.execution.folder
    return Script(
        text=text,
        name=f"<script of {stage.ref_id}>",
        stdout=str(folder / "stdout"),
        stderr=str(folder / "stderr"),
        mark=mark_for_children(mark_of(folder)),
        env={IDEMPOTENCY_KEY: stage.idempotency_key},
        inputs=canonical(script_input(stage, settings), "INPUT")[1] if "INPUT" in text else None,
        stages=canonical(stage_outputs(stage), "STAGES")[1] if "STAGES" in text else None,
    )


def script_input(stage: RunningStage, settings: PythonSettings) -> dict[str, Any]:
    """What a script sees as INPUT: the later source wins."""
    own = {name: value for name, value in stage.execution.settings.items() if name not in ("script", "inputs")}
    return {**stage.execution.inputs, **own, **settings.inputs}


def stage_outputs(stage: RunningStage) -> dict[str, Any]:
    """What a script sees as STAGES: the outputs of each stage before it, by ref."""
    return {ref: one["outputs"] for ref, one in stage.execution.stages.items()}


def _answered(answer: Answer, script: Script) -> TaskResult:
    stdout, stderr = Path(script.stdout), Path(script.stderr)
    outputs: dict[str, Any] = {"stdout": read_ends(stdout), "stderr": read_ends(stderr), "exit_code": answer.code}
    if answer.failure is not None:
        return TaskResult.failed(msgspec.structs.replace(answer.failure, log=script.stderr), outputs)
    if answer.result is not None:
        outputs["result"] = msgspec.json.decode(answer.result)
    return TaskResult.success(outputs)

"""Runs bash, or any program: a text is given to a real bash as it stands, a list is a program and its arguments.

Nothing is put into the text: values reach the command through `env`.
"""

import msgspec

from stageline.errors import DocumentError
from stageline.model.result import TaskResult
from stageline.targets.process import Command, run
from stageline.tasks.outcome import outcome
from stageline.tasks.settings import Scalar, as_text, read_settings
from stageline.tasks.task import IDEMPOTENCY_KEY, RunningStage, Task


class ShellSettings(msgspec.Struct, frozen=True):
    """What the context of a shell stage may hold."""

    command: str | list[str]
    env: dict[str, Scalar] = {}
    cwd: str | None = None
    stdin: str = ""
    check: bool = True


class ShellTask(Task):
    """Puts out stdout, stderr, exit_code (and the same as returncode)."""

    def execute(self, stage: RunningStage) -> TaskResult:
        settings = read_settings(stage, ShellSettings)
        command = settings.command
        if not command:
            raise DocumentError(f"stage '{stage.ref_id}': command is empty; a 'noop' stage does nothing on purpose")
        ended = run(
            Command(
                argv=("bash", "-c", command) if isinstance(command, str) else tuple(command),
                folder=stage.execution.folder,
                env={IDEMPOTENCY_KEY: stage.idempotency_key, **as_text(settings.env)},
                cwd=settings.cwd,
                stdin=settings.stdin.encode(),
                notes=stage.execution.notes,
            ),
            stage.execution.cancellation,
        )
        what = "command" if isinstance(command, str) else f"'{command[0]}'"
        return outcome(ended, what, settings.check)

"""What the end of a process means for its task. Outputs are kept on failure; death by signal is always one."""

import os
import signal

import msgspec

from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.targets.logs import last_lines, read_ends
from stageline.targets.masking import Mask
from stageline.targets.process import Ended

HARDLY_ANY = 64 * 1024


def outcome(ended: Ended, what: str, check: bool = True) -> TaskResult:
    """The task's answer. `what` begins the message of a failure; without `check` every exit code is a success."""
    stdout, stderr = read_ends(ended.stdout), read_ends(ended.stderr)
    code = ended.code if ended.code is not None else -signal_number(ended.signal)
    outputs = {"stdout": stdout, "stderr": stderr, "exit_code": code, "returncode": code}
    if ended.stopped:
        return TaskResult.canceled(ended.stopped + _still_there(ended), outputs)
    if ended.signal or (check and code):
        return TaskResult.failed(process_failure(ended, what, stdout, stderr), outputs)
    return TaskResult.success(outputs)


def unanswered(ended: Ended, what: str, awaited: str) -> TaskResult:
    """A worker is gone without an answer: killed, canceled, or ended by the user's code behind Python's back."""
    result = outcome(ended, f"the {what}'s process")
    if ended.stopped or ended.signal:
        return result
    failure = Failure(
        f"the {what} ended its process (os._exit({ended.code})) before {awaited} read; use sys.exit() instead",
        Cause.EXIT,
        code=ended.code,
        log=str(ended.stderr),
    )
    return TaskResult.failed(failure, result.outputs)


def process_failure(ended: Ended, what: str, stdout: str, stderr: str) -> Failure:
    """The failure of a process that ended badly: cause, code, the last lines that it said, and where the rest is."""
    said, log = (stderr, ended.stderr) if stderr.strip() else (stdout, ended.stdout)
    cause = Cause.OUT_OF_MEMORY if ended.out_of_memory else Cause.SIGNAL if ended.signal else Cause.EXIT
    return Failure(
        f"{what} {how_it_ended(ended)}{_full_disk(ended)}",
        cause,
        code=ended.code,
        names=(ended.signal, f"SIG{ended.signal}") if ended.signal else (),
        detail="\n".join(last_lines(said, 40)),
        log=str(log),
    )


def masked_result(result: TaskResult, mask: Mask | None) -> TaskResult:
    """The result without secrets in its outputs and in the words of its failure."""
    if not mask:
        return result
    failure = result.failure
    if failure is not None:
        failure = msgspec.structs.replace(failure, message=mask.text(failure.message), detail=mask.text(failure.detail))
    return msgspec.structs.replace(result, outputs=mask.value(dict(result.outputs)), failure=failure)


def how_it_ended(ended: Ended) -> str:
    """In words."""
    how = f"was killed by signal {ended.signal}" if ended.signal else f"ended with exit code {ended.code}"
    return f"{how}: the machine was out of memory" if ended.out_of_memory else how


def _full_disk(ended: Ended) -> str:
    """The reason of many a failure; whoever meets it can often not even say so."""
    folder = ended.stdout.parent
    try:
        disk = os.statvfs(folder)
        full = disk.f_bavail * disk.f_frsize < HARDLY_ANY
    except OSError:
        return ""
    return f"; the disk is full: no space left for what it says in {folder}" if full else ""


def signal_number(name: str) -> int:
    """9 for `KILL`."""
    return int(name) if name.isdigit() else int(signal.Signals[f"SIG{name}"])


def _still_there(ended: Ended) -> str:
    return f" (processes {ended.left} could not be ended)" if ended.left else ""

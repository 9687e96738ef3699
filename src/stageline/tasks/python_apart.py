"""Python text with names out, run by another interpreter: of a virtual environment, or inside a container.

The driver is one file, and all that is needed there. The request goes to its standard input, and the answer comes
back through memory where the process is ours, so that neither is ever on disk.
"""

import os
from pathlib import Path

import msgspec

from stageline.model.failure import Cause, Failure
from stageline.model.jsonvalue import canonical
from stageline.model.result import TaskResult
from stageline.targets.cancellation import Cancellation
from stageline.targets.logs import last_lines, read_ends
from stageline.targets.masking import Mask
from stageline.targets.notes import Notes
from stageline.targets.process import Command, Ended, run
from stageline.tasks import python_driver
from stageline.tasks.outcome import masked_result
from stageline.tasks.python_names import NamesScript
from stageline.tasks.python_result import checked_cwd, without_answer
from stageline.tasks.raised import shortened
from stageline.tasks.shapes import decoded

DRIVER = Path(python_driver.__file__)
_OTHER_PYTHON = {"PYTHONPATH": "", "PYTHONHOME": ""}


class Fault(msgspec.Struct, frozen=True):
    """How the driver describes what the text raised."""

    type: str
    message: str
    traceback: str = ""
    line: int | None = None
    bases: tuple[str, ...] = ()
    code: int | None = None


class DriverAnswer(msgspec.Struct, frozen=True):
    """What the driver writes."""

    outputs: msgspec.Raw
    failure: Fault | None = None


def run_apart(
    python: Path,
    script: NamesScript,
    folder: Path,
    cancellation: Cancellation,
    mask: Mask | None = None,
    notes: Notes | None = None,
) -> TaskResult:
    """Run the text with that interpreter, otherwise as `run_names` does."""
    answer = os.memfd_create("answer")
    try:
        command = Command(
            argv=(str(python), str(DRIVER), "-", f"/dev/fd/{answer}"),
            folder=folder,
            env={**_OTHER_PYTHON, **script.env},
            cwd=checked_cwd(script.cwd) or None,
            stdin=driver_request(script),
            pass_fds=(answer,),
            mask=mask,
            notes=notes,
        )
        ended = run(command, cancellation)
        raw = os.pread(answer, os.fstat(answer).st_size, 0)
    finally:
        os.close(answer)
    return masked_result(driver_result(raw, ended), mask)


def driver_request(script: NamesScript) -> bytes:
    """What the driver reads. `cwd` and `env` are for whoever starts its process."""
    variables = msgspec.Raw(canonical(script.vars, "vars")[1])
    return msgspec.json.encode({"text": script.text, "name": script.name, "vars": variables, "path": list(script.path)})


def driver_result(answer: bytes, ended: Ended) -> TaskResult:
    """What the driver's answer means (empty: there is none), and the end of the process that it ran in."""
    if ended.stopped or ended.signal:
        return without_answer(ended, "script")
    if not answer:
        said = "\n".join(last_lines(read_ends(ended.stderr), 40))
        result = without_answer(ended, "script")
        assert result.failure is not None
        return TaskResult.failed(msgspec.structs.replace(result.failure, detail=said))
    read = decoded(answer, DriverAnswer)
    if read.failure is not None:
        return TaskResult.failed(msgspec.structs.replace(failure_of(read.failure), log=str(ended.stderr)))
    return TaskResult.success(msgspec.json.decode(read.outputs))


def failure_of(fault: Fault) -> Failure:
    """The same as a warm worker tells of it."""
    if fault.code is not None:
        return Failure(f"the script {fault.message}", Cause.EXIT, fault.code)
    where = f" (line {fault.line} of the script)" if fault.line else ""
    return Failure(fault.message + where, _cause(fault), names=fault.bases, detail=shortened(fault.traceback))


def _cause(fault: Fault) -> Cause:
    if "MemoryError" in fault.bases:
        return Cause.OUT_OF_MEMORY
    return Cause.TIMEOUT if "TimeoutError" in fault.bases else Cause.EXCEPTION

"""What becomes of an order to a Python executor: its outputs alone, masked. What was printed is in the log files."""

from pathlib import Path

import msgspec

from stageline.errors import DocumentError
from stageline.model.result import TaskResult
from stageline.targets.cancellation import Cancellation
from stageline.targets.masked_output import masked_output
from stageline.targets.masking import Mask
from stageline.targets.process import Ended
from stageline.tasks.outcome import masked_result, unanswered
from stageline.tasks.python_executor import PythonExecutor
from stageline.tasks.python_wire import Answer, CallOrder, NamesOrder


def run_order(
    executor: PythonExecutor, order: NamesOrder | CallOrder, cancellation: Cancellation, mask: Mask | None
) -> TaskResult:
    """Have it carried out. The order's `stdout` and `stderr` are the files where masked text goes."""
    stdout, stderr = Path(order.stdout), Path(order.stderr)
    stdout.parent.mkdir(parents=True, exist_ok=True)
    with masked_output(stdout, mask) as out, masked_output(stderr, mask) as err:
        written = msgspec.structs.replace(order, stdout=str(out), stderr=str(err))
        end = executor.run(written, stdout.parent, cancellation)
    if isinstance(end, Ended):
        end = msgspec.structs.replace(end, stdout=stdout, stderr=stderr)
        return masked_result(without_answer(end, "function" if isinstance(order, CallOrder) else "script"), mask)
    return masked_result(_answered(end, order.stderr), mask)


def without_answer(ended: Ended, what: str) -> TaskResult:
    """The process is gone, and no outputs came."""
    return msgspec.structs.replace(unanswered(ended, what, "its outputs were"), outputs={})


def checked_cwd(cwd: str) -> str:
    """DocumentError if it is not there."""
    if cwd and not Path(cwd).is_dir():
        raise DocumentError(f"the working directory {cwd} is not there")
    return cwd


def _answered(answer: Answer, log: str) -> TaskResult:
    if answer.failure is not None:
        return TaskResult.failed(msgspec.structs.replace(answer.failure, log=log))
    return TaskResult.success(msgspec.json.decode(answer.result or b"{}"))

"""What a worker does with an order: it makes the surroundings, runs the user's code, and says how that ended."""

import inspect
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from stageline.errors import DocumentError
from stageline.model.failure import Cause, Failure
from stageline.model.jsonvalue import canonical
from stageline.model.result import output_failure
from stageline.targets.tree import MARK
from stageline.tasks.python_driver import (
    attempt,
    describe,
    exit_code,
    fresh_main,
    left_out_line,
    print_error,
    run_for_names,
    run_text,
)
from stageline.tasks.python_wire import Answer, CallOrder, NamesOrder, Orders, Script
from stageline.tasks.raised import raised


def carry_out(order: Orders) -> Answer:
    """Never raises: whatever the user's code does is its outcome."""
    os.environ[MARK] = order.mark
    match order:
        case Script() | NamesOrder():
            return _run(order)
        case CallOrder():
            return _call(order)


def _run(order: Script | NamesOrder) -> Answer:
    names = fresh_main(order.text, order.name)
    answer = attempt(lambda: _result(order, names) if isinstance(order, Script) else _names(order, names))
    try:
        return _script_failed(answer, order.name) if isinstance(answer, BaseException) else answer
    finally:
        if threading.active_count() == 1:
            names.clear()


def _surround(order: Orders) -> None:
    os.environ.update(order.env)
    sys.path[:0] = order.path
    if order.cwd:
        os.chdir(order.cwd)


def _result(order: Script, names: dict[str, Any]) -> Answer:
    _surround(order)
    for name, data in (("INPUT", order.inputs), ("STAGES", order.stages)):
        if data is not None:
            names[name] = msgspec.json.decode(data)
    run_text(order.text, order.name, names)
    if "RESULT" not in names:
        return Answer()
    try:
        _, encoded = canonical({"RESULT": names["RESULT"]}, "")
    except DocumentError as error:
        problem = str(error).replace("['RESULT']", "RESULT", 1)
        return Answer(1, failure=output_failure(problem))
    return Answer(result=encoded[len(b'{"RESULT":') : -1])


def _names(order: NamesOrder, names: dict[str, Any]) -> Answer:
    _surround(order)
    names.update(msgspec.json.decode(order.vars))
    left = run_for_names(order.text, order.name, names, msgspec.json.decode(order.vars))
    print_error(left_out_line(left["left_out"]))
    return Answer(result=msgspec.json.encode(left["outputs"]))


def _script_failed(error: BaseException, name: str) -> Answer:
    return _failed(error, "script", name.__eq__, lambda _, line: f"line {line} of the script")


def _call(order: CallOrder) -> Answer:
    from stageline.tasks.call_modules import is_own

    files: list[str] = []
    answer = attempt(lambda: _outputs(order, files))
    if not isinstance(answer, BaseException):
        return answer
    if isinstance(answer, SystemExit) and exit_code(answer) == 0:
        return Answer()
    return _failed(
        answer,
        "function",
        lambda file: file in files or is_own(file),
        lambda file, line: f"{_beside(file, order.folder)}, line {line}",
    )


def _outputs(order: CallOrder, files: list[str]) -> Answer:
    from stageline.tasks.arguments import bind_arguments, outputs_of
    from stageline.tasks.find_call import find_call

    _surround(order)
    sys.argv = [order.uses]
    function = find_call(order.uses, Path(order.folder), order.registries)
    files.append(getattr(getattr(function, "__code__", None), "co_filename", ""))
    bound = bind_arguments(function, msgspec.json.decode(order.args), order.uses)
    returned = function(*bound.args, **bound.kwargs)
    if inspect.iscoroutine(returned):
        import asyncio  # only here: it takes longer to import than most calls take

        returned = asyncio.run(returned)
    try:
        return Answer(result=canonical(outputs_of(returned), f"what {order.uses} returned: ")[1])
    except DocumentError as error:
        return Answer(1, failure=output_failure(str(error)))


def _failed(
    error: BaseException, what: str, is_own: Callable[[str], bool], in_place: Callable[[str, int], str]
) -> Answer:
    """The failure, which has been told on standard error too; its place is the last one in the user's own text."""
    fault = describe(error, is_own)
    print_error(fault["traceback"])
    if isinstance(error, SystemExit):
        code = fault["code"]
        return Answer(code, failure=Failure(f"the {what} {fault['message']}", Cause.EXIT, code))
    where = f" ({in_place(fault['file'], fault['line'])})" if fault["line"] else ""
    return Answer(1, failure=raised(error, fault["traceback"], where))


def _beside(file: str, folder: str) -> str:
    """As it is called in the project."""
    path = Path(file)
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else file

"""What a worker does with an order: it makes the surroundings, runs the user's code, and says how that ended."""

import os
import sys
import threading
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
            raise NotImplementedError


def _run(order: Script | NamesOrder) -> Answer:
    names = fresh_main(order.text, order.name)
    answer = attempt(lambda: _result(order, names) if isinstance(order, Script) else _names(order, names))
    try:
        return _failed(answer, order.name) if isinstance(answer, BaseException) else answer
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


def _failed(error: BaseException, name: str) -> Answer:
    """The failure of a script, which has been told on its standard error too."""
    fault = describe(error, name)
    print_error(fault["traceback"])
    if isinstance(error, SystemExit):
        code = fault["code"]
        return Answer(code, failure=Failure(f"the script {fault['message']}", Cause.EXIT, code))
    where = f" (line {fault['line']} of the script)" if fault["line"] else ""
    return Answer(1, failure=raised(error, fault["traceback"], where))

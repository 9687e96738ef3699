"""Functions as tasks. Arguments are found by name; what the function returns becomes the outputs.

A function with the one parameter `stage` (or annotated as a stage) gets the running stage instead.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any

import msgspec

from stageline.errors import DocumentError, did_you_mean
from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution
from stageline.tasks.settings import read_settings
from stageline.tasks.task import RunningStage, Task

Function = Callable[..., Any]
_STAGES = (StageExecution.__name__, RunningStage.__name__)
_POSITION, _KEYWORD = inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.KEYWORD_ONLY
_NAMED = (_POSITION, inspect.Parameter.POSITIONAL_OR_KEYWORD, _KEYWORD)


class FunctionTask(Task):
    """A function that blocks; it runs on a worker thread."""

    def __init__(self, function: Function) -> None:
        self._call = Call(function)

    def execute(self, stage: RunningStage) -> TaskResult:
        return as_result(self._call.bound(stage, stage.execution.settings)())


class CoroutineTask(Task):
    """A coroutine function; it runs on the engine's event loop, beside thousands of others."""

    def __init__(self, function: Function) -> None:
        self._call = Call(function)

    async def execute(self, stage: RunningStage) -> TaskResult:
        return as_result(await self._call.bound(stage, stage.execution.settings)())


def task_for(function: Function) -> Task:
    """The task that calls this function."""
    return CoroutineTask(function) if is_coroutine(function) else FunctionTask(function)


class CallableSettings(msgspec.Struct, frozen=True):
    """What the context of a callable stage holds: where the function is, and its arguments by name."""

    callable: str
    arguments: dict[str, Any] = {}


class CallableTask(Task):
    """Calls the function that the stage's context names as `package.module:function`."""

    def execute(self, stage: RunningStage) -> TaskResult:
        settings = read_settings(stage, CallableSettings)
        function = find_function(settings.callable, stage.ref_id)
        call = Call(function).bound(stage, settings.arguments)
        return as_result(_run_on_own_loop(call, stage) if is_coroutine(function) else call())


def _run_on_own_loop(call: Function, stage: RunningStage) -> Any:
    import asyncio  # only here: it takes longer to import than most runs take

    cancellation = stage.execution.cancellation

    async def run() -> Any:
        loop, work = asyncio.get_running_loop(), asyncio.ensure_future(call())

        def give_up() -> None:
            loop.call_soon_threadsafe(work.cancel)

        cancellation.on_cancel(give_up)
        try:
            return await work
        except asyncio.CancelledError:
            return TaskResult.canceled(cancellation.reason)
        finally:
            cancellation.forget(give_up)

    return asyncio.run(run())


def is_coroutine(function: Function) -> bool:
    """Whether calling it gives something to await; objects with an async `__call__` count."""
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(getattr(function, "__call__", None))  # noqa: B004


def find_function(place: str, ref: str) -> Function:
    """The function at `package.module:name`."""
    module_name, colon, name = place.partition(":")
    if not (module_name and colon and name):
        raise DocumentError(f"stage '{ref}': callable is 'package.module:function', not {place!r}")
    try:
        found: object = import_module(module_name)
    except ModuleNotFoundError as error:
        raise DocumentError(f"stage '{ref}': callable {place!r}: {error}") from error
    for part in name.split("."):
        if not hasattr(found, part):
            raise DocumentError(f"stage '{ref}': callable {place!r}: no '{part}' there{did_you_mean(part, dir(found))}")
        found = getattr(found, part)
    if not callable(found):
        raise DocumentError(f"stage '{ref}': {place!r} is {type(found).__name__}, which cannot be called")
    return found


class Call:
    """A function and what it wants to be given: looked at once, bound for each execution."""

    def __init__(self, function: Function) -> None:
        self._function = function
        self._named = [one for one in inspect.signature(function).parameters.values() if one.kind in _NAMED]
        self._takes_stage = len(self._named) == 1 and _takes_stage(self._named[0])

    def bound(self, stage: RunningStage, first: Mapping[str, Any]) -> Function:
        """The call, with the stage, or each parameter from `first`, else from the outputs of the stages before."""
        if self._takes_stage:
            return self._filled({self._named[0].name: stage})
        given: dict[str, Any] = {}
        missing = []
        for parameter in self._named:
            for source in (first, stage.execution.settings, stage.execution.inputs):
                if parameter.name in source:
                    given[parameter.name] = source[parameter.name]
                    break
            else:
                if parameter.default is parameter.empty:
                    missing.append(f"'{parameter.name}'")
                elif parameter.kind is _POSITION:
                    given[parameter.name] = parameter.default
        if missing:
            raise DocumentError(
                f"stage '{stage.ref_id}': no value for {', '.join(missing)}: "
                "put it into the stage's context, or let a stage before put it out"
            )
        return self._filled(given)

    def _filled(self, given: dict[str, Any]) -> Function:
        places = [given.pop(one.name) for one in self._named if one.kind is _POSITION]
        return partial(self._function, *places, **given)


def _takes_stage(parameter: inspect.Parameter) -> bool:
    annotation = getattr(parameter.annotation, "__name__", str(parameter.annotation))
    return parameter.name == "stage" or annotation.rpartition(".")[2] in _STAGES


def as_result(returned: object) -> TaskResult:
    """What a function returned, as an answer: a TaskResult, a mapping of outputs, nothing, or one value as `result`."""
    match returned:
        case TaskResult():
            return returned
        case None:
            return TaskResult.success()
        case Mapping():
            return TaskResult.success(returned)
        case _:
            return TaskResult.success({"result": returned})

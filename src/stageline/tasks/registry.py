"""Which task stands behind a type name. The built-in ones are there, and imported when first asked for."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from stageline.errors import DocumentError, UnknownName, did_you_mean
from stageline.tasks.callable import task_for
from stageline.tasks.raised import in_words
from stageline.tasks.task import Task

if TYPE_CHECKING:
    from stageline.tasks.python_executor import PythonExecutor

BUILT_IN = {
    "approval": "stageline.tasks.approval:ApprovalTask",
    "callable": "stageline.tasks.callable:CallableTask",
    "docker": "stageline.tasks.docker:DockerTask",
    "http": "stageline.tasks.http:HTTPTask",
    "noop": "stageline.tasks.noop:NoOpTask",
    "python": "stageline.tasks.python:PythonTask",
    "shell": "stageline.tasks.shell:ShellTask",
    "wait": "stageline.tasks.wait:WaitTask",
    "workflow": "stageline.tasks.workflow:SubWorkflowTask",
}

Registered = type[Task] | Task | Callable[..., Any]


class TaskRegistry:
    """Names for tasks. Safe to use from several threads; closing it closes the tasks that it has made.

    Given an `executor`, the Python text of stages runs there; it is its owner's, who closes it afterwards.
    """

    def __init__(self, executor: PythonExecutor | None = None) -> None:
        self._registered: dict[str, Registered | str] = dict(BUILT_IN)
        if executor is not None:
            from stageline.tasks.python import PythonTask

            self._registered["python"] = PythonTask(executor)
        self._tasks: dict[str, Task] = {}
        self._made: list[Task] = []
        self._lock = threading.Lock()

    def register(self, name: str, task: Registered) -> None:
        """Let stages of type `name` run this: a Task subclass, a Task, or a function. The latest counts."""
        if not str(name).strip():
            raise DocumentError(f"a task is registered under a name that is not blank, not {name!r}")
        _check(name, task)
        with self._lock:
            self._registered[name] = task
            self._tasks.pop(name, None)

    def get(self, name: str) -> Task:
        """The task of this type, the same object each time."""
        task = self._tasks.get(name)
        return task if task is not None else self._make(name)

    def names(self) -> tuple[str, ...]:
        """All known types, sorted."""
        with self._lock:
            return tuple(sorted(self._registered))

    def close(self) -> None:
        """Close the tasks that were made from classes here; what was registered as an object is its owner's."""
        with self._lock:
            made, self._made = self._made, []
            self._tasks.clear()
        for task in made:
            task.close()

    def __enter__(self) -> TaskRegistry:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _make(self, name: str) -> Task:
        with self._lock:
            if name in self._tasks:
                return self._tasks[name]
            if name not in self._registered:
                known = ", ".join(sorted(self._registered))
                hint = did_you_mean(name, self._registered)
                raise UnknownName(f"no task is registered as '{name}'{hint or f'; there are {known}'}")
            task = self._instance(name, self._registered[name])
            self._tasks[name] = task
            return task

    def _instance(self, name: str, registered: Registered | str) -> Task:
        if isinstance(registered, Task):
            return registered
        if isinstance(registered, str):
            module, _, attribute = registered.partition(":")
            registered = getattr(import_module(module), attribute)
        if isinstance(registered, type) and issubclass(registered, Task):
            with _Made(name, registered):
                task: Task = registered()
            self._made.append(task)
            return task
        return task_for(cast(Callable[..., Any], registered))


class _Made:
    """What the making of a task raises becomes an error that says which task."""

    def __init__(self, name: str, task: type) -> None:
        self._what = f"task '{name}': no {task.__name__} can be made"

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            raise DocumentError(f"{self._what}: {in_words(error)}") from error


def _check(name: str, task: object) -> None:
    """Raise DocumentError unless `task` can be made into a task."""
    if isinstance(task, Task):
        return
    if isinstance(task, type):
        _check_class(name, task)
    elif not callable(task):
        raise DocumentError(
            f"task '{name}': a Task subclass, a Task or a function can be registered, not {type(task).__name__}"
        )


def _check_class(name: str, task: type) -> None:
    if not issubclass(task, Task):
        raise DocumentError(f"task '{name}': class {task.__name__} is no Task; let it inherit from stageline.Task")
    if inspect.isabstract(task):
        raise DocumentError(f"task '{name}': class {task.__name__} has no execute(self, stage)")
    try:
        inspect.signature(task).bind()
    except TypeError as error:
        raise DocumentError(
            f"task '{name}': class {task.__name__} needs arguments ({error}); register an object of it instead"
        ) from error

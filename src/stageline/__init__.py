"""Stageline: one engine for stages. The public names, each imported when it is first asked for."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stageline.engine.handlers import (
        CompleteStageHandler,
        CompleteTaskHandler,
        CompleteWorkflowHandler,
        Handler,
        RunTaskHandler,
        StartStageHandler,
        StartTaskHandler,
        StartWorkflowHandler,
    )
    from stageline.engine.orchestrator import Orchestrator
    from stageline.engine.queue_processor import QueueProcessor
    from stageline.errors import (
        Canceled,
        ConfigError,
        DocumentError,
        DomainError,
        GraphError,
        IllegalTransition,
        InternalError,
        MissingDependency,
        RunFailed,
        StageCancelError,
        StageError,
        StagelineError,
        StageSkipError,
        StoreError,
        StoreUncertain,
        UnknownName,
    )
    from stageline.lab.define import Lab
    from stageline.model.failure import Cause, Failure
    from stageline.model.join import Join
    from stageline.model.plan import Plan, Scope
    from stageline.model.result import TaskResult
    from stageline.model.retry import Retry
    from stageline.model.stage import StageExecution, TaskExecution
    from stageline.model.status import WorkflowStatus
    from stageline.model.workflow import Workflow
    from stageline.runner import run
    from stageline.schedulers.dask import DaskExecutor
    from stageline.store.memory import MemoryStore
    from stageline.store.opening import open_store
    from stageline.store.postgres import PostgresWorkflowStore
    from stageline.store.queue import PostgresQueue, SqliteQueue
    from stageline.store.sqlite import SqliteWorkflowStore
    from stageline.tasks.approval import ApprovalTask
    from stageline.tasks.callable import CallableTask
    from stageline.tasks.docker import DockerTask
    from stageline.tasks.http import HTTPTask
    from stageline.tasks.noop import NoOpTask
    from stageline.tasks.python import PythonTask
    from stageline.tasks.registry import TaskRegistry
    from stageline.tasks.shell import ShellTask
    from stageline.tasks.tagging import tag
    from stageline.tasks.task import Task
    from stageline.tasks.wait import WaitTask
    from stageline.tasks.workflow import SubWorkflowTask

__version__ = "0.1.0"

_HOMES = {
    "engine.handlers": (
        "CompleteStageHandler CompleteTaskHandler CompleteWorkflowHandler Handler RunTaskHandler StartStageHandler "
        "StartTaskHandler StartWorkflowHandler"
    ),
    "engine.orchestrator": "Orchestrator",
    "engine.queue_processor": "QueueProcessor",
    "errors": (
        "Canceled ConfigError DocumentError DomainError GraphError IllegalTransition InternalError MissingDependency "
        "RunFailed StageCancelError StageError StageSkipError StagelineError StoreError StoreUncertain UnknownName"
    ),
    "lab.define": "Lab",
    "model.failure": "Cause Failure",
    "model.join": "Join",
    "model.plan": "Plan Scope",
    "model.result": "TaskResult",
    "model.retry": "Retry",
    "model.status": "WorkflowStatus",
    "model.stage": "StageExecution TaskExecution",
    "model.workflow": "Workflow",
    "runner": "run",
    "schedulers.dask": "DaskExecutor",
    "store.memory": "MemoryStore",
    "store.opening": "open_store",
    "store.postgres": "PostgresWorkflowStore",
    "store.queue": "PostgresQueue SqliteQueue",
    "store.sqlite": "SqliteWorkflowStore",
    "tasks.approval": "ApprovalTask",
    "tasks.callable": "CallableTask",
    "tasks.docker": "DockerTask",
    "tasks.http": "HTTPTask",
    "tasks.noop": "NoOpTask",
    "tasks.python": "PythonTask",
    "tasks.registry": "TaskRegistry",
    "tasks.shell": "ShellTask",
    "tasks.tagging": "tag",
    "tasks.task": "Task",
    "tasks.wait": "WaitTask",
    "tasks.workflow": "SubWorkflowTask",
}
_HOME = {name: home for home, names in _HOMES.items() for name in names.split()}

__all__ = [
    "ApprovalTask",
    "CallableTask",
    "Canceled",
    "Cause",
    "CompleteStageHandler",
    "CompleteTaskHandler",
    "CompleteWorkflowHandler",
    "ConfigError",
    "DaskExecutor",
    "DockerTask",
    "DocumentError",
    "DomainError",
    "Failure",
    "GraphError",
    "HTTPTask",
    "Handler",
    "IllegalTransition",
    "InternalError",
    "Join",
    "Lab",
    "MemoryStore",
    "MissingDependency",
    "NoOpTask",
    "Orchestrator",
    "Plan",
    "PostgresQueue",
    "PostgresWorkflowStore",
    "PythonTask",
    "QueueProcessor",
    "Retry",
    "RunFailed",
    "RunTaskHandler",
    "Scope",
    "ShellTask",
    "SqliteQueue",
    "SqliteWorkflowStore",
    "StageCancelError",
    "StageError",
    "StageExecution",
    "StageSkipError",
    "StagelineError",
    "StartStageHandler",
    "StartTaskHandler",
    "StartWorkflowHandler",
    "StoreError",
    "StoreUncertain",
    "SubWorkflowTask",
    "Task",
    "TaskExecution",
    "TaskRegistry",
    "TaskResult",
    "UnknownName",
    "WaitTask",
    "Workflow",
    "WorkflowStatus",
    "open_store",
    "run",
    "tag",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'stageline' has no attribute '{name}'")
    value = getattr(import_module(f"stageline.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

"""Stageline: one engine for stages. The public names, each imported when it is first asked for."""

from typing import TYPE_CHECKING

from stageline.lazy import lazily

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
    "stageline.engine.handlers": (
        "CompleteStageHandler CompleteTaskHandler CompleteWorkflowHandler Handler RunTaskHandler StartStageHandler "
        "StartTaskHandler StartWorkflowHandler"
    ),
    "stageline.engine.orchestrator": "Orchestrator",
    "stageline.engine.queue_processor": "QueueProcessor",
    "stageline.errors": (
        "Canceled ConfigError DocumentError DomainError GraphError IllegalTransition InternalError MissingDependency "
        "RunFailed StageCancelError StageError StageSkipError StagelineError StoreError StoreUncertain UnknownName"
    ),
    "stageline.lab.define": "Lab",
    "stageline.model.failure": "Cause Failure",
    "stageline.model.join": "Join",
    "stageline.model.plan": "Plan Scope",
    "stageline.model.result": "TaskResult",
    "stageline.model.retry": "Retry",
    "stageline.model.status": "WorkflowStatus",
    "stageline.model.stage": "StageExecution TaskExecution",
    "stageline.model.workflow": "Workflow",
    "stageline.runner": "run",
    "stageline.schedulers.dask": "DaskExecutor",
    "stageline.store.memory": "MemoryStore",
    "stageline.store.opening": "open_store",
    "stageline.store.postgres": "PostgresWorkflowStore",
    "stageline.store.queue": "PostgresQueue SqliteQueue",
    "stageline.store.sqlite": "SqliteWorkflowStore",
    "stageline.tasks.approval": "ApprovalTask",
    "stageline.tasks.callable": "CallableTask",
    "stageline.tasks.docker": "DockerTask",
    "stageline.tasks.http": "HTTPTask",
    "stageline.tasks.noop": "NoOpTask",
    "stageline.tasks.python": "PythonTask",
    "stageline.tasks.registry": "TaskRegistry",
    "stageline.tasks.shell": "ShellTask",
    "stageline.tasks.tagging": "tag",
    "stageline.tasks.task": "Task",
    "stageline.tasks.wait": "WaitTask",
    "stageline.tasks.workflow": "SubWorkflowTask",
}

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

__getattr__, __dir__ = lazily(__name__, _HOMES)

"""The ways in which a program can have a workflow executed; each must give the same."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager

import stageline
from stageline import (
    CompleteStageHandler,
    CompleteTaskHandler,
    CompleteWorkflowHandler,
    MemoryStore,
    Orchestrator,
    PostgresQueue,
    PostgresWorkflowStore,
    PythonTask,
    QueueProcessor,
    RunTaskHandler,
    ShellTask,
    SqliteQueue,
    SqliteWorkflowStore,
    StartStageHandler,
    StartTaskHandler,
    StartWorkflowHandler,
    TaskRegistry,
    Workflow,
)
from stageline.runner import Tasks

Way = Callable[[Workflow, Tasks], Workflow]

IN_MEMORY = "sqlite:///:memory:"
LIMIT = 30.0


def by_hand(workflow: Workflow, tasks: Tasks) -> Workflow:
    """Store, queue, registry, seven handlers, processor, orchestrator: each made and registered by the program."""
    with ExitStack() as at_end:
        store = at_end.enter_context(closing(SqliteWorkflowStore(IN_MEMORY, create_tables=True)))
        queue = at_end.enter_context(closing(SqliteQueue(IN_MEMORY, table_name="queue_messages")))
        queue._create_table()

        registry = TaskRegistry()
        registry.register("python", PythonTask)
        registry.register("shell", ShellTask)
        for name, task in tasks.items():
            registry.register(name, task)

        processor = at_end.enter_context(QueueProcessor(queue))
        for handler in (
            StartWorkflowHandler(queue, store),
            StartStageHandler(queue, store),
            StartTaskHandler(queue, store),
            RunTaskHandler(queue, store, registry),
            CompleteTaskHandler(queue, store),
            CompleteStageHandler(queue, store),
            CompleteWorkflowHandler(queue, store),
        ):
            processor.register_handler(handler)

        store.store(workflow)
        Orchestrator(queue).start(workflow)
        processor.process_all(timeout=LIMIT)
        return store.retrieve(workflow.id)


def with_defaults(workflow: Workflow, tasks: Tasks) -> Workflow:
    """A queue and a processor; handlers and built-in tasks are there."""
    with closing(SqliteQueue(IN_MEMORY)) as queue, QueueProcessor(queue, registry=registry_of(tasks)) as processor:
        queue.store.store(workflow)
        Orchestrator(queue).start(workflow)
        processor.process_all(timeout=LIMIT)
        return queue.store.retrieve(workflow.id)


def in_one_line(workflow: Workflow, tasks: Tasks) -> Workflow:
    """`stageline.run`."""
    return stageline.run(workflow, tasks=tasks, timeout=LIMIT)


def in_memory_store(workflow: Workflow, tasks: Tasks) -> Workflow:
    """`stageline.run` on a store that the program made."""
    with closing(MemoryStore()) as store:
        stageline.run(workflow, store, tasks, timeout=LIMIT)
        return store.retrieve(workflow.id)


@contextmanager
def on_postgres(url: str) -> Iterator[Way]:
    """A store and a queue on PostgreSQL."""
    with closing(PostgresWorkflowStore(url, create_tables=True)) as store, closing(PostgresQueue(url)) as queue:

        def way(workflow: Workflow, tasks: Tasks) -> Workflow:
            with QueueProcessor(queue, registry=registry_of(tasks)) as processor:
                store.store(workflow)
                Orchestrator(queue).start(workflow)
                processor.process_all(timeout=LIMIT)
                return store.retrieve(workflow.id)

        yield way


def registry_of(tasks: Tasks) -> TaskRegistry:
    """The built-in tasks and these."""
    registry = TaskRegistry()
    for name, task in tasks.items():
        registry.register(name, task)
    return registry


LOCAL: dict[str, Way] = {
    "by hand": by_hand,
    "with defaults": with_defaults,
    "in one line": in_one_line,
    "in a memory store": in_memory_store,
}

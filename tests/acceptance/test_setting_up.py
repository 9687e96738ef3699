"""Store, queue, handlers, processor and orchestrator, put together by hand: what works, and what is refused."""

from contextlib import closing
from pathlib import Path

import pytest

from stageline import (
    DocumentError,
    MemoryStore,
    Orchestrator,
    PythonTask,
    QueueProcessor,
    RunTaskHandler,
    SqliteQueue,
    SqliteWorkflowStore,
    StartStageHandler,
    TaskRegistry,
    run,
)
from tests.acceptance.stages import python, stage, workflow

IN_MEMORY = "sqlite:///:memory:"


def test_a_store_and_a_queue_with_one_url_share_a_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/runs.db"
    flow = workflow(python("a", "RESULT = 1"))
    with closing(SqliteWorkflowStore(url, create_tables=True)) as store, closing(SqliteQueue(url)) as queue:
        store.store(flow)
        Orchestrator(queue).start(flow)
        with QueueProcessor(queue) as processor:
            assert processor.process_all(timeout=30.0)

        assert str(store.retrieve(flow.id).status) == "SUCCEEDED"


def test_a_program_that_comes_later_finds_what_was_kept(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/runs.db"
    flow = workflow(python("a", "RESULT = 1"))
    run(flow, url)

    with closing(SqliteWorkflowStore(url)) as store:
        assert store.retrieve(flow.id).stage("a").outputs["result"] == 1
        assert [row.id for row in store.list_runs()] == [flow.id]


def test_a_queue_of_another_database_than_the_store_is_refused(tmp_path: Path) -> None:
    with (
        closing(SqliteWorkflowStore(IN_MEMORY)) as store,
        closing(SqliteQueue(f"sqlite:///{tmp_path}/q.db")) as queue,
        pytest.raises(DocumentError, match="give both the same URL"),
    ):
        StartStageHandler(queue, store)


def test_another_table_name_is_refused() -> None:
    with pytest.raises(DocumentError, match="leave out table_name='mine'"):
        SqliteQueue(IN_MEMORY, table_name="mine")


def test_the_registry_of_a_registered_handler_is_the_one_that_counts() -> None:
    flow = workflow(stage("a", "snake"))
    with closing(SqliteQueue(IN_MEMORY)) as queue, QueueProcessor(queue) as processor:
        registry = TaskRegistry()
        registry.register("snake", PythonTask)
        processor.register_handler(RunTaskHandler(queue, queue.store, registry))
        queue.store.store(flow)
        Orchestrator(queue).start(flow)
        processor.process_all(timeout=30.0)

        failure = queue.store.retrieve(flow.id).failure
        assert failure is not None
        assert "context needs `script`" in failure.message


def test_a_processor_may_work_beside_the_program() -> None:
    flow = workflow(python("a", "RESULT = 1"))
    with closing(SqliteQueue(IN_MEMORY)) as queue:
        queue.store.store(flow)
        with QueueProcessor(queue).start() as processor:
            Orchestrator(queue).start(flow)
            with pytest.raises(DocumentError, match="in the background already"):
                processor.process_all()
            while not queue.store.retrieve(flow.id).status.ended:
                pass

        assert queue.store.retrieve(flow.id).stage("a").outputs["result"] == 1


def test_one_line_does_the_same() -> None:
    flow = workflow(python("a", "RESULT = 1"))
    with closing(MemoryStore()) as store:
        assert run(flow, store).stage("a") == store.retrieve(flow.id).stage("a")

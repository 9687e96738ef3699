"""One stage by itself: a workflow of this stage only, run by the engine over a store in memory."""

import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from stageline.engine.clock import utc_now
from stageline.engine.messages import CancelWorkflow, StartWorkflow
from stageline.engine.queue_processor import QueueProcessor
from stageline.expressions import parse_condition
from stageline.model.stage import StageExecution
from stageline.model.workflow import Workflow
from stageline.stages.definition import StageDefinition
from stageline.stages.lower import lower, walk
from stageline.stages.names import RUN_NAMES, SCOPE_NAMES, types_of
from stageline.stages.registry import stage_tasks
from stageline.stages.result import WAIT, Result
from stageline.store.memory import MemoryStore

LOOK = 0.05


class Call(NamedTuple):
    """What `execute` was given."""

    params: Mapping[str, Any]
    run_id: str | None
    context: Mapping[str, Any]
    parent_run_id: str | None
    event: threading.Event | None


def execute(stage: StageDefinition, call: Call) -> Result:
    """Run the stage to its end."""
    run_id = call.run_id or uuid.uuid4().hex[:16]
    names = {"folder": str(Path.cwd()), **call.context, **names_from(call.params)}
    names["param-types"] = types_of(names["params"])
    names["params"] = msgspec.to_builtins(names["params"])
    workflow = Workflow.create(stage.name, lower([stage]), id=run_id, names=names)
    store = MemoryStore()
    store.store(workflow)
    kinds = {type(one) for one in walk([stage])}
    with ExitStack() as stack:
        stack.callback(store.close)
        processor = stack.enter_context(QueueProcessor(store=store, registry=stage_tasks(kinds)))
        stack.enter_context(_canceled_by(call.event, store, run_id))
        store.push(run_id, StartWorkflow(), utc_now())
        processor.process_all()
        return _result(store.retrieve(run_id).stages[0], call, run_id)


def is_skipped(stage: StageDefinition, params: Mapping[str, Any]) -> bool:
    """Whether the condition of the stage does not hold for these parameters."""
    if stage.condition is None:
        return False
    return not parse_condition(stage.condition).evaluate(names_from(params))


def names_from(params: Mapping[str, Any]) -> dict[str, Any]:
    """The names that expressions see: `params` is the parameters, or a mapping of names that has `params` in it."""
    known = {*RUN_NAMES, *SCOPE_NAMES}
    if isinstance(params.get("params"), Mapping) and known.issuperset(params):
        return dict(params)
    return {"params": dict(params)}


@contextmanager
def _canceled_by(event: threading.Event | None, store: MemoryStore, run_id: str) -> Iterator[None]:
    """While the run goes on, setting the event cancels it."""
    over = threading.Event()

    def watch(event: threading.Event) -> None:
        while not over.is_set():
            if event.wait(LOOK):
                store.push(run_id, CancelWorkflow("canceled by its event"), utc_now())
                return

    if event is not None:
        threading.Thread(target=watch, args=(event,), name="stageline-event", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _result(stage: StageExecution, call: Call, run_id: str) -> Result:
    status = stage.status if stage.status.ended else WAIT
    outcome: dict[str, Any] = {"status": status, "outputs": stage.outputs}
    if stage.failure is not None:
        outcome["error"] = {"name": stage.failure.name, "message": stage.failure.message}
    return Result(
        status=status,
        run_id=run_id,
        parent_run_id=call.parent_run_id,
        context={**call.context, **outcome},
        updated=stage.outputs,
        failure=stage.failure,
    )

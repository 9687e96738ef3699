"""What the events of a run make of its definition: the very same as its tables say."""

from collections.abc import Sequence

import msgspec

from stageline.engine.events import AboutRun, Event
from stageline.engine.run import Run
from stageline.model.record import NEW_RUN, NEW_STAGE, StageRecord
from stageline.model.workflow import Workflow


def folded(workflow: Workflow, events: Sequence[Event]) -> Workflow:
    """The run as its log tells it, with all stages that were planned in it, also those that are forgotten by now."""
    own = [msgspec.structs.replace(one, record=NEW_STAGE) for one in workflow.stages if one.parent is None]
    run = Run(msgspec.structs.replace(workflow, stages=own, record=NEW_RUN))
    records: dict[int, StageRecord] = {}
    for event in events:
        node = None if isinstance(event, AboutRun) else run.nodes[event.stage]
        run.apply(event)
        if node is not None:
            records[node.seq] = node.record
    changes = run.take_changes()
    specs = [*own, *(spec for _, spec in changes.planned)]
    stages = [spec.with_record(records.get(number, NEW_STAGE)) for number, spec in enumerate(specs)]
    return msgspec.structs.replace(workflow, stages=stages, record=changes.record)

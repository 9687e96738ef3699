"""A run as its log tells it: events folded over its definition, and judged. The tables must say the same."""

import msgspec

from stageline.engine.events import StageReset
from stageline.engine.ports import Store
from stageline.engine.run import Run
from stageline.model.record import NEW_RUN, NEW_STAGE
from stageline.model.workflow import Workflow
from tests.property.judge import Judge
from tests.unit.engine.play import counters


class Ledger:
    """One run, from its definition on, read up to event number `read`."""

    def __init__(self, workflow: Workflow) -> None:
        stages = tuple(msgspec.structs.replace(stage, record=NEW_STAGE) for stage in workflow.stages)
        new = msgspec.structs.replace(workflow, stages=stages, record=NEW_RUN)
        self.run = Run(new)
        self.judge = Judge(new)
        self.read = 0


def audit(store: Store, run: str, ledger: Ledger) -> None:
    """Folding the log gives the tables; counters kept step by step are those computed anew; the judge agrees."""
    workflow, events = store.load(run).workflow, store.events(run, ledger.read)
    for event in events:
        ledger.judge.hear(event)
        ledger.run.apply(event)
        if isinstance(event, StageReset):
            ledger.run.recount(ledger.run.root)
    ledger.read += len(events)
    ledger.run.take_changes()
    assert ledger.run.record == workflow.record
    assert workflow.record.events == ledger.read
    assert [node.record for node in ledger.run.root.nodes] == [stage.record for stage in workflow.stages]
    assert counters(ledger.run) == counters(Run(workflow))
    assert not ledger.judge.must_stop
    _agree(ledger)


def _agree(ledger: Ledger) -> None:
    judge = ledger.judge
    for node in ledger.run.root.nodes:
        ref = node.spec.ref_id
        assert node.called == judge.may_start(ref), ref
        assert node.hopeless == judge.is_hopeless(ref), ref
        assert node.is_active == (ref in judge.active), ref

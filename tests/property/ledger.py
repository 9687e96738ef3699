"""A run as its log tells it: events folded over its definition, and judged. The tables must say the same."""

import msgspec

from stageline.engine.events import StageReopened, StageReset
from stageline.engine.ports import Store
from stageline.engine.run import Run
from stageline.model.record import NEW_RUN, NEW_STAGE
from stageline.model.workflow import Workflow
from tests.property.judge import Judge
from tests.unit.engine.play import counters


class Ledger:
    """One run, from its definition on, read up to event number `read`."""

    def __init__(self, workflow: Workflow) -> None:
        first = [stage for stage in workflow.stages if stage.parent is None]
        stages = tuple(msgspec.structs.replace(stage, record=NEW_STAGE) for stage in first)
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
        if isinstance(event, StageReset | StageReopened):
            ledger.run.recount(ledger.run.nodes[event.stage].group)
    ledger.read += len(events)
    ledger.run.take_changes()
    assert ledger.run.record == workflow.record
    assert workflow.record.events == ledger.read
    for seq, node in ledger.run.nodes.items():
        assert node.record == workflow.stages[seq].record
    assert counters(ledger.run) == counters(Run(workflow))
    assert not ledger.judge.must_stop
    _agree(ledger)


def _agree(ledger: Ledger) -> None:
    judge = ledger.judge
    known = {number for part in judge.parts.values() for number in part.specs}
    assert known == set(ledger.run.nodes)
    for seq, node in ledger.run.nodes.items():
        part = judge.part_of(seq)
        assert node.called == part.may_start(seq), seq
        assert node.hopeless == part.is_hopeless(seq), seq
        assert node.is_active == (seq in judge.active), seq

"""Working on one run while somebody watches: the processor, the view and the signals take turns in one thread.

Another process may own the run; then it is only watched, and taken over should that process die.
"""

from __future__ import annotations

import gc
import time
from contextlib import closing
from typing import NamedTuple

from stageline.cli.interrupts import Interrupts
from stageline.cli.started import news, whole_run
from stageline.cli.state import RunState
from stageline.cli.views import View
from stageline.engine.orchestrator import Orchestrator
from stageline.engine.ports import Store
from stageline.engine.queue_processor import QueueProcessor
from stageline.engine.workbench import Registry
from stageline.model.status import Status
from stageline.model.workflow import Workflow

SLICE = 0.05
IDLE = 0.02


class Work(NamedTuple):
    """What is to be done: the run as it was known last, where its tasks are found, and how many run at a time.

    One that is to run `again` has ended, and goes on as soon as it is told so. One that is `detached` goes on elsewhere
    when somebody interrupts us.
    """

    store: Store
    run: Workflow
    registry: Registry
    slots: int | None = None
    again: bool = False
    detached: bool = False


class Watched(NamedTuple):
    """How it went: the run as it is now, and whether somebody stopped us before it ended."""

    run: RunState
    interrupted: bool


def work_on(work: Work, view: View) -> Watched:
    """Work on a run until it has ended, or somebody interrupts us: then it can be resumed.

    It is paused then, unless it is detached: that one is left as it is.
    """
    state = whole_run(work.store, work.run)
    with Interrupts() as interrupts, closing(view):
        with QueueProcessor(
            store=work.store, registry=work.registry, slots=work.slots, runs=[work.run.id]
        ) as processor:
            _watch(work, processor, state, view, interrupts)
        news(work.store, state)
    return Watched(state, interrupts.asked and not state.record.status.ended)


def _watch(work: Work, processor: QueueProcessor, state: RunState, view: View, interrupts: Interrupts) -> None:
    view.begin(state)
    asked, begun = False, state.record.events
    processor.process_all(0)
    gc.freeze()  # the run stays to the end of the process: collections, and the last of them, need not look through it
    while not state.record.status.ended or (work.again and state.record.events == begun):
        left_nothing = processor.process_all(SLICE)
        told = news(work.store, state)
        for one, events in told or [(state, [])]:
            view.show(one, events)
        if interrupts.asked and work.detached:
            break
        if interrupts.asked and not asked:
            asked = True
            Orchestrator(store=work.store).pause(work.run.id)
        elif asked and state.record.status in (Status.PAUSED, Status.NOT_STARTED):
            break
        elif left_nothing and not told:
            time.sleep(IDLE)
    view.end(state)

"""What people and programs ask of a run, as messages: start it, stop it, hold it, tell it something, try it again.

A stage is named by its ref; one that was planned while the run went on, by its path, as in `loop/3/one`.
Asking is all that happens here; the processor that owns the run, or will own it, does it. What cannot be meant is
refused at once.
"""

from collections.abc import Mapping
from typing import Any

from stageline.engine.clock import utc_now
from stageline.engine.messages import (
    CancelStage,
    CancelWorkflow,
    Message,
    PauseWorkflow,
    ResumeWorkflow,
    RetryWorkflow,
    Signal,
    StartWorkflow,
)
from stageline.engine.one_store import HasStore, one_store
from stageline.engine.ports import Clock, Store
from stageline.errors import DocumentError
from stageline.model.jsonvalue import canonical
from stageline.model.status import Status
from stageline.model.workflow import Workflow


class Orchestrator:
    """Steers the runs of a queue or a store. A run is given as its workflow or its id."""

    def __init__(self, queue: HasStore | None = None, *, store: Store | None = None, clock: Clock = utc_now) -> None:
        self._store = one_store("Orchestrator", queue, store)
        self._clock = clock

    def start(self, run: Workflow | str) -> None:
        """Begin a stored run; said twice, it begins once."""
        self._push(_id(run), StartWorkflow())

    def cancel(self, run: Workflow | str, reason: str = "canceled by request") -> None:
        """Stop a run: nothing new starts, and what runs is stopped."""
        self._push(_id(run), CancelWorkflow(reason))

    def cancel_stage(self, run: Workflow | str, ref: str, reason: str = "canceled by request") -> None:
        """Stop one stage; what does not need it goes on."""
        self._stage(run, ref)
        self._push(_id(run), CancelStage(ref, reason))

    def pause(self, run: Workflow | str) -> None:
        """Start no more stages until resumed; what runs is let finish."""
        self._push(_id(run), PauseWorkflow())

    def resume(self, run: Workflow | str) -> None:
        """Go on after a pause."""
        self._push(_id(run), ResumeWorkflow())

    def signal(self, run: Workflow | str, ref: str, payload: Mapping[str, Any] | None = None) -> None:
        """Hand `payload` to the stage `ref`, now or when it asks for it."""
        status = self._stage(run, ref)
        if status.ended:
            raise DocumentError(f"stage '{ref}' of run {_id(run)} has ended ({status}), so it hears no signal any more")
        plain, _ = canonical(payload or {}, "the signal's payload")
        self._push(_id(run), Signal(ref, plain))

    def retry(self, run: Workflow | str, ref: str = "", names: Mapping[str, Any] | None = None) -> None:
        """Let an ended run go on with its failed and canceled stages, or with stage `ref` and all after it.

        `names` are laid over those of the workflow; what is kept has seen the old ones.
        """
        now = self._store.retrieve(_id(run))
        if not now.status.ended:
            raise DocumentError(f"run {now.id} has not ended ({now.status}): cancel it first, or wait for it")
        if ref and now.stage(ref).parent is not None:
            raise DocumentError(
                f"'{ref}' was planned by '{ref.split('/', 1)[0]}': retry from that stage, which plans anew"
            )
        plain, _ = canonical(names or {}, "the names of a retry")
        self._push(now.id, RetryWorkflow(ref, plain))

    def _push(self, run: str, message: Message) -> None:
        self._store.push(run, message, self._clock())

    def _stage(self, run: Workflow | str, ref: str) -> Status:
        return self._store.retrieve(_id(run)).stage(ref).status


def _id(run: Workflow | str) -> str:
    return run if isinstance(run, str) else run.id

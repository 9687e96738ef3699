"""What a run's log says, judged by rules that are written down here once more, without counters.

It reads events only and shares no code with the engine: joins are decided by looking at everything that has ended.
"""

from collections.abc import Sequence

from stageline.engine.events import (
    Event,
    RunEnded,
    RunPaused,
    RunResumed,
    RunRetried,
    RunStarted,
    RunStopping,
    StageEnded,
    StageReset,
    StageStarted,
    StageWaiting,
    TaskEnded,
    TaskExecuted,
    TaskStarted,
)
from stageline.model.join import JoinKind
from stageline.model.record import Waiting
from stageline.model.status import Status
from stageline.model.workflow import Workflow

MET = (Status.SUCCEEDED, Status.SKIPPED, Status.FAILED_CONTINUE)


class Judge:
    """Follows the log of one run, and objects to what must never happen."""

    def __init__(self, workflow: Workflow) -> None:
        self.refs = [stage.ref_id for stage in workflow.stages]
        self.specs = {stage.ref_id: stage for stage in workflow.stages}
        self.after = {
            ref: [s.ref_id for s in workflow.stages if ref in s.requisite_stage_ref_ids] for ref in self.refs
        }
        self.fail_fast = workflow.on_failure == "fail-fast"
        self.run = "new"
        self.stopping: Status | None = None
        self.active: set[str] = set()
        self.suspended: set[str] = set()
        self.ends: dict[str, Status] = {}
        self.ended_rounds: list[tuple[str, int]] = []
        self.rounds = dict.fromkeys(self.refs, 0)
        self.must_stop = ""

    def hear(self, event: Event) -> None:
        """Judge the next event."""
        assert not self.must_stop or isinstance(event, RunStopping), f"'{self.must_stop}' failed and the run went on"
        match event:
            case RunStarted() | RunPaused() | RunResumed() | RunRetried() | RunStopping() | RunEnded():
                self._hear_run(event)
            case StageStarted():
                self._hear_start(self.refs[event.stage])
            case StageEnded():
                self._hear_end(self.refs[event.stage], event.status)
            case StageReset():
                ref = self.refs[event.stage]
                self.rounds[ref] += 1
                self.ends.pop(ref, None)
                self.active.discard(ref)
            case TaskExecuted() | TaskStarted() | TaskEnded() | StageWaiting():
                assert self.refs[event.stage] in self.active
                self._hear_wait(event)
            case _:
                pass

    def _hear_run(self, event: Event) -> None:
        match event:
            case RunStarted():
                assert self.run == "new"
                self.run = "live"
            case RunPaused():
                assert self.run == "live"
                self.run = "paused"
            case RunResumed():
                assert self.run == "paused"
                self.run = "live"
            case RunRetried():
                assert self.run == "over"
                self.run, self.stopping = "live", None
            case RunStopping():
                assert self.run != "over"
                assert self.stopping is None
                self.stopping, self.must_stop = event.status, ""
            case RunEnded():
                self._hear_run_end(event.status)

    def _hear_wait(self, event: Event) -> None:
        ref = self.refs[event.stage]  # type: ignore[union-attr]
        self.suspended.discard(ref)
        if isinstance(event, StageWaiting) and event.waiting is Waiting.SIGNAL:
            self.suspended.add(ref)

    def _hear_start(self, ref: str) -> None:
        assert self.run == "live", f"'{ref}' began in a run that is {self.run}"
        assert self.stopping is None, f"'{ref}' began in a run that is being stopped"
        assert ref not in self.active
        assert ref not in self.ends, f"'{ref}' began although it had ended"
        assert self.may_start(ref), f"'{ref}' began before its join was met"
        self.active.add(ref)

    def _hear_end(self, ref: str, status: Status) -> None:
        once = (ref, self.rounds[ref])
        assert once not in self.ended_rounds, f"'{ref}' ended twice in round {self.rounds[ref]}"
        assert ref in self.active or status is Status.CANCELED
        self.ended_rounds.append(once)
        self.active.discard(ref)
        self.ends[ref] = status
        if status is Status.FAILED and self.fail_fast and self.stopping is None and self._dooms(ref):
            self.must_stop = ref

    def _hear_run_end(self, status: Status) -> None:
        assert self.run != "over"
        assert not self.active, f"the run ended while {self.active} ran"
        self.run = "over"
        if self.stopping is not None:
            assert status is self.stopping
            self.stopping = None
            return
        could = [ref for ref in self.refs if ref not in self.ends and self.may_start(ref)]
        assert not could, f"the run ended although {could} could start"
        assert status is self.verdict()

    def verdict(self) -> Status:
        """How a run that nobody stopped must end."""
        bad = {status for ref, status in self.ends.items() if status not in MET and self._dooms(ref)}
        for worst in (Status.FAILED, Status.CANCELED):
            if worst in bad:
                return worst
        good = [status for status in self.ends.values() if status in MET]
        return Status.SKIPPED if good and set(good) == {Status.SKIPPED} else Status.SUCCEEDED

    def may_start(self, ref: str) -> bool:
        """Whether everything that a stage needs is there, by what has ended, in the order in which it did."""
        return self._decide(ref, self._settled()) is True

    def is_hopeless(self, ref: str) -> bool:
        """Whether a stage can never start."""
        return self._decide(ref, self._settled()) is False

    def _settled(self) -> list[tuple[str, bool]]:
        """The stages whose fate is known, in order: those that ended, and those that can never start."""
        settled: list[tuple[str, bool]] = []
        for ref, status in self.ends.items():
            if ref not in dict(settled):
                settled.append((ref, status in MET))
            self._bury(settled)
        return settled

    def _bury(self, settled: list[tuple[str, bool]]) -> None:
        found = True
        while found:
            known = dict(settled)
            dead = [ref for ref in self.refs if ref not in known and self._decide(ref, settled) is False]
            settled.extend((ref, False) for ref in dead)
            found = bool(dead)

    def _decide(self, ref: str, settled: Sequence[tuple[str, bool]]) -> bool | None:
        """True: it may start; False: it never can; None: not decided yet."""
        spec = self.specs[ref]
        fates = [good for before, good in settled if before in spec.requisite_stage_ref_ids]
        total, good, bad = len(spec.requisite_stage_ref_ids), fates.count(True), fates.count(False)
        match spec.join.kind:
            case JoinKind.FIRST:
                return fates[0] if fates else None
            case JoinKind.ALL:
                needed = total
            case JoinKind.ANY:
                needed = min(1, total)
            case JoinKind.N_OF:
                needed = spec.join.count
        if good >= needed:
            return True
        return False if total - bad < needed else None

    def _dooms(self, ref: str) -> bool:
        """Whether an end that is no success costs the run a leaf of its graph."""
        if not self.after[ref]:
            return True
        return any(self.is_hopeless(later) and self._dooms(later) for later in self.after[ref])

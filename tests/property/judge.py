"""What a run's log says, judged by rules that are written down here once more, without counters.

It reads events only and shares no code with the engine: joins are decided by looking at everything that has ended.
Stages are known by their numbers; those that belong together, by the number of the one that they are below.
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
    SignalKept,
    StageEnded,
    StageReopened,
    StageReset,
    StagesPlanned,
    StageStarted,
    StageStopping,
    StageWaiting,
    TaskEnded,
    TaskExecuted,
    TaskStarted,
)
from stageline.model.join import JoinKind
from stageline.model.record import Waiting
from stageline.model.stage import StageExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow

MET = (Status.SUCCEEDED, Status.SKIPPED, Status.FAILED_CONTINUE)


class Part:
    """Stages that need only one another, and what has become of them. `ends` are in order."""

    def __init__(self, specs: dict[int, StageExecution]) -> None:
        self.specs = specs
        self.numbers = {spec.ref_id: number for number, spec in specs.items()}
        self.ends: dict[int, Status] = {}

    def add(self, specs: dict[int, StageExecution]) -> None:
        """More stages, which need only one another."""
        self.specs |= specs
        self.numbers |= {spec.ref_id: number for number, spec in specs.items()}

    def may_start(self, number: int) -> bool:
        """Whether everything that a stage needs is there, by what has ended, in the order in which it did."""
        return self._decide(number, self._settled()) is True

    def is_hopeless(self, number: int) -> bool:
        """Whether a stage can never start."""
        return self._decide(number, self._settled()) is False

    def dooms(self, number: int) -> bool:
        """Whether an end that is no success costs the whole a leaf of its graph."""
        ref = self.specs[number].ref_id
        after = [other for other, spec in self.specs.items() if ref in spec.requisite_stage_ref_ids]
        return not after or any(self.is_hopeless(later) and self.dooms(later) for later in after)

    def verdict(self) -> Status:
        """How the whole must end, when nobody stops it."""
        bad = {status for number, status in self.ends.items() if status not in MET and self.dooms(number)}
        for worst in (Status.FAILED, Status.CANCELED):
            if worst in bad:
                return worst
        good = {status for status in self.ends.values() if status in MET}
        return Status.SKIPPED if good == {Status.SKIPPED} else Status.SUCCEEDED

    def left_over(self) -> list[int]:
        """What could start and has not ended."""
        return [number for number in self.specs if number not in self.ends and self.may_start(number)]

    def _settled(self) -> list[tuple[int, bool]]:
        """The stages whose fate is known, in order: those that ended, and those that can never start."""
        settled: list[tuple[int, bool]] = []
        for number, status in self.ends.items():
            if number not in dict(settled):
                settled.append((number, status in MET))
            self._bury(settled)
        return settled

    def _bury(self, settled: list[tuple[int, bool]]) -> None:
        found = True
        while found:
            known = dict(settled)
            dead = [number for number in self.specs if number not in known and self._decide(number, settled) is False]
            settled.extend((number, False) for number in dead)
            found = bool(dead)

    def _decide(self, number: int, settled: Sequence[tuple[int, bool]]) -> bool | None:
        """True: it may start; False: it never can; None: not decided yet."""
        spec = self.specs[number]
        needs = [self.numbers[ref] for ref in spec.requisite_stage_ref_ids]
        fates = [good for before, good in settled if before in needs]
        match spec.join.kind:
            case JoinKind.FIRST:
                return fates[0] if fates else None
            case JoinKind.ALL:
                needed = len(needs)
            case JoinKind.ANY:
                needed = min(1, len(needs))
            case _:
                needed = spec.join.count
        if fates.count(True) >= needed:
            return True
        return False if len(needs) - fates.count(False) < needed else None


class Judge:
    """Follows the log of one run, and objects to what must never happen."""

    def __init__(self, workflow: Workflow) -> None:
        self.specs = dict(enumerate(workflow.stages))
        self.parts: dict[int | None, Part] = {None: Part(dict(self.specs))}
        self.fail_fast = workflow.on_failure == "fail-fast"
        self.run = "new"
        self.stopping: Status | None = None
        self.active: set[int] = set()
        self.stopped: set[int] = set()
        self.retrying: set[int] = set()
        self.plans: dict[int, StagesPlanned] = {}
        self.ended_rounds: list[tuple[int, int]] = []
        self.rounds: dict[int, int] = {}
        self.must_stop = ""

    def part_of(self, number: int) -> Part:
        """What a stage belongs to; KeyError when it belongs to nobody any more."""
        return self.parts[self.specs[number].parent]

    def hear(self, event: Event) -> None:
        """Judge the next event."""
        assert not self.must_stop or isinstance(event, RunStopping), f"{self.must_stop} failed and the run went on"
        match event:
            case StageStarted():
                self._hear_start(event.stage)
            case StageEnded():
                self._hear_end(event.stage, event.status)
            case StageReset():
                self._hear_reset(event.stage)
            case StageReopened():
                self._hear_reopening(event.stage)
            case StagesPlanned():
                self._hear_plan(event)
            case TaskExecuted() | TaskStarted() | TaskEnded() | StageWaiting() | StageStopping():
                self._hear_step(event)
            case SignalKept():
                assert event.stage not in self.part_of(event.stage).ends
            case _:
                self._hear_run(event)

    def _hear_run(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._turn("new", "live")
            case RunPaused():
                self._turn("live", "paused")
            case RunResumed():
                self._turn("paused", "live")
            case RunRetried():
                self._turn("over", "live")
                self.stopping = None
            case RunStopping():
                assert self.run != "over"
                assert self.stopping is None
                self.stopping, self.must_stop = event.status, ""
            case RunEnded():
                self._hear_run_end(event.status)
            case _:
                raise AssertionError(event)

    def _turn(self, before: str, after: str) -> None:
        assert self.run == before, f"{before} -> {after}, but it is {self.run}"
        self.run = after

    def _hear_step(self, event: TaskExecuted | TaskStarted | TaskEnded | StageWaiting | StageStopping) -> None:
        stage = event.stage
        assert stage in self.active, f"{event}, but the stage is not active"
        if isinstance(event, StageStopping):
            self.stopped.add(stage)
        elif isinstance(event, StageWaiting) and event.waiting is Waiting.RETRY:
            self.retrying.add(stage)
            self.stopped.discard(stage)
        elif stage in self.retrying:
            self.retrying.discard(stage)
            self._forget_below(stage)

    def _hear_plan(self, event: StagesPlanned) -> None:
        assert event.stage in self.active
        self.plans[event.stage] = event
        assert event.first == len(self.specs)
        for number, spec in enumerate(event.stages, event.first):
            assert spec.parent is not None
            self.specs[number] = spec
            self.parts.setdefault(spec.parent, Part({})).add({number: spec})

    def _hear_start(self, number: int) -> None:
        part, owner = self.part_of(number), self.specs[number].parent
        assert self.allows(number), f"{number} began although the run is {self.run}, or what it is below is stopped"
        assert number not in self.active
        assert number not in part.ends, f"{number} began although it had ended"
        assert part.may_start(number), f"{number} began before its join was met"
        if owner in self.plans:
            plan, at_once = self.plans[owner], len(self.active & set(part.specs))
            assert not plan.limit or at_once < plan.limit, f"{number} began beside {at_once} others"
            assert not plan.halt or all(status in MET for status in part.ends.values())
        self.active.add(number)

    def allows(self, number: int) -> bool:
        """Whether a stage may begin: a pause or a stop around it holds it, unless there is a shield between."""
        held, above = self.stopping is not None, [number]
        while (owner := self.specs[above[0]].parent) is not None:
            assert owner in self.active
            above.insert(0, owner)
        for each in above:
            held = held and not self.specs[each].context.get("shielded")
            held = held or each in self.stopped or each in self.retrying
        return not held and (self.run == "live" or (self.run != "over" and self.stopping is not None))

    def _hear_end(self, number: int, status: Status) -> None:
        part, once = self.part_of(number), (number, self.rounds.get(number, 0))
        assert once not in self.ended_rounds, f"{number} ended twice in round {once[1]}"
        assert number in self.active or status is Status.CANCELED
        self.ended_rounds.append(once)
        if self.specs[number].type == "scope" and number in self.active:
            self._hear_scope_end(number, status)
        self._forget(number, keep=status not in MET and self.resumes(number))
        part.ends[number] = status
        at_top = self.specs[number].parent is None
        if at_top and status is Status.FAILED and self.fail_fast and self.stopping is None and part.dooms(number):
            self.must_stop = self.specs[number].ref_id

    def _hear_scope_end(self, number: int, status: Status) -> None:
        inside = self.parts[number]
        assert not self.active & set(inside.specs), "a scope ended while its stages ran"
        if number in self.stopped:
            assert status is Status.CANCELED
        elif status is not Status.CANCELED:
            assert status is inside.verdict()
            assert not inside.left_over()

    def _hear_reset(self, number: int) -> None:
        self.rounds[number] = self.rounds.get(number, 0) + 1
        self.part_of(number).ends.pop(number, None)
        self._forget(number)

    def resumes(self, number: int) -> bool:
        """Whether what is below a stage that ended badly is kept for a retry."""
        spec = self.specs[number]
        planner = self.specs[spec.parent] if spec.type == "scope" and spec.parent is not None else spec
        return planner.resumes

    def _hear_reopening(self, number: int) -> None:
        assert self.run == "live"
        assert self.resumes(number)
        assert self.part_of(number).ends.pop(number) not in MET
        self.rounds[number] = self.rounds.get(number, 0) + 1

    def _forget(self, number: int, *, keep: bool = False) -> None:
        for kept in (self.active, self.stopped, self.retrying):
            kept.discard(number)
        if not keep:
            self._forget_below(number)

    def _forget_below(self, number: int) -> None:
        self.plans.pop(number, None)
        inside = self.parts.pop(number, None)
        for below in inside.specs if inside else ():
            self._forget(below)

    def _hear_run_end(self, status: Status) -> None:
        root = self.parts[None]
        assert self.run != "over"
        assert not self.active, f"the run ended while {self.active} ran"
        self.run = "over"
        if self.stopping is not None:
            assert status is self.stopping
            self.stopping = None
            return
        assert not root.left_over(), f"the run ended although {root.left_over()} could start"
        assert status is root.verdict()

"""Random workflows and random answers, as hypothesis draws them."""

from typing import Any

from hypothesis import strategies as st

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
from stageline.model.failure import Cause, Failure
from stageline.model.join import ALL, Join
from stageline.model.plan import Plan, Scope
from stageline.model.result import TaskResult
from stageline.model.retry import Retry
from stageline.model.stage import StageExecution, TaskExecution
from stageline.model.workflow import Workflow

REFS = "abcdefgh"
CHILD = Workflow.create(
    "child", [StageExecution(ref_id="x", type="t"), StageExecution(ref_id="y", type="t", requisite_stage_ref_ids={"x"})]
)

outputs = st.dictionaries(st.sampled_from(["k", "m"]), st.integers(0, 3) | st.lists(st.integers(0, 3)), max_size=2)
seconds = st.sampled_from([0.0, 1.0, 5.0, 60.0])


@st.composite
def joins(draw: st.DrawFn, upstream: int) -> Join:
    """A join that so many stages can meet."""
    if upstream < 2:
        return ALL
    losers = draw(st.booleans())
    kinds = [ALL, Join.any(cancel_losers=losers), Join.first(cancel_losers=losers)]
    counted = [Join.n_of(count, cancel_losers=losers) for count in range(1, upstream + 1)]
    return draw(st.sampled_from([*kinds, *counted]))


@st.composite
def stages(draw: st.DrawFn, ref: str, before: str) -> StageExecution:
    """A stage after some of those before."""
    needs = draw(st.lists(st.sampled_from(before), unique=True, max_size=3)) if before else []
    fields: dict[str, Any] = {
        "tasks": [TaskExecution.create(str(n), "t") for n in range(draw(st.sampled_from([0, 0, 0, 2])))],
        "retry": draw(st.sampled_from([0, 0, Retry(1, delay=1), Retry(2, delay=30, on=("task", "timeout"))])),
        "on_failure": draw(st.sampled_from(["fail", "fail", "fail", "continue"])),
        "max_jumps": draw(st.integers(0, 2)),
        "resumes": draw(st.booleans()),
    }
    join = draw(joins(len(needs)))
    return StageExecution(ref_id=ref, type="t", requisite_stage_ref_ids=needs, join=join, **fields)


@st.composite
def workflows(draw: st.DrawFn, most: int = 7) -> Workflow:
    """Any graph of a few stages, declared in any order."""
    refs = REFS[: draw(st.sampled_from([1, *range(3, most + 1)]))]
    made = [draw(stages(ref, refs[:number])) for number, ref in enumerate(refs)]
    declared = draw(st.permutations(made))
    return Workflow.create("w", declared, on_failure=draw(st.sampled_from(["fail-fast", "keep-going"])), id="run")


failures = st.sampled_from(
    [Failure("said so"), Failure("exit code 1", Cause.EXIT, code=1), Failure("never", permanent=True)]
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """A few small scopes under any keys; not all of these can be followed."""
    keys = draw(st.lists(st.sampled_from("rstuv"), unique=True, max_size=3))
    scopes = [
        Scope(
            key=key,
            stages=[draw(stages(ref, "xyz"[:number])) for number, ref in enumerate("xyz"[: draw(st.integers(1, 2))])],
            shielded=draw(st.booleans()),
        )
        for key in keys
    ]
    return Plan(scopes=scopes, limit=draw(st.integers(0, 2)), more=draw(st.booleans()), halt=draw(st.booleans()))


def results(refs: str) -> st.SearchStrategy[TaskResult]:
    """Any answer of a task in a run with these stages; mostly good ones."""
    return st.one_of(
        st.builds(TaskResult.success, outputs),
        st.builds(TaskResult.success, outputs),
        st.builds(TaskResult.success, outputs, outputs),
        st.builds(TaskResult.failed, failures, outputs),
        st.builds(TaskResult.failed_continue, failures),
        st.builds(TaskResult.skipped, outputs),
        st.builds(TaskResult.canceled),
        st.builds(TaskResult.running, seconds, outputs),
        st.builds(TaskResult.suspend, st.none() | seconds, outputs),
        st.builds(TaskResult.jump_to, st.sampled_from([*refs, "nowhere"]), outputs),
        st.just(TaskResult.run_workflow(CHILD)),
        st.builds(TaskResult.run_stages, plans(), outputs),
        st.builds(TaskResult.run_stages, plans(), outputs),
    )


def commands(refs: str) -> st.SearchStrategy[Message]:
    """Anything that somebody may ask of a run with these stages."""
    ref = st.sampled_from([*refs, "nobody"])
    return st.one_of(
        st.just(StartWorkflow()),
        st.just(PauseWorkflow()),
        st.just(ResumeWorkflow()),
        st.just(CancelWorkflow("enough")),
        st.builds(CancelStage, ref),
        st.builds(Signal, ref, outputs),
        st.builds(RetryWorkflow, st.just("") | ref),
    )

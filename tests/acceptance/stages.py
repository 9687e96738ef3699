"""Stages as a newcomer writes them, without the repetition."""

from typing import Any

from stageline import StageExecution, TaskExecution, Workflow


def stage(ref: str, type: str, *needs: str, **context: Any) -> StageExecution:
    """A stage with one task of its type, written out in full."""
    return StageExecution(
        ref_id=ref,
        type=type,
        name=ref.title(),
        requisite_stage_ref_ids=set(needs),
        context=context,
        tasks=[TaskExecution.create("Run", type, stage_start=True, stage_end=True)],
    )


def python(ref: str, script: str, *needs: str, **inputs: Any) -> StageExecution:
    """A stage that runs Python text."""
    return stage(ref, "python", *needs, script=script, inputs=inputs)


def shell(ref: str, command: str, *needs: str) -> StageExecution:
    """A stage that runs bash."""
    return stage(ref, "shell", *needs, command=command)


def workflow(*stages: StageExecution) -> Workflow:
    """A new run of these stages."""
    return Workflow.create(application="samples", name="sample", stages=list(stages))

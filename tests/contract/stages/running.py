"""Stages on an engine whose tools the test has chosen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stageline.engine.ports import Store
from stageline.model.workflow import Workflow
from stageline.runner import run
from stageline.stages.definition import StageDefinition
from stageline.stages.lower import lower, walk
from stageline.stages.registry import stage_tasks
from stageline.stages.tools import Tools
from stageline.store.memory import MemoryStore


def run_stages(
    stages: Sequence[StageDefinition],
    tools: Tools | None = None,
    store: Store | None = None,
    **names: Any,
) -> Workflow:
    """Run these stages to their end; `names` are those of the run, `folder` among them."""
    seen: Mapping[str, Any] = {"folder": str(Path.cwd()), "params": {}, **names}
    workflow = Workflow.create("w", lower(stages), names=seen)
    with stage_tasks({type(stage) for stage in walk(stages)}, tools) as tasks:
        return run(workflow, store or MemoryStore(), tasks, timeout=60)

"""Another workflow as a stage: it runs as a child run, with parameters of its own."""

from typing import Any, ClassVar, Literal

import msgspec

from stageline.errors import DocumentError
from stageline.model.plan import Plan, Scope
from stageline.model.result import TaskResult
from stageline.model.stage import StageExecution
from stageline.stages.base import BaseNestedStage
from stageline.stages.lower import slug
from stageline.stages.outcomes import ended
from stageline.stages.work import Work

CHILD = "workflow"
RUN = "run"


class TriggerStage(BaseNestedStage):
    """Runs the workflow called `trigger` with `params`, and ends as it does.

    Whoever reads workflows from files puts the one that is meant, in its plain form, into `workflow`. Outputs: the
    child's `params`, its `run` id, and its `stages`.
    """

    body: ClassVar[str] = "trigger"
    reach: ClassVar[Literal["anywhere", "here", "nowhere"]] = "here"
    resumes: ClassVar[bool] = True
    late: ClassVar[tuple[str, ...]] = (*BaseNestedStage.late, "workflow")
    hidden: ClassVar[tuple[str, ...]] = ("workflow",)

    trigger: str
    params: dict[str, Any] = msgspec.field(default_factory=dict)
    workflow: dict[str, Any] | None = None

    def plan(self, work: Work) -> Plan | None:
        if work.planned:
            return None
        if self.workflow is None:
            raise DocumentError(
                f"stage '{self.name}': there is no workflow '{self.trigger}' to run: a stage triggers a workflow of "
                "the same file or folder, by its name, when it is run from that file"
            )
        child = {**self.workflow, "names": work.tools.child_names(self.workflow.get("names", {}), self.params)}
        stage = StageExecution(ref_id=RUN, type="workflow", name=self.trigger, context={"workflow": child})
        return Plan(scopes=[Scope(key=slug(self.trigger), stages=[stage])])

    def collect(self, work: Work) -> TaskResult:
        outputs: dict[str, Any] = {"params": self.params}
        for scope in work.scopes.values():
            outputs.update(scope["outputs"].get(RUN, {}).get("outputs", {}))
        return ended(work.scopes, outputs)

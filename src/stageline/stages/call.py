"""A function of the project, by the name that `@tag` gave it, called in a process of its own with checked arguments."""

from typing import Any, ClassVar

import msgspec

from stageline.model.result import TaskResult
from stageline.stages.base import BaseRetryStage
from stageline.stages.environment import variables
from stageline.stages.work import Work
from stageline.tasks.call import Call, run_call


class CallStage(BaseRetryStage):
    """Calls the function that `uses` names, with the arguments in `with`; its outputs are what the function returns."""

    body: ClassVar[str] = "uses"

    uses: str
    args: dict[str, Any] = msgspec.field(default_factory=dict, name="with")

    def perform(self, work: Work) -> TaskResult:
        call = Call(
            uses=self.uses,
            project=work.project,
            args=msgspec.to_builtins(self.args),
            registries=tuple(work.stage.names.get("registry", ())),
            env=variables(work, {}),
        )
        return run_call(work.tools.python, call, work.folder, work.cancellation)

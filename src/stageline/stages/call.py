"""A function of the project, by the name that `@tag` gave it, called in a process of its own with checked arguments."""

import hashlib
import re
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from stageline.model.result import TaskResult
from stageline.stages.environment import variables
from stageline.stages.fields import is_dynamic
from stageline.stages.leaf import LeafStage
from stageline.stages.work import Work
from stageline.tasks.call import Call, run_call
from stageline.tasks.uses import parse_uses


class CallStage(LeafStage):
    """Calls the function that `uses` names, with the arguments in `with`; its outputs are what the function returns."""

    body: ClassVar[str] = "uses"
    travels: ClassVar[bool] = True

    uses: str
    args: dict[str, Any] = msgspec.field(default_factory=dict, name="with")

    def check(self) -> None:
        super().check()
        if not is_dynamic(self.uses):
            parse_uses(self.uses)

    def do(self, work: Work) -> TaskResult:
        call = Call(
            uses=self.uses,
            project=work.project,
            args=msgspec.to_builtins(self.args),
            registries=tuple(work.stage.names.get("registry", ())),
            env=variables(work, self.env),
        )
        return run_call(work.tools.python, call, work.folder, work.cancellation, work.mask)

    def decided_by(self, work: Work) -> object:
        """The text of the modules in which the function is looked for."""
        root = Path(work.project, re.split(r"[/.:]", self.uses)[0])
        files = [file for file in (root.with_suffix(".py"), *sorted(root.rglob("*.py"))) if file.is_file()]
        return {str(file.relative_to(work.project)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}

"""Python text, in a process of its own that is warm already: its top-level names are what the stage puts out."""

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import msgspec

from stageline.model.result import TaskResult
from stageline.stages.environment import variables
from stageline.stages.leaf import LeafStage
from stageline.stages.work import Work
from stageline.tasks.python_names import NamesScript, run_names


class PyStage(LeafStage):
    """Runs `run` with `vars` among its names; its outputs are the names that it has given values to."""

    body: ClassVar[str] = "run"
    scripts: ClassVar[Mapping[str, Literal["bash", "python"]]] = {"run": "python"}

    run: str
    vars: dict[str, Any] = {}

    def do(self, work: Work) -> TaskResult:
        return run_names(work.tools.python, self.script(work), work.folder, work.cancellation)

    def script(self, work: Work) -> NamesScript:
        """What is run, and where."""
        return NamesScript(
            text=self.run,
            name=f"<run of {work.stage.ref_id}>",
            vars=msgspec.to_builtins(self.vars),
            path=(work.project,),
            cwd=work.project,
            env=variables(work, self.env),
        )

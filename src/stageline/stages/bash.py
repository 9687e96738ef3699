"""A bash script: a real bash in the folder of the workflow file. What it says is put out, also when it fails."""

from collections.abc import Mapping
from typing import ClassVar, Literal

import msgspec

from stageline.errors import DocumentError
from stageline.model.result import TaskResult
from stageline.stages.environment import variables
from stageline.stages.leaf import LeafStage
from stageline.stages.work import Work
from stageline.targets.process import Command, run
from stageline.tasks.outcome import outcome


class BashStage(LeafStage):
    """Runs `bash` with the variables of `env`; its outputs are `return_code`, `stdout` and `stderr`."""

    body: ClassVar[str] = "bash"
    scripts: ClassVar[Mapping[str, Literal["bash", "python"]]] = {"bash": "bash"}

    bash: str

    def do(self, work: Work) -> TaskResult:
        if not self.bash.strip():
            raise DocumentError(f"stage '{self.name}': bash is empty; `echo:` alone does nothing on purpose")
        command = Command(
            argv=("bash", "-c", self.bash), folder=work.folder, env=variables(work, self.env), cwd=work.project
        )
        result = outcome(run(command, work.cancellation), "the script")
        said = result.outputs
        outputs = {"return_code": said["returncode"], "stdout": said["stdout"], "stderr": said["stderr"]}
        return msgspec.structs.replace(result, outputs=outputs)

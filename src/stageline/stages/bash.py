"""A bash script: a real bash in the folder of the workflow file. What it says is put out, also when it fails.

A script that holds a secret, or is very long, is no argument of bash: it is a file in memory, for as long as it runs.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal

import msgspec

from stageline.errors import DocumentError
from stageline.model.result import TaskResult
from stageline.runtimes.sandbox import Mount, Runtime
from stageline.stages.environment import variables
from stageline.stages.isolation import Isolation, isolation_of, wrapped
from stageline.stages.leaf import LeafStage
from stageline.stages.work import Work
from stageline.targets.private import private_folder
from stageline.targets.process import Command, Ended, run
from stageline.targets.sandboxed import run_wrapped
from stageline.tasks.outcome import outcome

LONG = 100_000


class BashStage(LeafStage):
    """Runs `bash` with the variables of `env`; its outputs are `return_code`, `stdout` and `stderr`.

    `runtime` is `native`, `bwrap`, `docker` or `podman`, or a table with that `name`, an `image`, `mounts`, `network`.
    """

    body: ClassVar[str] = "bash"
    scripts: ClassVar[Mapping[str, Literal["bash", "python"]]] = {"bash": "bash"}

    bash: str
    runtime: Runtime | Isolation = Runtime.NATIVE

    def do(self, work: Work) -> TaskResult:
        if not self.bash.strip():
            raise DocumentError(f"stage '{self.name}': bash is empty; `echo:` alone does nothing on purpose")
        result = outcome(self._run(work), "the script")
        said = result.outputs
        outputs = {"return_code": said["returncode"], "stdout": said["stdout"], "stderr": said["stderr"]}
        return msgspec.structs.replace(result, outputs=outputs)

    def _run(self, work: Work) -> Ended:
        if len(self.bash) <= LONG and not work.holds_secret(self.bash):
            return self._ended(work, ("bash", "-c", self.bash), ())
        with private_folder(work.key) as private:
            script = private / "script"
            script.write_text(self.bash, encoding="utf-8")
            return self._ended(work, ("bash", str(script)), (Mount(str(private)),))

    def _ended(self, work: Work, argv: Sequence[str], mounts: Sequence[Mount]) -> Ended:
        env, isolation = variables(work, self.env), isolation_of(self.runtime)
        if isolation.name is Runtime.NATIVE:
            command = Command(
                argv=tuple(argv), folder=work.folder, env=env, cwd=work.project, mask=work.mask, notes=work.notes
            )
            return run(command, work.cancellation)
        inside = wrapped(work, isolation, argv, env, mounts)
        return run_wrapped(inside, work.folder, work.cancellation, mask=work.mask, notes=work.notes)

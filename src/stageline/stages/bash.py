"""A bash script: a real bash in the folder of the workflow file. What it says is put out, also when it fails.

A script that holds a secret, or is very long, is no argument of bash: it is a file in memory, for as long as it runs.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec

from stageline.errors import DocumentError
from stageline.model.result import TaskResult
from stageline.runtimes.sandbox import Mount, Runtime
from stageline.stages.away import Away, command_argv, script_argv
from stageline.stages.environment import variables
from stageline.stages.isolation import Isolation, isolation_of, refuse_isolation, wrapped
from stageline.stages.leaf import LeafStage
from stageline.stages.work import Work
from stageline.targets.logs import read_ends
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
    reach: ClassVar[Literal["anywhere", "here", "nowhere"]] = "anywhere"
    scripts: ClassVar[Mapping[str, Literal["bash", "python"]]] = {"bash": "bash"}

    bash: str
    runtime: Runtime | Isolation = Runtime.NATIVE

    def do(self, work: Work) -> TaskResult:
        self._refuse_nothing()
        return _concluded(self._run(work))

    def away(self, work: Work) -> Away:
        self._refuse_nothing()
        refuse_isolation(self.name, self.runtime)
        run, fits = work.stage.execution.run, self._fits(work)
        return Away(
            argv=command_argv(run, ("bash", "-c", self.bash)) if fits else script_argv(run),
            env=variables(work, self.env),
            stdin=b"" if fits else self.bash.encode(),
            conclude=lambda ended, _: _concluded(ended),
            said=_said,
        )

    def _refuse_nothing(self) -> None:
        if not self.bash.strip():
            raise DocumentError(f"stage '{self.name}': bash is empty; `echo:` alone does nothing on purpose")

    def _fits(self, work: Work) -> bool:
        """Whether the script may be an argument, which others of the machine can read."""
        return len(self.bash) <= LONG and not work.holds_secret(self.bash)

    def _run(self, work: Work) -> Ended:
        if self._fits(work):
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


def _concluded(ended: Ended) -> TaskResult:
    result = outcome(ended, "the script")
    said = result.outputs
    outputs = {"return_code": said["returncode"], "stdout": said["stdout"], "stderr": said["stderr"]}
    return msgspec.structs.replace(result, outputs=outputs)


def _said(folder: Path) -> Mapping[str, Any]:
    """What is put out of a script of which nobody knows how it ended."""
    return {"return_code": None, "stdout": read_ends(folder / "stdout"), "stderr": read_ends(folder / "stderr")}

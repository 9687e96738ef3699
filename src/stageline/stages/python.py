"""Python text, in a process of its own that is warm already: its top-level names are what the stage puts out.

With a runtime that isolates, it is the runtime's own `python3` that runs it.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import msgspec

from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.runtimes.sandbox import Mount, Runtime
from stageline.stages.away import NO_PYTHON, Away, python_argv
from stageline.stages.environment import variables
from stageline.stages.isolation import Isolation, isolation_of, refuse_isolation, wrapped
from stageline.stages.leaf import LeafStage
from stageline.stages.work import Work
from stageline.targets.logs import read_ends
from stageline.targets.private import private_folder
from stageline.targets.process import Ended
from stageline.targets.sandboxed import run_wrapped
from stageline.tasks.python_apart import DRIVER, driver_request, driver_result
from stageline.tasks.python_names import NamesScript, run_names


class PyStage(LeafStage):
    """Runs `run` with `vars` among its names; its outputs are the names that it has given values to.

    `runtime` is `native`, `bwrap`, `docker` or `podman`, or a table with that `name`, an `image`, `mounts`, `network`.
    """

    body: ClassVar[str] = "run"
    reach: ClassVar[Literal["anywhere", "here", "nowhere"]] = "anywhere"
    travels: ClassVar[bool] = True
    scripts: ClassVar[Mapping[str, Literal["bash", "python"]]] = {"run": "python"}

    run: str
    vars: dict[str, Any] = {}
    runtime: Runtime | Isolation = Runtime.NATIVE

    @classmethod
    def kind(cls) -> str:
        return "python" if cls is PyStage else super().kind()

    def do(self, work: Work) -> TaskResult:
        isolation, script = isolation_of(self.runtime), self.script(work)
        if isolation.name is Runtime.NATIVE:
            return run_names(work.tools.python, script, work.folder, work.cancellation, work.mask)
        with work.tools.python.here(work.cancellation):
            return run_isolated(work, isolation, script)

    def away(self, work: Work) -> Away:
        refuse_isolation(self.name, self.runtime)
        script = msgspec.structs.replace(self.script(work), path=(), cwd="")
        driver = DRIVER.read_bytes()
        name = f"python/{hashlib.sha256(driver).hexdigest()[:16]}.py"
        return Away(
            argv=python_argv(work.stage.execution.run, name),
            env=script.env,
            stdin=driver_request(script),
            files={name: driver},
            answers=True,
            conclude=_concluded,
            said=lambda _: {},
        )

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


def run_isolated(work: Work, isolation: Isolation, script: NamesScript, python: str = "python3") -> TaskResult:
    """Run the text there by that interpreter. What it is given, and what it answers, stands in files in memory."""
    with private_folder(work.key) as private:
        request, answer = private / "request", private / "answer"
        request.write_bytes(driver_request(script))
        argv = (python, str(DRIVER), str(request), str(answer))
        mounts = (Mount(str(private), writable=True), Mount(str(DRIVER)))
        inside = wrapped(work, isolation, argv, dict(script.env), mounts)
        ended = run_wrapped(inside, work.folder, work.cancellation, mask=work.mask, notes=work.notes)
        return driver_result(answer.read_bytes() if answer.exists() else b"", ended)


def _concluded(ended: Ended, answer: bytes) -> TaskResult:
    """What came of a script on a target, where there may be no Python."""
    if not answer and ended.code == 127 and read_ends(ended.stderr).strip() == NO_PYTHON:
        words = "there is no python3 where the stage was to run: install it there, or have it on PATH"
        return TaskResult.failed(Failure(words, Cause.MISSING, log=str(ended.stderr), permanent=True))
    return driver_result(answer, ended)

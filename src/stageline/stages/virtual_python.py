"""Python text in a virtual environment of its own, made once by uv and used again for the same packages."""

from typing import ClassVar, Literal

from stageline.errors import DocumentError
from stageline.model.result import TaskResult
from stageline.runtimes.sandbox import Runtime
from stageline.stages.isolation import isolation_of
from stageline.stages.python import PyStage, run_isolated
from stageline.stages.work import Work
from stageline.tasks.python_apart import run_apart
from stageline.tasks.virtual_env import Environment, virtual_env


class VirtualPyStage(PyStage):
    """Runs `run` with Python `version` and the packages `deps`; its outputs are those of a python stage."""

    reach: ClassVar[Literal["anywhere", "here", "nowhere"]] = "here"

    version: str = "3.9"
    deps: list[str]

    @classmethod
    def kind(cls) -> str:
        return "virtual-python" if cls is VirtualPyStage else super().kind()

    def do(self, work: Work) -> TaskResult:
        isolation = isolation_of(self.runtime)
        if isolation.name in (Runtime.DOCKER, Runtime.PODMAN):
            raise DocumentError(
                f"stage '{self.name}': a virtual environment is of no use in a container: use native or bwrap here, "
                "or a python stage with an image that has the packages"
            )
        wanted = Environment(version=self.version, deps=tuple(self.deps), cwd=work.project, cache=work.tools.venvs)
        python = virtual_env(wanted, work.folder, work.cancellation, work.mask, work.notes)
        if isinstance(python, TaskResult):
            return python
        script = self.script(work)
        if isolation.name is Runtime.BWRAP:
            return run_isolated(work, isolation, script, str(python))
        return run_apart(python, script, work.folder, work.cancellation, work.mask, work.notes)

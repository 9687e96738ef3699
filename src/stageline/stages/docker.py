"""A container, by docker or podman, whichever is installed: its image's own command, or one that is given."""

from pathlib import Path
from typing import Any, ClassVar, Literal

import msgspec

from stageline.errors import DocumentError
from stageline.model.result import TaskResult
from stageline.stages.environment import variables
from stageline.stages.fields import in_words
from stageline.stages.leaf import LeafStage
from stageline.stages.work import Work
from stageline.tasks.docker import run_docker
from stageline.tasks.docker_argv import Auth, DockerSettings, absolute_volume
from stageline.tasks.shapes import converted


class DockerStage(LeafStage):
    """Runs a container of `image`; its outputs are `return_code`, `stdout` and `stderr`.

    `volume` maps folders of this machine to folders inside; `auth` has `username`, `password`, and perhaps `registry`.
    """

    body: ClassVar[str] = "image"

    image: str
    tag: str = "latest"
    command: str | list[str] | None = None
    volume: dict[str, Any] = {}
    auth: dict[str, Any] = {}
    network: str | None = None
    workdir: str | None = None
    engine: Literal["docker", "podman"] | None = None

    def do(self, work: Work) -> TaskResult:
        if work.holds_secret(f"{self.image} {self.tag} {self.command} {self.volume} {self.workdir} {self.network}"):
            raise DocumentError(
                f"stage '{self.name}': a secret would be seen in the list of processes: put it into env"
            )
        result = run_docker(self._settings(work), work.stage.execution, work.mask)
        said = result.outputs
        outputs = {"return_code": said["returncode"], "stdout": said["stdout"], "stderr": said["stderr"]}
        return msgspec.structs.replace(result, outputs=outputs)

    def _settings(self, work: Work) -> DockerSettings:
        base = Path(work.project).absolute()
        return DockerSettings(
            image=self._reference(),
            command=self.command,
            env=dict(variables(work, self.env)),
            volumes=[absolute_volume(f"{outside}:{inside}", base) for outside, inside in self.volume.items()],
            network=self.network,
            workdir=self.workdir,
            engine=self.engine,
            auth=self._auth(),
        )

    def _reference(self) -> str:
        """The image with its tag; one that has a tag or a digest already is taken as it is."""
        has_tag = "@" in self.image or ":" in self.image.rpartition("/")[2]
        return self.image if has_tag else f"{self.image}:{self.tag}"

    def _auth(self) -> Auth | None:
        if not self.auth:
            return None
        try:
            return converted(self.auth, Auth)
        except msgspec.ValidationError as error:
            raise DocumentError(f"stage '{self.name}': auth: {in_words(error)}") from error

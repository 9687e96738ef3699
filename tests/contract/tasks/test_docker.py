"""The docker task with each container engine that is here: real containers."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from stageline.errors import DocumentError, MissingDependency
from stageline.model.failure import Cause
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.runtimes.container import container_name, remove_argv
from stageline.tasks.docker import DockerTask
from stageline.tasks.task import RunningStage
from tests.contract.tasks.running import Stages, execute, until
from tests.proc import proc_files

SECRET = "s3cr3t-v4lue"
IGNORES_TERM = "trap '' TERM; echo begun; while :; do sleep 1; done"


class Docker:
    """Runs docker stages with one engine and the test's image."""

    def __init__(self, engine: str, image: str, folder: Path) -> None:
        self.engine = engine
        self.image = image
        self.stages = Stages(folder / uuid4().hex)

    def __call__(self, **context: object) -> TaskResult:
        return execute(DockerTask(), self.stage(**context))

    def stage(self, **context: object) -> RunningStage:
        needs_image = context.get("action", "run") == "run"
        return self.stages({"engine": self.engine, **({"image": self.image} if needs_image else {}), **context})

    def asked(self, *argv: str) -> str:
        return subprocess.run([self.engine, *argv], capture_output=True, text=True, check=False).stdout.strip()

    def is_there(self, container: str) -> bool:
        return bool(self.asked("ps", "--all", "--quiet", f"--filter=name={container}"))

    def remove(self, container: str) -> None:
        self.asked(*remove_argv(self.engine, container))


@pytest.fixture
def docker(container_engine: str, container_image: str, tmp_path: Path) -> Docker:
    return Docker(container_engine, container_image, tmp_path)


@pytest.fixture
def running(docker: Docker) -> Iterator[str]:
    """A container to work with."""
    result = docker(command=["sleep", "600"], detach=True, network="none")
    assert result.status is Status.SUCCEEDED, result.failure
    container: str = result.outputs["container_id"]
    yield container
    docker.remove(container)


def cancel_when(stage: RunningStage, condition: Callable[[], bool]) -> tuple[TaskResult, float]:
    """Execute a stage, cancel it when something has come about; the result, and how long the cancel took."""
    results: list[TaskResult] = []
    waiter = threading.Thread(target=lambda: results.append(execute(DockerTask(), stage)))
    waiter.start()
    assert until(condition, 20)
    begun = time.monotonic()
    stage.execution.cancellation.cancel("no longer wanted")
    waiter.join(20)
    return results[0], time.monotonic() - begun


def has_begun(stage: RunningStage) -> Callable[[], bool]:
    log = stage.execution.folder / "stdout"
    return lambda: log.exists() and "begun" in log.read_text()


def test_runs_a_command_and_removes_the_container(docker: Docker) -> None:
    stage = docker.stage(command="echo out; echo err >&2", network="none")
    result = execute(DockerTask(), stage)
    assert result.outputs == {"stdout": "out\n", "stderr": "err\n", "exit_code": 0, "returncode": 0}
    assert not docker.is_there(container_name(stage.execution.key))


def test_settings_reach_the_container(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("mounted")
    tmp_path.chmod(0o755)
    result = docker(
        command=["sh", "-c", "id -u; pwd; cat /there/data; cat /proc/net/dev | grep -c eth0"],
        user="1000",
        workdir="/tmp",
        volumes=[f"{tmp_path}:/there:ro"],
        network="none",
        check=False,
    )
    assert result.outputs["stdout"] == "1000\n/tmp\nmounted0\n"


def test_an_exit_code_is_a_failure(docker: Docker) -> None:
    result = docker(command="echo oh no >&2; exit 9", network="none")
    assert result.failure is not None
    assert (result.failure.cause, result.failure.code) == (Cause.EXIT, 9)
    assert "oh no" in str(result.failure)


def test_an_image_that_is_not_there_is_told(docker: Docker) -> None:
    result = docker(image="localhost/no-such-image:1", command="true")
    assert result.failure is not None
    assert "no-such-image" in str(result.failure)


def test_values_of_variables_are_in_no_argument_list(docker: Docker) -> None:
    variables = {
        "PLAIN": SECRET,
        "SEVERAL": f"{SECRET}\n  x ",
        "PATH": f"/bin:/{SECRET}",
        "DOCKER_HOST": SECRET,
        "N": 1,
    }
    stage = docker.stage(command="env; echo begun; sleep 1", env=variables, network="none")
    seen: list[str] = []

    def look() -> bool:
        for file in proc_files("cmdline"):
            try:
                seen.append(file.read_text())
            except OSError:
                continue
        return has_begun(stage)()

    watcher = threading.Thread(target=until, args=(look, 20))
    watcher.start()
    result = execute(DockerTask(), stage)
    watcher.join()
    assert any(container_name(stage.execution.key) in line for line in seen), "the client was seen"
    assert not [line for line in seen if SECRET in line]
    lines = result.outputs["stdout"]
    assert f"PLAIN={SECRET}\n" in lines
    assert f"SEVERAL={SECRET}\n  x \n" in lines
    assert f"PATH=/bin:/{SECRET}\n" in lines
    assert f"DOCKER_HOST={SECRET}\n" in lines
    assert "N=1\n" in lines
    assert SECRET not in "".join(file.read_text() for file in stage.execution.folder.rglob("env"))


def test_cancel_removes_the_container(docker: Docker) -> None:
    stage = docker.stage(command=IGNORES_TERM, network="none")
    result, seconds = cancel_when(stage, has_begun(stage))
    assert result.status is Status.CANCELED
    assert "begun" in result.outputs["stdout"]
    assert not docker.is_there(container_name(stage.execution.key))
    assert seconds < 1.5


def test_cancel_while_the_container_is_being_made_leaves_none(docker: Docker) -> None:
    for delay in (0.02, 0.08, 0.15):
        stage = docker.stage(command=["sleep", "600"], network="none")
        begun = time.monotonic()
        cancel_when(stage, lambda begun=begun, delay=delay: time.monotonic() - begun > delay)  # type: ignore[misc]
        time.sleep(0.5)
        assert not docker.is_there(container_name(stage.execution.key))


def test_a_container_that_a_dead_engine_left_behind_is_replaced(docker: Docker) -> None:
    stage = docker.stage(command="echo fresh", network="none")
    name, key = container_name(stage.execution.key), stage.execution.key
    docker.asked(
        "run", "-d", "--network=none", f"--name={name}", f"--label=stageline.key={key}", docker.image, "sleep", "600"
    )
    result = execute(DockerTask(), stage)
    assert result.outputs["stdout"] == "fresh\n"
    assert not docker.is_there(name)


def test_a_container_of_somebody_else_is_left_alone(docker: Docker) -> None:
    name = f"theirs-{uuid4().hex[:8]}"
    docker.asked("run", "-d", "--network=none", f"--name={name}", docker.image, "sleep", "600")
    try:
        result = docker(command="true", name=name, network="none")
        assert result.failure is not None
        assert "in use" in str(result.failure)
        assert docker.asked("inspect", "--format={{.State.Running}}", name) == "true"
    finally:
        docker.remove(name)


def test_a_container_over_its_memory_is_out_of_memory(docker: Docker) -> None:
    stage = docker.stage(
        command="x=$(head -c 100000000 /dev/zero | tr '\\0' x); echo ${#x}", memory="20m", network="none"
    )
    result = execute(DockerTask(), stage)
    assert result.failure is not None, result.outputs
    assert result.failure.cause is Cause.OUT_OF_MEMORY
    assert not docker.is_there(container_name(stage.execution.key))


def test_a_detached_container_runs_on_and_is_worked_with(docker: Docker, running: str) -> None:
    assert docker.asked("inspect", "--format={{.State.Running}}", running) == "true"
    result = docker(action="exec", container=running, command='echo "in $A"', env={"A": "it"})
    assert result.outputs["stdout"] == "in it\n"
    assert docker(action="exec", container=running, command="exit 4").outputs["exit_code"] == 4
    assert docker(action="logs", container=running, tail=5).status is Status.SUCCEEDED
    assert docker(action="stop", container=running, grace=0).status is Status.SUCCEEDED
    assert docker.asked("inspect", "--format={{.State.Running}}", running) == "false"
    assert docker(action="rm", container=running).status is Status.SUCCEEDED
    assert not docker.asked("inspect", "--format={{.Id}}", running)


def test_a_container_may_stay(docker: Docker) -> None:
    result = docker(command="echo kept", remove=False, network="none")
    container = result.outputs["container_id"]
    assert docker(action="logs", container=container).outputs["stdout"] == "kept\n"
    docker(action="rm", container=container)


def test_cancel_ends_what_an_exec_started_in_the_container(docker: Docker, running: str) -> None:
    stage = docker.stage(action="exec", container=running, command=IGNORES_TERM)
    result, _ = cancel_when(stage, has_begun(stage))
    assert result.status is Status.CANCELED
    assert "trap" not in docker.asked("exec", running, "ps")
    assert docker.asked("inspect", "--format={{.State.Running}}", running) == "true"


def test_builds_an_image(docker: Docker, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        f'FROM {docker.image}\nARG WORD\nENV WORD=$WORD\nCMD ["sh", "-c", "echo $WORD"]\n'
    )
    tag = f"localhost/stageline-test-{uuid4().hex[:8]}:1"
    result = docker(action="build", path=str(tmp_path), tag=tag, build_args={"WORD": "built"})
    assert result.status is Status.SUCCEEDED, result.failure
    try:
        assert docker(image=tag, network="none").outputs["stdout"] == "built\n"
        assert docker(image=result.outputs["image_id"], network="none").outputs["stdout"] == "built\n"
    finally:
        docker.asked("rmi", "--force", tag)


def test_a_missing_engine_is_told_with_what_to_install(stages: Stages, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(MissingDependency, match="apt-get install"):
        execute(DockerTask(), stages({"image": "x"}))


def test_a_wrong_context_is_told(docker: Docker) -> None:
    with pytest.raises(DocumentError, match="stage 'work': image is missing"):
        docker(image="")
    with pytest.raises(DocumentError, match="dash"):
        docker(image="--privileged")
    with pytest.raises(DocumentError, match="action"):
        docker(action="fly")

"""Runs containers through the command line of docker or podman.

A container is named by the stage's key: the next attempt finds what a dead engine left behind, and removes it.
What is canceled is removed too, before the task answers.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from stageline.errors import DocumentError, MissingDependency
from stageline.model.result import TaskResult
from stageline.runtimes.container import container_name
from stageline.runtimes.variables import Passed, passed, variable_options
from stageline.targets.containers import ask, name_is_taken, remove_container
from stageline.targets.logs import read_ends
from stageline.targets.masking import Mask
from stageline.targets.process import Command, Ended, run
from stageline.targets.tree import MARK, mark_for_children, mark_of
from stageline.tasks.docker_argv import (
    Auth,
    DockerSettings,
    absolute_volume,
    auth_config,
    build_argv,
    exec_argv,
    kill_argv,
    other_argv,
    run_argv,
)
from stageline.tasks.outcome import outcome
from stageline.tasks.settings import as_text, read_settings
from stageline.tasks.task import Execution, RunningStage, Task

_KILLED = 137
_NOTHING = Passed({}, {})


class DockerTask(Task):
    """Puts out stdout, stderr, exit_code; container_id of a container that stays; image_id of a build."""

    def execute(self, stage: RunningStage) -> TaskResult:
        settings = read_settings(stage, DockerSettings)
        try:
            return run_docker(settings, stage.execution)
        except DocumentError as error:
            raise DocumentError(f"stage '{stage.ref_id}': {error}") from error


def run_docker(settings: DockerSettings, execution: Execution, mask: Mask | None = None) -> TaskResult:
    """Do what the settings ask of docker or podman. With a `mask`, no secret gets into the log files."""
    client = _Client(find_engine(settings.engine), execution, mask)
    match settings.action:
        case "run":
            return _run(client, settings)
        case "exec":
            return _exec(client, settings)
        case "build":
            return _build(client, settings)
        case _:
            return outcome(client.call(other_argv(settings, client.engine)), client.what(settings), settings.check)


def find_engine(wanted: str | None) -> str:
    """`docker` or `podman`, whichever is installed; MissingDependency when none is."""
    for engine in [wanted] if wanted else ["docker", "podman"]:
        if shutil.which(engine):
            return engine
    raise MissingDependency(
        f"{wanted or 'neither docker nor podman'} is {'not ' if wanted else ''}installed: "
        f"install it, for example with 'apt-get install {'podman' if wanted != 'docker' else 'docker.io'}'"
    )


class _Client:
    """Calls of one engine's command line for one stage."""

    def __init__(self, engine: str, execution: Execution, mask: Mask | None) -> None:
        self.engine = engine
        self._mask = mask
        self.execution = execution
        self.folder = execution.folder

    def call(self, argv: list[str], ways: Passed = _NOTHING, cwd: str | None = None, **more: str) -> Ended:
        """The call that the stage is about; it can be canceled. `more` are variables for the client alone."""
        command = Command(
            argv=(self.engine, *argv),
            folder=self.folder,
            env={**ways.client, **more},
            cwd=cwd,
            stdin=ways.text,
            mask=self._mask,
            notes=self.execution.notes,
        )
        return run(command, self.execution.cancellation)

    def ask(self, argv: list[str]) -> Ended:
        """A call beside it: short, and made to its end even when the stage is canceled."""
        return ask(self.engine, argv, self.folder)

    def remove(self, name: str, tries: int = 1) -> bool:
        """Remove the container of this name if it does this stage's work; answers whether it did."""
        return remove_container(self.engine, name, self.execution.key, self.folder, tries)

    def what(self, settings: DockerSettings) -> str:
        return f"{self.engine} {settings.action}"

    @contextlib.contextmanager
    def logged_in(self, auth: Auth | None) -> Iterator[dict[str, str]]:
        """The variables that let the client use these credentials, as long as the private file with them is there."""
        if auth is None:
            yield {}
            return
        folder = self.folder / "auth"
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / "config.json"
        try:
            path.touch(mode=0o600)
            path.write_text(auth_config(auth), encoding="utf-8")
            yield {"DOCKER_CONFIG": str(folder), "REGISTRY_AUTH_FILE": str(path)}
        finally:
            path.unlink(missing_ok=True)


def _run(client: _Client, settings: DockerSettings) -> TaskResult:
    key = client.execution.key
    name = settings.name or container_name(key)
    id_file = client.folder / "container"
    ways, home = passed(as_text(settings.env), os.environ), str(client.folder)
    here = Path.cwd()
    settings = msgspec.structs.replace(settings, volumes=[absolute_volume(one, here) for one in settings.volumes])
    argv = run_argv(settings, name, key, variable_options(ways), str(id_file))
    client.folder.mkdir(parents=True, exist_ok=True)
    with client.logged_in(settings.auth) as auth:  # podman leaves a file where it is called
        ended = client.call(argv, ways, home, **auth)
        if name_is_taken(ended) and client.remove(name):
            id_file.unlink(missing_ok=True)
            ended = client.call(argv, ways, home, **auth)
    if ended.code == _KILLED and settings.memory is not None and _was_out_of_memory(client, name):
        ended = msgspec.structs.replace(ended, out_of_memory=True)
    result = outcome(ended, client.what(settings), settings.check)
    stays = settings.detach or not settings.remove
    if ended.stopped:
        client.remove(name, tries=3)
    elif not stays and settings.memory is not None:
        client.remove(name)
    elif stays and id_file.exists():
        result = _with(result, container_id=id_file.read_text().strip())
    return result


def _was_out_of_memory(client: _Client, name: str) -> bool:
    state = client.ask(["inspect", "--format={{.State.OOMKilled}}", name])
    return read_ends(state.stdout).strip() == "true"


def _exec(client: _Client, settings: DockerSettings) -> TaskResult:
    ways = passed(as_text(settings.env), os.environ)
    ended = client.call(exec_argv(settings, [*variable_options(ways), f"--env={MARK}"]), ways)
    if ended.stopped:
        client.ask(kill_argv(settings.container, f"{MARK}={mark_for_children(mark_of(client.folder))}"))
    return outcome(ended, client.what(settings), settings.check)


def _build(client: _Client, settings: DockerSettings) -> TaskResult:
    id_file = client.folder / "image"
    ways = passed(as_text(settings.build_args), os.environ)
    if ways.lines:
        names = ", ".join(ways.lines)
        raise DocumentError(f"build_args: {names}: variables that docker reads itself cannot be passed on")
    ended = client.call(build_argv(settings, str(id_file)), ways)
    result = outcome(ended, client.what(settings), settings.check)
    return _with(result, image_id=id_file.read_text().strip()) if id_file.exists() else result


def _with(result: TaskResult, **more: str) -> TaskResult:
    return msgspec.structs.replace(result, outputs={**result.outputs, **more})

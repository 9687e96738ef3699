"""Runs containers through the command line of docker or podman.

A container is named by the stage's key: the next attempt finds what a dead engine left behind, and removes it.
What is canceled is removed too, before the task answers.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator

import msgspec

from stageline.errors import DocumentError, MissingDependency
from stageline.model.result import TaskResult
from stageline.targets.logs import read_ends
from stageline.targets.process import Command, Ended, run
from stageline.targets.tree import MARK, mark_for_children, mark_of
from stageline.tasks.docker_argv import (
    LABEL,
    Auth,
    DockerSettings,
    Passed,
    auth_config,
    build_argv,
    container_name,
    exec_argv,
    kill_argv,
    other_argv,
    passed,
    remove_argv,
    run_argv,
)
from stageline.tasks.outcome import outcome
from stageline.tasks.settings import as_text, read_settings
from stageline.tasks.task import Execution, RunningStage, Task

_SIDE_LIMIT = 30.0
_KILLED = 137


class DockerTask(Task):
    """Puts out stdout, stderr, exit_code; container_id of a container that stays; image_id of a build."""

    def execute(self, stage: RunningStage) -> TaskResult:
        settings = read_settings(stage, DockerSettings)
        try:
            return run_docker(settings, stage.execution)
        except DocumentError as error:
            raise DocumentError(f"stage '{stage.ref_id}': {error}") from error


def run_docker(settings: DockerSettings, execution: Execution) -> TaskResult:
    """Do what the settings ask of docker or podman."""
    client = _Client(find_engine(settings.engine), execution)
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

    def __init__(self, engine: str, execution: Execution) -> None:
        self.engine = engine
        self.execution = execution
        self.folder = execution.folder

    def call(self, argv: list[str], env: dict[str, str] | None = None) -> Ended:
        """The call that the stage is about; it can be canceled."""
        command = Command(argv=(self.engine, *argv), folder=self.folder, env=env or {})
        return run(command, self.execution.cancellation)

    def ask(self, argv: list[str]) -> Ended:
        """A call beside it: short, and made to its end even when the stage is canceled."""
        command = Command(argv=(self.engine, *argv), folder=self.folder / "engine")
        return run(command, timeout=_SIDE_LIMIT)

    def what(self, settings: DockerSettings) -> str:
        return f"{self.engine} {settings.action}"

    @contextlib.contextmanager
    def variables(self, ways: Passed) -> Iterator[list[str]]:
        """The arguments that pass variables, as long as the private file that some of them need is there."""
        path = self.folder / "env"
        try:
            if ways.file:
                self.folder.mkdir(parents=True, exist_ok=True)
                lines = "".join(f"{name}={text}\n" for name, text in ways.file.items())
                path.touch(mode=0o600)
                path.write_text(lines, encoding="utf-8")
            yield [f"--env-file={path}"] * bool(ways.file) + [f"--env={name}" for name in ways.client]
        finally:
            path.unlink(missing_ok=True)

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
    ways = passed(settings.env, os.environ)
    with client.variables(ways) as variables, client.logged_in(settings.auth) as logged_in:
        argv = run_argv(settings, name, key, variables, str(id_file))
        ended = client.call(argv, {**ways.client, **logged_in})
        if _name_is_taken(ended) and _remove(client, name, key):
            id_file.unlink(missing_ok=True)
            ended = client.call(argv, {**ways.client, **logged_in})
    if ended.code == _KILLED and settings.memory is not None and _was_out_of_memory(client, name):
        ended = msgspec.structs.replace(ended, out_of_memory=True)
    result = outcome(ended, client.what(settings), settings.check)
    stays = settings.detach or not settings.remove
    if ended.stopped:
        _remove(client, name, key, tries=3)
    elif not stays and settings.memory is not None:
        _remove(client, name, key)
    elif stays and id_file.exists():
        result = _with(result, container_id=id_file.read_text().strip())
    return result


def _name_is_taken(ended: Ended) -> bool:
    return ended.code == 125 and "already in use" in read_ends(ended.stderr)


def _was_out_of_memory(client: _Client, name: str) -> bool:
    state = client.ask(["inspect", "--format={{.State.OOMKilled}}", name])
    return read_ends(state.stdout).strip() == "true"


def _remove(client: _Client, name: str, key: str, tries: int = 1) -> bool:
    """Remove the container of this name if it does this key's work; answers whether it did.

    Just after its client was killed, a container may still be about to appear: hence more than one try.
    """
    for attempt in range(tries):
        if attempt:
            time.sleep(0.1)
        label = client.ask(["inspect", f'--format={{{{index .Config.Labels "{LABEL}"}}}}', name])
        if label.code == 0:
            return read_ends(label.stdout).strip() == key and client.ask(remove_argv(client.engine, name)).code == 0
    return False


def _exec(client: _Client, settings: DockerSettings) -> TaskResult:
    ways = passed(settings.env, os.environ)
    with client.variables(ways) as variables:
        ended = client.call(exec_argv(settings, [*variables, f"--env={MARK}"]), ways.client)
    if ended.stopped:
        client.ask(kill_argv(settings.container, f"{MARK}={mark_for_children(mark_of(client.folder))}"))
    return outcome(ended, client.what(settings), settings.check)


def _build(client: _Client, settings: DockerSettings) -> TaskResult:
    id_file = client.folder / "image"
    heard = passed(settings.build_args, os.environ).file
    if heard:
        raise DocumentError(f"build_args: {', '.join(heard)}: variables that docker reads itself cannot be passed on")
    ended = client.call(build_argv(settings, str(id_file)), as_text(settings.build_args))
    result = outcome(ended, client.what(settings), settings.check)
    return _with(result, image_id=id_file.read_text().strip()) if id_file.exists() else result


def _with(result: TaskResult, **more: str) -> TaskResult:
    return msgspec.structs.replace(result, outputs={**result.outputs, **more})

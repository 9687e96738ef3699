"""What to call docker or podman with: from settings to argument lists, with no value of a variable in them. Pure.

A variable is passed by its name, as `runtimes.variables` has it.
"""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from stageline.errors import DocumentError
from stageline.runtimes.container import LABEL, remove_argv
from stageline.tasks.settings import Scalar


class Auth(msgspec.Struct, frozen=True, kw_only=True):
    """Who may pull from a registry."""

    username: str
    password: str
    registry: str = "https://index.docker.io/v1/"


class DockerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What the context of a docker stage may hold. A text as command is given to `sh -c` in the container."""

    action: Literal["run", "exec", "build", "logs", "stop", "rm"] = "run"
    engine: Literal["docker", "podman"] | None = None
    image: str = ""
    command: str | list[str] | None = None
    entrypoint: str | None = None
    env: dict[str, Scalar] = {}
    volumes: list[str] = []
    ports: list[str] = []
    workdir: str | None = None
    user: str | None = None
    network: str | None = None
    memory: str | None = None
    cpus: float | str | None = None
    auth: Auth | None = None
    name: str | None = None
    remove: bool = True
    detach: bool = False
    container: str = ""
    path: str = "."
    dockerfile: str | None = None
    tag: str | None = None
    build_args: dict[str, Scalar] = {}
    tail: int | None = None
    grace: int = 10
    check: bool = True


def absolute_volume(volume: str, base: Path) -> str:
    """`./data:/data` means a folder below `base`; `data:/data` is a volume of the engine."""
    source, colon, rest = volume.partition(":")
    return f"{base / source}{colon}{rest}" if source.startswith(".") else volume


def auth_config(auth: Auth) -> str:
    """The credentials as both engines read them from a file."""
    pair = base64.b64encode(f"{auth.username}:{auth.password}".encode()).decode()
    return msgspec.json.encode({"auths": {auth.registry: {"auth": pair}}}).decode()


def run_argv(settings: DockerSettings, name: str, key: str, variables: list[str], id_file: str) -> list[str]:
    """`run …`. A container with a memory limit stays for a look at why it ended; its remover comes afterwards."""
    image = _word(settings.image, "image", "a run needs the image to run")
    argv = ["run", f"--name={name}", f"--label={LABEL}={key}", f"--cidfile={id_file}"]
    if settings.detach:
        argv.append("--detach")
    elif settings.remove and settings.memory is None:
        argv.append("--rm")
    options = {
        "entrypoint": settings.entrypoint,
        "workdir": settings.workdir,
        "user": settings.user,
        "network": settings.network,
        "memory": settings.memory,
        "cpus": settings.cpus,
    }
    argv += [f"--{option}={value}" for option, value in options.items() if value is not None]
    argv += [f"--volume={volume}" for volume in settings.volumes]
    argv += [f"--publish={port}" for port in settings.ports]
    return [*argv, *variables, image, *_command(settings)]


def exec_argv(settings: DockerSettings, variables: list[str]) -> list[str]:
    """`exec …` in a running container."""
    container = _container(settings)
    command = _command(settings)
    if not command:
        raise DocumentError("an exec needs the command to execute")
    options = {"workdir": settings.workdir, "user": settings.user}
    argv = ["exec", *(f"--{option}={value}" for option, value in options.items() if value is not None)]
    return [*argv, *variables, container, *command]


def build_argv(settings: DockerSettings, id_file: str) -> list[str]:
    """`build …`; arguments go by name, like variables."""
    argv = ["build", f"--iidfile={id_file}"]
    if settings.tag is not None:
        argv.append(f"--tag={settings.tag}")
    if settings.dockerfile is not None:
        argv.append(f"--file={settings.dockerfile}")
    argv += [f"--build-arg={name}" for name in settings.build_args]
    return [*argv, _word(settings.path, "path", "a build needs the folder to build from")]


def other_argv(settings: DockerSettings, engine: str) -> list[str]:
    """`logs`, `stop` and `rm` of a container."""
    container = _container(settings)
    match settings.action:
        case "logs":
            return ["logs", *([] if settings.tail is None else [f"--tail={settings.tail}"]), container]
        case "stop":
            return ["stop", f"--time={settings.grace}", container]
        case _:
            return remove_argv(engine, container)


def kill_argv(container: str, mark: str) -> list[str]:
    """Kill in a container whatever bears the mark: the end of an exec's client does not end what it started."""
    script = (
        'for file in /proc/[0-9]*/environ; do if grep -qsF "$0" "$file"; then '
        'pid=${file#/proc/}; kill -KILL "${pid%/environ}"; fi; done'
    )
    return ["exec", container, "sh", "-c", script, mark]


def _command(settings: DockerSettings) -> Iterator[str] | list[str]:
    match settings.command:
        case None:
            return []
        case str() as text:
            return ["sh", "-c", text]
        case words:
            return words


def _container(settings: DockerSettings) -> str:
    return _word(settings.container, "container", f"'{settings.action}' needs the name or id of a container")


def _word(text: str, setting: str, needed: str) -> str:
    if not text:
        raise DocumentError(f"{setting} is missing: {needed}")
    if text.startswith("-"):
        raise DocumentError(f"{setting} does not begin with a dash: {text!r}")
    return text

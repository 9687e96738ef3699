"""Does a runtime work here? What to run to find out, and how to read the answer: why not, and what helps. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TypeVar

import msgspec

from stageline.runtimes.bwrap import ISOLATION
from stageline.runtimes.sandbox import Owner, Runtime

_Facts = TypeVar("_Facts")
PREFERENCE = (Runtime.BWRAP, Runtime.PODMAN, Runtime.DOCKER)
_PACKAGES = {Runtime.BWRAP: "bubblewrap", Runtime.DOCKER: "docker.io", Runtime.PODMAN: "podman"}
_ERRORS = ("bwrap: ", "docker: ", "Error: ")
_NAMESPACES = (
    "user namespaces are switched off here: ask root for 'sysctl -w kernel.unprivileged_userns_clone=1 "
    "user.max_user_namespaces=15000' (on Ubuntu also kernel.apparmor_restrict_unprivileged_userns=0)"
)
_INIT = "its small init program is missing: install it, for example with 'apt-get install catatonit'"
_REMEDIES: dict[Runtime, tuple[tuple[str, str], ...]] = {
    Runtime.NATIVE: (),
    Runtime.BWRAP: (
        ("No permissions to create", _NAMESPACES),
        ("Creating new namespace failed", _NAMESPACES),
        ("setting up uid map", _NAMESPACES),
        ("RTM_NEWADDR", _NAMESPACES),
        ("Can't mount proc", "this is inside a container: start that with --security-opt systempaths=unconfined"),
        ("Unknown option", "this bwrap is too old: 0.5 is the oldest that will do"),
        ("Exceeded maximum number", "put long lists of arguments into a file"),
        ("execvp", "the program is not there inside: mount it, or give its full path"),
        ("Can't find source path", "what is to be mounted is not there"),
        ("Can't chdir", "the working directory is not there inside: mount it"),
        ("Can't mkdir", "a mount's place must exist in the root folder"),
        ("Can't create file", "a mount's place must exist in the root folder"),
    ),
    Runtime.DOCKER: (
        ("permission denied", "only members of the group docker may use it: 'usermod -aG docker USER', or use podman"),
        ("Cannot connect to the Docker daemon", "start the daemon, for example with 'systemctl start docker'"),
        ("docker-init", _INIT.replace("catatonit", "tini")),
        ("No such image", "load the image first, or let it be fetched"),
        ("bind source path does not exist", "what is to be mounted is not there"),
    ),
    Runtime.PODMAN: (
        ("container-init binary not found", _INIT),
        ("no subuid ranges", "give the user subordinate ids: 'usermod --add-subuids 100000-165535 USER', and subgids"),
        ("rlimit", "more open files are asked for than may be: set default_ulimits in containers.conf"),
        ("setrlimit", "more open files are asked for than may be: set default_ulimits in containers.conf"),
        ("image not known", "load the image first, or let it be fetched"),
        ("statfs", "what is to be mounted is not there"),
    ),
}


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a runtime works here; if not, why, and what would help. `owner` is for `Sandbox.owner`."""

    runtime: Runtime
    works: bool
    version: str = ""
    owner: Owner | None = None
    problem: str = ""


def question(runtime: Runtime) -> tuple[str, ...]:
    """What to run to find out; empty for the native runtime, which always works."""
    match runtime:
        case Runtime.NATIVE:
            return ()
        case Runtime.BWRAP:
            trial = ("--ro-bind", "/", "/", "--proc", "/proc", "--dev", "/dev", "--clearenv", "--chdir", "/")
            return ("bwrap", *ISOLATION, *trial, "--", "bwrap", "--version")
        case Runtime.DOCKER:
            return ("docker", "info", "--format={{json .}}")
        case Runtime.PODMAN:
            return ("podman", "info", "--format=json")


def trial(runtime: Runtime, root: str) -> tuple[str, ...]:
    """What else to run, if that went well; it prints the id of a container, which is to be removed. `root` is a folder.

    Podman does not tell beforehand that its init program is missing.
    """
    if runtime is not Runtime.PODMAN:
        return ()
    name = f"--name=stageline-trial-{PurePosixPath(root).name}"
    return ("podman", "create", name, "--init", "--rootfs", root, "true")


def lacks_init(stderr: str) -> bool:
    """Whether a trial failed for want of an init program; for other reasons it may, where work would not."""
    return "container-init" in stderr


def answer(runtime: Runtime, code: int | None, stdout: str, stderr: str) -> Health:
    """What the end of that run says."""
    if code != 0:
        return Health(runtime=runtime, works=False, problem=explain(runtime, stderr))
    match runtime:
        case Runtime.NATIVE:
            return Health(runtime=runtime, works=True)
        case Runtime.BWRAP:
            return Health(runtime=runtime, works=True, version=stdout.strip().removeprefix("bubblewrap "))
        case Runtime.DOCKER:
            return _docker(stdout)
        case Runtime.PODMAN:
            return _podman(stdout)


def missing(runtime: Runtime) -> Health:
    """When there is no such program."""
    problem = f"{runtime} is not installed: install it, for example with 'apt-get install {_PACKAGES[runtime]}'"
    return Health(runtime=runtime, works=False, problem=problem)


def choose(found: Iterable[Health]) -> Health | None:
    """The best isolation that works here; None when nothing does. Native is never chosen for anybody."""
    working = {health.runtime: health for health in found if health.works}
    return next((working[runtime] for runtime in PREFERENCE if runtime in working), None)


def explain(runtime: Runtime, stderr: str) -> str:
    """What a runtime said when it failed, and what helps if that is known."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    for mark, remedy in _REMEDIES[runtime]:
        for line in lines:
            if mark in line:
                return f"{_named(runtime, line)}; {remedy}"
    if not lines:
        return f"{runtime} does not work, and does not say why"
    return _named(runtime, next((line for line in lines if line.startswith(_ERRORS)), lines[-1]))


def _named(runtime: Runtime, line: str) -> str:
    return f"{runtime}: {line.removeprefix(f'{runtime}: ')[:500]}"


class _DockerFacts(msgspec.Struct):
    version: str = msgspec.field(name="ServerVersion", default="")
    security: list[str] | None = msgspec.field(name="SecurityOptions", default=None)


class _IdRange(msgspec.Struct):
    size: int = 0


class _IdMappings(msgspec.Struct):
    uidmap: list[_IdRange] | None = None


class _Security(msgspec.Struct):
    rootless: bool = False


class _PodmanHost(msgspec.Struct):
    mappings: _IdMappings = msgspec.field(name="idMappings", default_factory=_IdMappings)
    security: _Security = msgspec.field(default_factory=_Security)


class _PodmanVersion(msgspec.Struct):
    version: str = msgspec.field(name="Version", default="")


class _PodmanFacts(msgspec.Struct):
    host: _PodmanHost = msgspec.field(default_factory=_PodmanHost)
    version: _PodmanVersion = msgspec.field(default_factory=_PodmanVersion)


def _docker(stdout: str) -> Health:
    facts = _facts(Runtime.DOCKER, stdout, _DockerFacts)
    if isinstance(facts, Health):
        return facts
    rootless = any("name=rootless" in option for option in facts.security or ())
    owner = Owner.ROOT if rootless else Owner.USER
    return Health(runtime=Runtime.DOCKER, works=True, version=facts.version, owner=owner)


def _podman(stdout: str) -> Health:
    facts = _facts(Runtime.PODMAN, stdout, _PodmanFacts)
    if isinstance(facts, Health):
        return facts
    subordinate = sum(ids.size for ids in facts.host.mappings.uidmap or ()) > 1
    owner = Owner.USER if not facts.host.security.rootless else Owner.KEPT if subordinate else Owner.ROOT
    return Health(runtime=Runtime.PODMAN, works=True, version=facts.version.version, owner=owner)


def _facts(runtime: Runtime, stdout: str, shape: type[_Facts]) -> _Facts | Health:
    try:
        return msgspec.json.decode(stdout.encode(), type=shape)
    except msgspec.DecodeError as error:
        return Health(runtime=runtime, works=False, problem=f"{runtime}: what it says of itself is no JSON: {error}")

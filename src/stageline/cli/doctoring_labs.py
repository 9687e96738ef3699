"""What `doctor` says of each kind of environment that the stages of a Lab can have: can it be built and run here?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from stageline.cli.finding import Finding
from stageline.errors import ConfigError
from stageline.lab.base_tools import PROGRAMS
from stageline.lab.programs import Search
from stageline.runtimes.sandbox import Runtime
from stageline.targets.health import health_of

_UV = (0, 6)


def examine_environments(path: str, uv: Finding) -> Iterator[Finding]:
    """The three kinds. `path` is the PATH to find tools on, `uv` what is known of that program."""
    yield _host(path)
    yield _locked(uv)
    yield _image()


def _host(path: str) -> Finding:
    purpose = "Labs: the tools that every script has"
    try:
        Search(path).programs(PROGRAMS)
    except ConfigError as error:
        return Finding("lab tools", purpose, "", str(error))
    return Finding("lab tools", purpose, "all base tools", "")


def _locked(uv: Finding) -> Finding:
    numbers = re.search(r"(\d+)\.(\d+)", uv.found)
    fits = numbers is not None and tuple(map(int, numbers.groups())) >= _UV
    wanted = ".".join(map(str, _UV))
    remedy = f"uv {wanted} or newer: {uv.remedy}"
    return Finding("lab packages", "Labs: environment=uv(…)", uv.found if fits else "", remedy)


def _image() -> Finding:
    """Either engine will do, if it works and is not just there."""
    healths = [health_of(runtime) for runtime in (Runtime.DOCKER, Runtime.PODMAN)]
    found = ", ".join(f"{one.runtime} {one.version}" for one in healths if one.works)
    remedy = "; or ".join(one.problem for one in healths)
    return Finding("lab images", "Labs: environment=image(…)", found, remedy)

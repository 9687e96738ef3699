"""What `doctor` says of each kind of environment that the stages of a Lab can have: can it be built and run here?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from stageline.cli.finding import Finding
from stageline.errors import ConfigError
from stageline.lab.base_tools import PROGRAMS
from stageline.lab.programs import Search

_UV = (0, 6)


def examine_environments(path: str, programs: Mapping[str, Finding]) -> Iterator[Finding]:
    """The three kinds. `path` is the PATH to find tools on, `programs` what is known of the others."""
    yield _host(path)
    yield _locked(programs["uv"])
    yield _image([programs["docker"], programs["podman"]])


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


def _image(engines: Sequence[Finding]) -> Finding:
    """Either engine will do."""
    found = ", ".join(engine.name for engine in engines if engine.found)
    remedy = "; or ".join(f"{engine.name}: {engine.remedy}" for engine in engines)
    return Finding("lab images", "Labs: environment=image(…)", found, remedy)

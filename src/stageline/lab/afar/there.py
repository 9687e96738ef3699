"""What is done in a home on a target: the records of what has succeeded, and whose outputs are as they were then."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from stageline.errors import ConfigError
from stageline.lab.afar.home import FarHome, Machine, Survey
from stageline.lab.layout import BIN, HOST_TOOLS, OUT
from stageline.lab.model import LabPlan
from stageline.lab.places import BRANCHES, Places
from stageline.lab.record import Output, Record


class There(msgspec.Struct):
    """`machine` is what it has, `intact` are records of what is done, of jobs and of branches, by id.

    `scripts` are marks of the scripts that came, by folder; `begun` is what was ever begun; `ends` when what has a
    record began.
    """

    machine: Machine
    intact: dict[str, Record]
    scripts: dict[str, str]
    begun: set[str]
    ends: dict[str, int]


def look_there(far: FarHome, plan: LabPlan, places: Places, verify: bool = False) -> There:
    """Look at a home there; to `verify`, the content of outputs is read."""
    survey = far.survey()
    _check_machine(survey, places, far)
    outs = {id: f"jobs/{plan.jobs[id].folder}/{OUT}" for id in survey.records if id in plan.jobs}
    outs |= {id: f"{BRANCHES}/{id}/{OUT}" for id in survey.branches}
    records = {**survey.branches, **survey.records}
    succeeded = {id: record for id, record in records.items() if record.succeeded and id in outs}
    changed = _changed(far, succeeded, outs, _tools(places) if verify else "")
    return There(
        machine=survey.machine,
        intact={id: record for id, record in succeeded.items() if id not in changed},
        scripts=dict(survey.scripts),
        begun=set(survey.begun),
        ends={id: record.started for id, record in records.items()},
    )


def _check_machine(survey: Survey, places: Places, far: FarHome) -> None:
    built_for = places.lab.metadata.machine
    if survey.machine.kind and built_for and survey.machine.kind != built_for:
        raise ConfigError(
            f"target '{far.target.name}' is a {survey.machine.kind} machine, and the Lab was built for {built_for}: "
            "build it on a machine of that kind"
        )


def _tools(places: Places) -> str:
    captures = next((one.captures for one in places.lab.metadata.tools if one.captures), None)
    if captures is None:
        raise ConfigError(f"{places.lab.root}: the Lab has no tools; build it again")
    return f"{places.home}/{HOST_TOOLS}/{captures[-1]}/{BIN}"


def _changed(far: FarHome, records: Mapping[str, Record], outs: Mapping[str, str], tools: str) -> set[str]:
    """Those of which an output is not what it was: `tools`, if given, are for reading their content."""
    named = {(id, f"{outs[id]}/{one.path}"): one for id, record in records.items() for one in record.outputs.values()}
    names = [name for _, name in named]
    if not tools:
        sizes = dict(zip(named, far.sizes(names), strict=True))
        return {key[0] for key, output in named.items() if sizes[key] != output.size}
    found = far.examine(names, tools)
    return {id for (id, name), output in named.items() if not _is(found.get(name), output)}


def _is(found: object, output: Output) -> bool:
    return getattr(found, "digest", None) == output.digest

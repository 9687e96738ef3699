"""The public names, with their calls and members, from the code and its docstrings."""

import inspect
from enum import EnumMeta
from typing import Any

import stageline
from stageline import Handler, lab, stages, testing
from stageline.engine.ports import Store
from stageline.lab.job_results import JobResults, Jobs
from stageline.lab.results import LabResults, RunResults
from stageline.tasks import task
from tools.reference_words import call, doc, full_doc, table

GROUPS = {
    "Define a workflow": ("model.",),
    "Tasks": ("tasks.",),
    "Run and steer": ("runner", "engine.orchestrator", "engine.queue_processor", "schedulers."),
    "Stores and queues": ("store.",),
    "Handlers": ("engine.handlers",),
    "Labs": ("lab.",),
    "Errors": ("errors",),
}
BESIDE = (task.RunningStage, task.Execution, task.Cancellation, testing.run_workflow, testing.FakeClock)
LAB_RESULTS = (LabResults, RunResults, Jobs, JobResults)
PORTS = (task.Task, Handler)


def public_names() -> str:
    """Every name of `stageline`, by what it is for."""
    rows = [(title, _linked(title, names)) for title, names in _grouped().items()]
    return table(["for", "names"], rows)


def _linked(title: str, names: list[str]) -> str:
    page = "errors.md#" if title == "Errors" else "#"
    return ", ".join(f"[`{name}`]({page}{name.lower()})" for name in names)


def class_pages() -> str:
    """A section for each public name but the errors, which have a page of their own."""
    parts = []
    for title, names in _grouped().items():
        if title != "Errors":
            parts.append(f"## {title}")
            parts += [_section(name, getattr(stageline, name), f"stageline.{name}") for name in names]
    parts.append("## Beside them")
    parts += [_section(thing.__name__, thing, f"{thing.__module__}.{thing.__name__}") for thing in BESIDE]
    return "\n\n".join(parts)


def stage_names() -> str:
    """Every name of `stageline.stages`."""
    rows = [(f"`{name}`", _stage_words(getattr(stages, name))) for name in sorted(stages.__all__, key=str.lower)]
    return table(["name", "what"], rows)


def _stage_words(thing: object) -> str:
    return doc(thing) if isinstance(thing, type) else f"The state `{thing}`."


def lab_names() -> str:
    """What experiments are written with, and what reads their results."""
    written = [_section(name, getattr(lab, name), f"stageline.lab.{name}") for name in lab.__all__]
    parts = ["## To define an experiment", *written, "## To read what its jobs have made"]
    parts += [_section(thing.__name__, thing, f"{thing.__module__}.{thing.__name__}") for thing in LAB_RESULTS]
    return "\n\n".join(parts)


def _grouped() -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {title: [] for title in GROUPS}
    for name in stageline.__all__:
        home = getattr(stageline, name).__module__.removeprefix("stageline.")
        (title,) = (title for title, rooms in GROUPS.items() if home.startswith(rooms))
        groups[title].append(name)
    return groups


def _section(name: str, thing: Any, path: str) -> str:
    lines = [f"### {name}", f"`{path}{_call(thing)}`", full_doc(thing)]
    if isinstance(thing, EnumMeta):
        lines.append("Members: " + ", ".join(f"`{member}`" for member in thing.__members__) + ".")
    elif isinstance(thing, type) and not any(issubclass(thing, port) and thing is not port for port in PORTS):
        lines += _members(thing)
    return "\n\n".join(line for line in lines if line)


def _call(thing: Any) -> str:
    if isinstance(thing, EnumMeta) or inspect.isabstract(thing):
        return ""
    return call(thing)


def _members(thing: type) -> list[str]:
    rows, plain = [], []
    for name, member in _own(thing).items():
        inside = member.__func__ if isinstance(member, classmethod | staticmethod) else member
        if isinstance(member, property):
            if said := doc(member) or _said_by_port(thing, name):
                rows.append((f"`.{name}`", said))
            else:
                plain.append(f"`.{name}`")
        elif inspect.isfunction(inside):
            dot = "." if inside is member else ""
            rows.append((f"`{dot}{name}{call(inside)}`", doc(inside) or _said_by_port(thing, name)))
    parts = [table(["member", "what"], rows)] if rows else []
    return [*parts, "Also: " + ", ".join(plain) + "."] if plain else parts


def _said_by_port(thing: type, name: str) -> str:
    """What the port of stores says of a member that its implementations have no words of their own for."""
    return doc(getattr(Store, name, None)) if hasattr(thing, "commit") or hasattr(thing, "push") else ""


def _own(thing: type) -> dict[str, Any]:
    """The members that the class and its bases in Stageline define, in the order of their definition."""
    found: dict[str, Any] = {}
    for base in reversed(thing.__mro__):
        if base.__module__.startswith("stageline."):
            found.update({name: member for name, member in vars(base).items() if not name.startswith("_")})
    return found

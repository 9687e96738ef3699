"""The tables and diagrams of the reference: states, failures, events, messages, errors, tasks."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, get_args

import msgspec

from stageline import errors
from stageline.engine.events import Event
from stageline.engine.messages import Effect, Message
from stageline.engine.transitions import RUN_STEPS, STAGE_STEPS
from stageline.model.failure import Cause
from stageline.model.retry import Retry
from stageline.model.status import Status
from stageline.tasks.registry import BUILT_IN
from tools.reference_words import default_words, doc, full_doc, section, table, type_words, words

Steps = Mapping[Status, frozenset[Status]]


def statuses() -> str:
    """All states, their other names, and what they mean."""
    said = words("status", [status.name for status in Status])
    others = {status: [n for n, s in Status.__members__.items() if s is status and n != s.name] for status in Status}
    rows = [
        (f"`{s.name}`", ", ".join(f"`{n}`" for n in others[s]), _tick(s.ended), _tick(s.met), said[s.name])
        for s in Status
    ]
    return table(["state", "also called", "ended", "met", "meaning"], rows)


def _tick(yes: bool) -> str:
    return "yes" if yes else ""


def run_steps() -> str:
    """The table of a run's steps."""
    return _steps(RUN_STEPS)


def stage_steps() -> str:
    """The table of a stage's steps."""
    return _steps(STAGE_STEPS)


def _steps(steps: Steps) -> str:
    rows = [(f"`{before}`", ", ".join(f"`{s}`" for s in Status if s in after)) for before, after in steps.items()]
    return table(["from", "to"], rows)


def run_diagram() -> str:
    """A run's steps as a picture."""
    return _diagram(RUN_STEPS)


def stage_diagram() -> str:
    """A stage's steps as a picture."""
    return _diagram(STAGE_STEPS)


def _diagram(steps: Steps) -> str:
    arrows = [f"    {before} --> {to}" for before, after in steps.items() for to in Status if to in after]
    return "\n".join(["```mermaid", "stateDiagram-v2", f"    [*] --> {Status.NOT_STARTED}", *arrows, "```"])


def causes() -> str:
    """What a failure's cause can be."""
    said = words("cause", [cause.value for cause in Cause])
    return table(["cause", "when"], [(f"`{cause.value}`", said[cause.value]) for cause in Cause])


def retry() -> str:
    """The settings of a Retry."""
    fields = msgspec.structs.fields(Retry)
    said = words("retry", [field.name for field in fields])
    return table(["setting", "default", "meaning"], [(f"`{f.name}`", _retry_default(f), said[f.name]) for f in fields])


def _retry_default(field: msgspec.structs.FieldInfo) -> str:
    return "every cause" if field.default == () else f"`{field.default}`"


def events() -> str:
    """All that can have happened."""
    return _values(get_args(Event), "event")


def messages() -> str:
    """All that can be asked of a run."""
    return _values(get_args(Message), "message")


def effects() -> str:
    """All that the processor does in the world."""
    return _values(get_args(Effect), "effect")


def _values(kinds: Iterable[Any], head: str) -> str:
    rows = [(f"`{kind.__name__}`", ", ".join(f"`{name}`" for name in _fields(kind)), doc(kind)) for kind in kinds]
    return table([head, "fields", "meaning"], rows)


def _fields(kind: Any) -> list[str]:
    return [field.name for field in msgspec.structs.fields(kind) if field.name != "at"]


def error_tree() -> str:
    """The tree, as the module draws it."""
    drawing = full_doc(errors).partition("\n\n")[2]
    return f"```text\n{drawing}\n```"


def error_table() -> str:
    """Each error with its exit code."""
    parts = []
    for kind in vars(errors).values():
        if not (isinstance(kind, type) and issubclass(kind, errors.StagelineError)):
            continue
        above = "" if kind is errors.StagelineError else _above(kind)
        parts.append(f"### {kind.__name__}\n\nExit code {kind.exit_code}.{above} {full_doc(kind)}")
    return "\n\n".join(parts)


def _above(kind: type) -> str:
    name = kind.__mro__[1].__name__
    return f" A [{name}](#{name.lower()})."


def task_settings() -> str:
    """Each built-in task: what it is, its settings, what it puts out."""
    parts = []
    for name, place in BUILT_IN.items():
        module, _, attribute = place.partition(":")
        parts += [f"## {name}", f"`{attribute}`. {full_doc(import_module(module))}"]
        parts += [_settings(name, import_module(module), attribute), _outputs(name)]
    return "\n\n".join(part for part in parts if part)


def _settings(name: str, module: Any, attribute: str) -> str:
    shape = getattr(module, attribute.removesuffix("Task") + "Settings", None)
    if shape is None:
        return "No settings."
    fields = [field for field in msgspec.structs.fields(shape) if field.name not in _MEMORY]
    said = words(f"tasks.{name}", [field.name for field in fields])
    rows = [(f"`{f.name}`", type_words(f.type), default_words(f), said[f.name]) for f in fields]
    return table(["setting", "type", "default", "meaning"], rows)


_MEMORY = ("approval_asked", "wait_ends")


def _outputs(name: str) -> str:
    said = section(f"outputs.{name}")
    if not said:
        return "Outputs: none."
    return table(["output", "what"], [(f"`{key}`", text) for key, text in said.items()])

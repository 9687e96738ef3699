"""What is different between two jobs, ingredient by ingredient, in the words of what a job's id is made of. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any, Literal

import msgspec

from stageline.lab.identity import pre_image
from stageline.lab.model import (
    Environment,
    FromFile,
    FromItem,
    FromJob,
    FromRun,
    FromScatter,
    FromStep,
    FromStore,
    FromWorkers,
    Ingredients,
    Wire,
)

What = Literal["pname", "version", "script", "program", "environment", "params", "inputs", "outputs", "item", "parts"]
NOTHING = ""
SHORT = 12
_WORDS: tuple[What, ...] = ("pname", "version")
_TEXTS: tuple[What, ...] = ("script", "program")


class Difference(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is not as it was. `old` and `new` are for people, and empty for what is not there at all.

    `part` is the script of a scatter-gather that it is about; `lines` are those of a text, as a unified diff.
    """

    ingredient: What
    name: str = ""
    old: str = NOTHING
    new: str = NOTHING
    part: str = ""
    lines: tuple[str, ...] = ()


def differences(old: Ingredients, new: Ingredients, part: str = "") -> tuple[Difference, ...]:
    """All that is different between two scripts with what surrounds them; none when their ids are equal."""
    before, after = pre_image(old), pre_image(new)
    changed = [what for what in (*_WORDS, *_TEXTS) if before[what] != after[what]]
    found = [_text(what, getattr(old, what), getattr(new, what), part) for what in changed]
    if before["environment"] != after["environment"]:
        found.append(Difference("environment", "", _environment(old.environment), _environment(new.environment), part))
    found += _named("params", before["params"], after["params"], _params(old), _params(new), part)
    found += _named("inputs", before["inputs"], after["inputs"], _wires(old), _wires(new), part)
    found += _named("outputs", before["outputs"], after["outputs"], old.outputs, new.outputs, part)
    return tuple(found)


def _text(what: What, old: str, new: str, part: str) -> Difference:
    if what in _WORDS:
        return Difference(what, "", old, new, part)
    return Difference(what, part=part, lines=_lines(old, new))


def _lines(old: str, new: str) -> tuple[str, ...]:
    lines = unified_diff(old.splitlines(), new.splitlines(), n=2, lineterm="")
    return tuple(line for line in lines if not line.startswith(("---", "+++")))


def _named(
    what: What, before: object, after: object, old: Mapping[str, str], new: Mapping[str, str], part: str
) -> Iterator[Difference]:
    """Those names whose values differ. A default that leaves no trace is told as the value that it is."""
    assert isinstance(before, Mapping)
    assert isinstance(after, Mapping)
    for name in dict.fromkeys([*before, *after]):
        same = name in before and name in after and _typed(before[name]) == _typed(after[name])
        if not same and (name not in old or name not in new or old[name] != new[name]):
            yield Difference(what, name, old.get(name, NOTHING), new.get(name, NOTHING), part)


def _typed(value: Any) -> tuple[type, Any]:
    return type(value), value


def _params(of: Ingredients) -> dict[str, str]:
    return {
        name: repr(param.value) + (f" (content {param.digest[:SHORT]})" if param.digest else "")
        for name, param in of.params.items()
    }


def _wires(of: Ingredients) -> dict[str, str]:
    return {name: wire_words(wire) for name, wire in of.inputs.items()}


def wire_words(wire: Wire) -> str:
    """Where an input comes from, for people."""
    match wire:
        case FromJob(job, output):
            return f"{output} of job {job[:SHORT]}"
        case FromFile(_, name, digest):
            return f"the file {name} (content {digest[:SHORT]})"
        case FromRun(run, digest):
            return f"the manifest of run {run} (jobs {digest[:SHORT]})"
        case FromStore():
            return "the folder of all outputs"
        case FromScatter(part, output):
            return f"{output} of the scatter {part[:SHORT]}"
        case FromStep(step, part, output):
            return f"{output} of the step {step} {part[:SHORT]}"
        case FromItem():
            return "the item"
        case FromWorkers():
            return "the outputs of all branches"


def _environment(of: Environment) -> str:
    words = [of.kind, *([f"tools {', '.join(sorted(of.tools))}"] if of.tools else [])]
    words += [f"content {of.digest[:SHORT]}"] if of.digest else []
    words += [f"python {of.python}"] if of.python else []
    words += [f"extras {', '.join(of.extras)}"] if of.extras else []
    words += [f"groups {', '.join(of.groups)}"] if of.groups else []
    words += [f"your packages {of.own[:SHORT]}"] if of.own else []
    return ", ".join(words)

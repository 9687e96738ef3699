"""What the check of scripts found, told at the lines of the author's Python; where they are not found there, the
stage is named, and the line of the script.
"""

from __future__ import annotations

from collections.abc import Mapping

from stageline.lab.concern import Concern
from stageline.lab.mistakes import Mistakes
from stageline.lab.model import Environment, LabPlan, Part
from stageline.lab.script_check import CheckedScript, Finding, ScriptCheck
from stageline.lab.script_place import WrittenLines
from stageline.lab.undeclared import undeclared
from stageline.load.source import Place


def look_at(plan: LabPlan, tools: Mapping[Environment, frozenset[str]], check: ScriptCheck) -> tuple[Concern, ...]:
    """Check all scripts; LoadError tells all errors, the answer all warnings."""
    parts = _parts(plan, tools)
    mistakes, concerns = Mistakes(), dict[Concern, None]()
    lines = WrittenLines()
    for (stage, part, _), found in zip(parts, check.check([checked for _, _, checked in parts]), strict=True):
        names = {"inputs": part.ingredients.inputs, "params": part.ingredients.params}
        for finding in (*found, *undeclared(part.ingredients.script, names)):
            place, message = _placed(part, finding, lines)
            if finding.level == "error":
                mistakes.add(place, stage, message, finding.hint)
            else:
                concerns[Concern(place, stage, message)] = None
    mistakes.raise_any()
    return tuple(concerns)


def _parts(plan: LabPlan, tools: Mapping[Environment, frozenset[str]]) -> list[tuple[str, Part, CheckedScript]]:
    """Each script once. One whose tools nobody knows here, as those in an image, is left out."""
    found: dict[CheckedScript, tuple[str, Part, CheckedScript]] = {}
    for job in plan.jobs.values():
        for part in job.parts.values():
            of = part.ingredients
            if of.environment.kind != "image" and of.environment in tools:
                checked = CheckedScript(of.script, tools[of.environment])
                found.setdefault(checked, (job.stage, part, checked))
    return list(found.values())


def _placed(part: Part, finding: Finding, lines: WrittenLines) -> tuple[Place, str]:
    code = f" ({finding.code})" if finding.code else ""
    place = lines.place(part.place, part.ingredients.script, finding.line, finding.column)
    if place is not None:
        return place, f"{finding.message}{code}"
    return part.place, f"line {finding.line} of the script: {finding.message}{code}"

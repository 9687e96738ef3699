"""What `check` finds in an experiment that is not built yet, and in a Lab that is."""

from __future__ import annotations

import tempfile
from pathlib import Path

from stageline.cli.checked import Checked
from stageline.cli.labs import open_built
from stageline.cli.session import Session
from stageline.errors import ConfigError
from stageline.lab.base_tools import BASE_TOOLS
from stageline.lab.load import load_lab
from stageline.lab.looked_at import look_at
from stageline.lab.model import Environment, LabPlan
from stageline.lab.read import BuiltLab
from stageline.lab.resolve import resolve
from stageline.lab.script_check import ScriptCheck
from stageline.lab.verify import verify
from stageline.load.problems import LoadError, Problem


def check_experiment(session: Session, path: Path) -> Checked:
    """Look at a definition as a build would, but for whether this machine has what it declares."""
    try:
        plan = resolve(load_lab(path))
        with tempfile.TemporaryDirectory(prefix="stageline-check-") as scratch:
            check = ScriptCheck(Path(scratch), session.environ.get("PATH", ""))
            concerns = look_at(plan, _tools(plan), check)
    except LoadError as error:
        return Checked(str(path), error.problems)
    warnings = [Problem(concern.place, concern.stage, concern.message) for concern in concerns]
    return Checked(str(path), warnings=warnings, about=_size(plan))


def check_built(session: Session, path: Path) -> Checked:
    """Look whether each file of a Lab is as it was built."""
    try:
        lab = open_built(session, path)
    except ConfigError as error:
        return Checked(str(path), plain=str(error))
    return Checked(str(path), changes=verify(lab), about=_files(lab))


def _tools(plan: LabPlan) -> dict[Environment, frozenset[str]]:
    """The names that scripts can call; nobody knows here which ones a lock or an image brings along."""
    environments = {part.ingredients.environment for job in plan.jobs.values() for part in job.parts.values()}
    return {one: BASE_TOOLS.union(Path(tool).name for tool in one.tools) for one in environments if one.kind == "host"}


def _size(plan: LabPlan) -> str:
    jobs, runs = len(plan.jobs), len(plan.runs)
    return f"{jobs:,} {'job' if jobs == 1 else 'jobs'} in {runs:,} {'run' if runs == 1 else 'runs'}"


def _files(lab: BuiltLab) -> str:
    return f"{len(lab.files):,} files as they were built"

"""What `check` finds in a file: mistakes, and what shellcheck warns of."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from stageline.cli.asking import load_document
from stageline.cli.checked import Checked
from stageline.cli.output import say_line
from stageline.cli.session import Session
from stageline.document.checks import check_scripts, shellcheck
from stageline.errors import DocumentError
from stageline.load.problems import LoadError, Problem, Problems


def check_file(session: Session, path: Path) -> Checked:
    """Look at one file: a workflow file, the Python file of an experiment, or a Lab."""
    if path.suffix in {".py", ".tar"} or path.is_dir():
        from stageline.cli.lab_checking import check_built, check_experiment

        return check_experiment(session, path) if path.suffix == ".py" else check_built(session, path)
    try:
        document = load_document(session, path)
        check_scripts(document).raise_any()
    except LoadError as error:
        return Checked(str(path), error.problems)
    except DocumentError as error:
        return Checked(str(path), plain=str(error))
    return Checked(str(path), warnings=_told(shellcheck(document)), workflows=list(document.workflows))


def _told(problems: Problems | None) -> Sequence[Problem]:
    return problems.error().problems if problems else ()


def say(checked: Checked) -> None:
    """Tell what was found in one file."""
    for problem in checked.problems:
        say_line(_words(problem), err=True)
    if checked.plain:
        say_line(checked.plain, err=True)
    for warning in checked.warnings:
        say_line(_words(warning), err=True)
    for change in checked.changes:
        say_line(f"{checked.file}/{change}", err=True)
    if not checked.mistakes:
        say_line(f"{checked.file}: ok ({checked.about or ', '.join(checked.workflows)})")


def _words(problem: Problem) -> str:
    """With the line of the file for people, on one line for programs."""
    return f"{problem}\n{problem.excerpt}" if sys.stderr.isatty() and problem.excerpt else str(problem)

"""What `check` finds in a file: mistakes, and what shellcheck warns of."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import click

from stageline.cli.asking import load_document
from stageline.cli.session import Session
from stageline.document.checks import check_scripts, shellcheck
from stageline.errors import DocumentError
from stageline.load.problems import LoadError, Problem, Problems


class Checked(NamedTuple):
    """What was found in one file. `plain` is a mistake that has no place in it."""

    file: str
    problems: Sequence[Problem] = ()
    plain: str = ""
    warnings: Sequence[Problem] = ()
    workflows: Sequence[str] = ()

    @property
    def mistakes(self) -> int:
        return len(self.problems) + bool(self.plain)

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "file": self.file,
            "ok": not self.mistakes,
            "workflows": list(self.workflows),
            "problems": [dict(problem.row()) for problem in self.problems]
            + ([{"file": self.file, "message": self.plain}] if self.plain else []),
            "warnings": [dict(problem.row()) for problem in self.warnings],
        }


def check_file(session: Session, path: Path) -> Checked:
    """Look at one file."""
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
        click.echo(_words(problem), err=True)
    if checked.plain:
        click.echo(checked.plain, err=True)
    for warning in checked.warnings:
        click.echo(_words(warning), err=True)
    if not checked.mistakes:
        click.echo(f"{checked.file}: ok ({', '.join(checked.workflows)})")


def _words(problem: Problem) -> str:
    """With the line of the file for people, on one line for programs."""
    return f"{problem}\n{problem.excerpt}" if sys.stderr.isatty() and problem.excerpt else str(problem)

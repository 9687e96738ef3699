"""What was found in a file: a workflow file, an experiment, or a Lab."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from stageline.load.problems import Problem

if TYPE_CHECKING:
    from stageline.lab.verify import Change


class Checked(NamedTuple):
    """What was found in one file. `plain` is a mistake that has no place in it, `changes` are those of a built Lab."""

    file: str
    problems: Sequence[Problem] = ()
    plain: str = ""
    warnings: Sequence[Problem] = ()
    workflows: Sequence[str] = ()
    changes: Sequence[Change] = ()
    about: str = ""

    @property
    def mistakes(self) -> int:
        return len(self.problems) + bool(self.plain) + len(self.changes)

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        return {
            "file": self.file,
            "ok": not self.mistakes,
            "workflows": list(self.workflows),
            "problems": [dict(problem.row()) for problem in self.problems]
            + ([{"file": self.file, "message": self.plain}] if self.plain else [])
            + [{"file": change.path, "message": change.details} for change in self.changes],
            "warnings": [dict(problem.row()) for problem in self.warnings],
        }

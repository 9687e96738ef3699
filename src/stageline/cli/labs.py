"""The Lab that a command is about: what `--lab` names, else `result` where we are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click
import msgspec

from stageline.cli.session import Session

if TYPE_CHECKING:
    from stageline.lab.concern import Concern
    from stageline.lab.job_results import Jobs
    from stageline.lab.read import BuiltLab
    from stageline.lab.results import LabResults

F = TypeVar("F", bound=Callable[..., Any])
RESULT = Path("result")
SHORT = 12
SHOWN = 20


def lab_option(function: F) -> F:
    """Give a command the option that names the Lab, as `lab`."""
    option = click.option(
        "--lab", type=click.Path(path_type=Path), metavar="LAB", help="A Lab: its folder, link or tar; else ./result."
    )
    return option(function)


def filters(function: F) -> F:
    """Give a command the options that choose jobs, as `stage`, `status` and `given`."""
    stage = click.option("--stage", metavar="STAGE", help="Only jobs of this stage.")
    given = click.option(
        "-p",
        "--param",
        "given",
        multiple=True,
        metavar="KEY=VALUE",
        help="Only jobs with this parameter; seed__gt=3 compares (lt, le, gt, ge, ne, in, contains, startswith).",
    )
    return stage(given(function))


def open_built(session: Session, lab: Path | None) -> BuiltLab:
    """The Lab; what is in a tar is taken into the state folder."""
    from stageline.lab.read import read_lab
    from stageline.lab.unpack import open_lab

    place = lab or RESULT
    if not place.is_file():
        return read_lab(place)
    from stageline.config.home import make_home

    return open_lab(place, make_home(session.home))


def open_named(session: Session, name: Path) -> BuiltLab:
    """The Lab at a path, else the one in the state folder whose id begins so."""
    from stageline.lab.shelf import lab_named

    if name.exists() or len(name.parts) > 1:
        return open_built(session, name)
    return lab_named(session.home, str(name))


def open_results(session: Session, lab: Path | None) -> LabResults:
    """The Lab with what its jobs have made."""
    from stageline.lab.results import results_of

    return results_of(open_built(session, lab))


def say_concerns(concerns: Iterable[Concern]) -> None:
    """What the author should look at."""
    for concern in concerns:
        click.echo(f"warning: {concern}", err=True)


def concern_as_json(concern: Concern) -> dict[str, Any]:
    """The same for programs."""
    return {**msgspec.structs.asdict(concern.place), "stage": concern.stage, "message": concern.message}


class Choice(NamedTuple):
    """Which jobs the options choose."""

    stage: str | None = None
    status: str | None = None
    given: tuple[str, ...] = ()

    def of(self, jobs: Jobs) -> Jobs:
        """Those of these jobs. A value is what it reads as, or the text itself."""
        asked: dict[str, Any] = {} if self.status is None else {"status": _status(self.status)}
        if self.stage is not None:
            asked["stage"] = self.stage
        return jobs.filter(**asked, **_asked(self.given))


def params_words(params: Mapping[str, Any]) -> str:
    """Parameters in one line."""
    from stageline.lab.scalar import in_line

    return " ".join(f"{name}={in_line(value)}" for name, value in params.items())


def _status(text: str) -> str:
    from stageline.errors import DocumentError, did_you_mean
    from stageline.model.status import Status

    known = (Status.SUCCEEDED, Status.FAILED, Status.NOT_STARTED)
    found = Status.__members__.get(text.upper().replace("-", "_"))
    if found not in known:
        hint = did_you_mean(text.upper(), known) or f"; there are {', '.join(known)}"
        raise DocumentError(f"no job is '{text}'{hint}")
    return str(found)


def _asked(given: tuple[str, ...]) -> dict[str, Any]:
    """Conditions of parameters: `seed=42` holds for the number, and for the text."""
    from stageline.cli.given import pairs, texts
    from stageline.lab.filtering import COMPARISONS, PARAMS

    written, read = texts(given), pairs(given)
    asked: dict[str, Any] = {}
    for key, value in read.items():
        name, _, word = key.rpartition("__")
        compares = bool(name) and word in COMPARISONS
        asked[f"{PARAMS}{key}" if compares else f"{PARAMS}{key}__in"] = value if compares else [value, written[key]]
    return asked

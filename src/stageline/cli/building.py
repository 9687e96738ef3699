"""Builds a Lab with this machine's tools, and says what was built."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import click
import msgspec

from stageline.cli.amounts import many
from stageline.cli.labs import concern_as_json, say_concerns
from stageline.cli.session import Session
from stageline.config.home import make_home
from stageline.config.layers import user_cache_folder
from stageline.lab.build import BuildOptions, BuildReport, build
from stageline.lab.host_tools import HostTools
from stageline.lab.script_check import ScriptCheck

SHOWN = 12


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the options of the command say."""

    tar: bool = False
    image: bool = False
    no_check: bool = False


def build_lab(session: Session, file: Path, output: Path, wanted: Wanted) -> BuildReport:
    """Build the experiment of a file; the state folder beside it keeps what its Labs share."""
    session.at(file.parent)
    path = session.environ.get("PATH", "")
    with tempfile.TemporaryDirectory(prefix="stageline-build-") as scratch:
        folder = Path(scratch)
        tools = HostTools(path, folder / "tools", user_cache_folder(session.environ) / "tools")
        options = BuildOptions(
            home=make_home(session.home),
            capture=tools.environment,
            packages=tools.packages,
            own=tools.own,
            check=None if wanted.no_check else ScriptCheck(folder / "check", path),
            tar=wanted.tar,
            image=wanted.image,
            machine=os.uname().machine,
        )
        return build(file, output, options)


def say(session: Session, report: BuildReport) -> None:
    """What was built, and what the author should look at."""
    say_concerns(report.concerns)
    if session.verbosity < 0:
        return
    unchecked = "" if report.checked else ", scripts not looked at"
    new = f"{report.written} files new" if report.written else "nothing new"
    click.echo(
        f"built {report.output}: {many(report.jobs, 'job')} in {many(report.runs, 'run')}, {new}{unchecked}"
        f"  (lab {report.lab[:SHOWN]})"
    )


def as_document(report: BuildReport) -> dict[str, object]:
    """What was built, for programs."""
    warnings = [concern_as_json(concern) for concern in report.concerns]
    told = {name: value for name, value in msgspec.structs.asdict(report).items() if name != "concerns"}
    return {**told, "root": str(report.root), "output": str(report.output), "warnings": warnings}

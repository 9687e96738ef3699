"""`stageline build`: an experiment becomes a Lab."""

from __future__ import annotations

from pathlib import Path

import click

from stageline.cli.completing import complete_file
from stageline.cli.options import Session, as_json, pass_session, verb


@verb()
@click.argument(
    "file", default="lab.py", type=click.Path(path_type=Path), metavar="[FILE]", shell_complete=complete_file
)
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="The link to the Lab; else `result`."
)
@click.option("--tar", is_flag=True, help="Pack the Lab into one file, which runs anywhere; else `result.tar`.")
@click.option("--image", is_flag=True, help="Make the image for docker and podman now, not at the first run.")
@click.option("--no-check", is_flag=True, help="Do not look at the scripts.")
@as_json
@pass_session
def command(session: Session, /, file: Path, output: Path | None, as_json: bool, **flags: bool) -> None:
    """Build the experiment that FILE defines, by default lab.py, into a Lab.

    A Lab holds all that its jobs need: scripts, inputs, and the tools that they declare. What has not changed is not
    built again, and results of jobs that have not changed stay. Scripts are looked at by shellcheck, and each of their
    commands must be a declared tool.
    """
    from stageline.cli.building import Wanted, as_document, build_lab, say
    from stageline.cli.output import print_json

    place = output or Path("result.tar" if flags["tar"] else "result")
    report = build_lab(session, file, place, Wanted(**flags))
    if as_json:
        print_json(as_document(report))
    else:
        say(session, report)

"""`stageline diff`: what is different between two Labs."""

from __future__ import annotations

from pathlib import Path

import click

from stageline.cli.options import Session, as_json, pass_session, verb


@verb()
@click.argument("lab1", type=click.Path(path_type=Path))
@click.argument("lab2", type=click.Path(path_type=Path), default="result", required=False)
@as_json
@pass_session
def command(session: Session, lab1: Path, lab2: Path, as_json: bool) -> None:
    """Tell which jobs of LAB2 are new, which of LAB1 are gone, and what made the others change.

    A Lab is a folder, a link, a tar, or the beginning of the id of one that the state folder has; LAB2 is ./result
    unless it is said.
    """
    from stageline.cli.explaining import print_diff
    from stageline.cli.labs import open_named
    from stageline.cli.output import print_json
    from stageline.lab.lab_diff import diff_labs

    found = diff_labs(open_named(session, lab1), open_named(session, lab2))
    if as_json:
        print_json(found)
    else:
        print_diff(session, found)

"""`stageline check`: all mistakes of workflow files and experiments, all changes of a Lab."""

from __future__ import annotations

from pathlib import Path

import click

from stageline.cli.completing import complete_file
from stageline.cli.options import Session, as_json, pass_session, verb

WRONG = 2


@verb()
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path), shell_complete=complete_file
)
@as_json
@pass_session
def command(session: Session, files: tuple[Path, ...], as_json: bool) -> int:
    """Tell all mistakes of workflow files and of experiments (lab.py), each with its place, without running anything.

    Scripts are read by bash and by Python; where shellcheck is installed, its warnings are told too, but do not count.
    Of a built Lab, its folder, link or tar, tell which files are not as they were built.
    """
    from stageline.cli.checking import check_file, say
    from stageline.cli.output import print_json

    checked = [check_file(session, file) for file in files]
    wrong = any(one.mistakes for one in checked)
    if as_json:
        print_json({"ok": not wrong, "files": [one.as_json() for one in checked]})
    else:
        for one in checked:
            say(one)
    return WRONG if wrong else 0

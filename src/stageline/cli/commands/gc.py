"""`stageline gc`: delete old runs, and what no Lab needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from stageline.cli.options import Session, as_json, pass_session, verb


@verb()
@click.option("--older-than", metavar="SPAN", help="Runs that ended longer ago than this, such as 30d or 12h.")
@click.option("--keep", type=click.IntRange(0), metavar="N", help="All ended runs but the newest N.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be deleted, and why.")
@click.option("--pin", type=click.Path(path_type=Path), metavar="LAB", help="Keep this Lab for ever; delete nothing.")
@click.option("--unpin", type=click.Path(path_type=Path), metavar="LAB", help="Keep it like others; delete nothing.")
@click.option("--target", metavar="NAME", help="Clear up this target instead: what Labs have left there.")
@click.option("--drop-home", metavar="ID", help="With --target: delete this other home there, and all that is in it.")
@as_json
@pass_session
def command(session: Session, /, pin: Path | None, unpin: Path | None, **asked: Any) -> None:
    """Delete ended runs by their age and number, with their logs, and large values that no run refers to any more.

    With both, a run goes only if it is old and not among the newest. Runs that have not ended are never touched. With
    neither, only what nothing refers to goes.

    Of Labs the last five are kept, those that are pinned, and those that a link beside the state folder leads to or an
    unfinished run is about. Others go, and so do jobs with their outputs, tools, images and inputs that no kept Lab
    has. LAB is a folder, a link, or the beginning of its id.

    On a target the same goes of what this state folder has there, and what transfers that broke have left. Other homes
    there, of other projects and machines, are only told of.
    """
    from stageline.cli.lab_garbage import clear_up, pin_lab, unpin_lab

    if pin or unpin:
        if pin:
            pin_lab(session, pin)
        if unpin:
            unpin_lab(session, unpin)
        return
    if asked["target"] or asked["drop_home"]:
        _on_target(session, **asked)
        return
    clear_up(session, asked["older_than"], asked["keep"], asked["dry_run"], asked["as_json"])


def _on_target(session: Session, target: str | None, drop_home: str | None, **asked: Any) -> None:
    from stageline.cli.lab_garbage_afar import clear_target, drop_other

    if target is None:
        raise click.UsageError("--drop-home is said of a --target")
    if asked["older_than"] is not None or asked["keep"] is not None:
        raise click.UsageError("--older-than and --keep choose runs, and these are not on a target")
    if drop_home is not None:
        drop_other(session, target, drop_home, asked["dry_run"], asked["as_json"])
    else:
        clear_target(session, target, asked["dry_run"], asked["as_json"])

"""`stageline show`: one run with its stages; or a job of a Lab, or its outputs."""

from __future__ import annotations

from pathlib import Path

import click

from stageline.cli.completing_labs import complete_show
from stageline.cli.labs import lab_option
from stageline.cli.options import Session, as_json, pass_session, verb

WORDS = {"job": (2, 2), "output": (2, 3)}


@verb()
@click.argument("words", nargs=-1, metavar="[RUN | job JOB | output JOB [NAME]]", shell_complete=complete_show)
@click.option("--all", "everything", is_flag=True, help="All stages of a run, however many there are.")
@lab_option
@as_json
@pass_session
def command(session: Session, words: tuple[str, ...], lab: Path | None, everything: bool, as_json: bool) -> None:
    """Show one run with its stages: the last one, or that whose id begins with RUN.

    Of a large one the stages that tell most are shown, and the others counted; JSON has them all.

    `show job JOB` shows a job of a Lab by the beginning of its id, with its parameters, inputs and how it ended;
    `show output JOB [NAME]` shows its outputs: where they are, and whether they are as they were.
    """
    few, many = WORDS.get(words[0] if words else "", (0, 1))
    if len(words) > many or (few and len(words) < few):
        raise click.UsageError("show [RUN], show job JOB, or show output JOB [NAME]")
    if few:
        from stageline.cli.lab_showing import show_job, show_outputs

        if words[0] == "job":
            show_job(session, lab, words[1], as_json)
        else:
            show_outputs(session, lab, words[1:], as_json)
        return
    if lab is not None:
        raise click.UsageError("--lab is about a Lab: say what of it to show: job JOB, or output JOB [NAME]")
    _show_run(session, words[0] if words else None, everything, as_json)


def _show_run(session: Session, run: str | None, everything: bool, as_json: bool) -> None:
    from stageline.cli.choosing import choose_run
    from stageline.cli.described import run_as_json
    from stageline.cli.ending import say_ending
    from stageline.cli.output import print_json
    from stageline.cli.started import whole_run
    from stageline.cli.tree import print_run

    store = session.open_kept()
    found = whole_run(store, store.retrieve(choose_run(store, run)))
    if as_json:
        print_json(run_as_json(found))
        return
    print_run(session, found, everything=everything)
    say_ending(session, found)

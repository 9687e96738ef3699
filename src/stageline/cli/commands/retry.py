"""`stageline retry`: run again what failed."""

from __future__ import annotations

from pathlib import Path

import click

from stageline.cli.completing import complete_run, complete_stage
from stageline.cli.options import Session, as_json, executor, params, pass_session, verb, workers


@verb()
@click.argument("run", required=False, shell_complete=complete_run)
@click.option("--from", "stage", metavar="STAGE", shell_complete=complete_stage, help="This stage and all after it.")
@params
@workers
@executor
@as_json
@pass_session
def command(
    session: Session, run: str | None, stage: str | None, given: tuple[str, ...], file: Path | None, as_json: bool
) -> int:
    """Run again what failed or was canceled in a run that has ended, the last one or RUN; what succeeded is kept.

    Parameters that are given replace those of the run; stages that are kept have seen the old ones.
    """
    from stageline.cli.changed import say_changed
    from stageline.cli.choosing import choose_run
    from stageline.cli.given import all_given
    from stageline.cli.going import go_on
    from stageline.cli.needed import need_all, need_executor
    from stageline.engine.orchestrator import Orchestrator
    from stageline.stages.tools import specs_of, with_params

    store = session.open_kept()
    found = store.retrieve(choose_run(store, run))
    need_all(session, found)
    need_executor(session)
    say_changed(session, found, stage)
    names, before = {}, found.names_now
    if changed := all_given(given, file, specs_of(before)):
        after = with_params(before, {**before.get("params", {}), **changed})
        names = {name: value for name, value in after.items() if before.get(name) != value}
    Orchestrator(store=store).retry(found, stage or "", names)
    return go_on(session, store, found, as_json, again=True)

"""What `gc` does about runs and Labs, and what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from stageline.cli.amounts import in_bytes, many
from stageline.cli.garbage import Choice, Swept, chosen_runs, collect, labs_in_use
from stageline.cli.labs import SHOWN, open_named
from stageline.cli.output import print_json
from stageline.cli.session import Session
from stageline.cli.target_garbage import clear_targets, targets_used
from stageline.cli.times import read_span
from stageline.engine.ports import Store
from stageline.errors import ConfigError
from stageline.lab import gc
from stageline.lab.read import BuiltLab
from stageline.lab.shelf import pin, unpin

NO_RUNS = Swept([], 0, 0)


def clear_up(session: Session, older_than: str | None, keep: int | None, dry_run: bool, as_json: bool) -> None:
    """Delete runs, then what no Lab needs, and tell it."""
    choice = Choice(read_span(older_than) if older_than else None, keep)
    has_labs = (session.home / "labs").is_dir()
    store = session.open_kept() if session.has_store or not has_labs else None
    swept = _sweep(session, store, choice, dry_run) if store else NO_RUNS
    labs = gc.collect(session.home, labs_in_use(store) if store else (), dry_run) if has_labs else gc.Collected()
    if as_json:
        print_json({**swept.as_json(dry_run), "labs": as_json_of(labs)})
        return
    word = done_word(dry_run)
    said = [*(_of_runs(swept, word) if store else ()), *(lines_of(labs, word) if has_labs else ())]
    click.echo("\n".join(said))


def _sweep(session: Session, store: Store, choice: Choice, dry_run: bool) -> Swept:
    """Delete runs, and what they have left on targets."""
    used = {} if dry_run else targets_used(store, chosen_runs(store, choice))
    swept = collect(store, choice, dry_run)
    clear_targets(session, {row.id: used[row.id] for row in swept.runs if row.id in used})
    return swept


def pin_lab(session: Session, name: Path) -> None:
    """Keep a Lab for ever."""
    lab = _in_its_home(open_named(session, name))
    pin(lab.home, lab.id)
    click.echo(f"lab {lab.id} is pinned in {lab.home.root}")


def unpin_lab(session: Session, name: Path) -> None:
    """Keep a Lab no longer than others."""
    lab = _in_its_home(open_named(session, name))
    was = unpin(lab.home, lab.id)
    click.echo(f"lab {lab.id} {'is pinned no more' if was else 'was not pinned'}")


def _in_its_home(lab: BuiltLab) -> BuiltLab:
    if not (lab.home.labs / lab.id).is_dir():
        raise ConfigError(f"{lab.root} is a Lab that stands by itself: nothing clears it up")
    return lab


def _of_runs(swept: Swept, word: str) -> Iterator[str]:
    for row in swept.runs:
        yield f"{row.id}  {row.record.status}  {row.name}"
    found = f"{many(len(swept.runs), 'run')} and {many(swept.values, 'large value')}"
    yield f"{found} {word}: {in_bytes(swept.size)} of files"


def lines_of(labs: gc.Collected, word: str) -> Iterator[str]:
    for kept in labs.kept:
        yield f"lab {kept.id}  kept: {kept.why}"
    for one in labs.garbage[:SHOWN]:
        yield f"{one.path}  {in_bytes(one.size)}: {one.why}"
    if len(labs.garbage) > SHOWN:
        yield f"… and {len(labs.garbage) - SHOWN} more; --json names them all"
    yield f"{len(labs.garbage)} folders and files of Labs {word}: {in_bytes(labs.size)}"


def done_word(dry_run: bool) -> str:
    """What is said of what goes."""
    return "would be deleted" if dry_run else "deleted"


def as_json_of(labs: gc.Collected) -> dict[str, Any]:
    return {**msgspec.structs.asdict(labs), "bytes": labs.size}

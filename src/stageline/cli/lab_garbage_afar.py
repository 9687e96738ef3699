"""What `gc --target` does about what Labs have left on a target, and what it says."""

from __future__ import annotations

from collections.abc import Iterator

import click
import msgspec

from stageline.cli.amounts import in_bytes
from stageline.cli.garbage import labs_in_use
from stageline.cli.lab_garbage import as_json_of, done_word, lines_of
from stageline.cli.output import print_json
from stageline.cli.reaching import reach_of
from stageline.cli.session import Session
from stageline.lab.afar.clearing import FarCollected, collect_afar, drop_home


def clear_target(session: Session, target: str, dry_run: bool, as_json: bool) -> None:
    """Delete there what no Lab here needs, and tell it."""
    in_use = labs_in_use(session.open_kept()) if session.has_store else ()
    found = collect_afar(reach_of(session), target, session.home, in_use, dry_run)
    if as_json:
        others = [msgspec.structs.asdict(one) for one in found.others]
        print_json({"dry_run": dry_run, "target": target, "labs": as_json_of(found.labs), "others": others})
        return
    click.echo("\n".join(_lines(found, target, done_word(dry_run))))


def _lines(found: FarCollected, target: str, word: str) -> Iterator[str]:
    yield from lines_of(found.labs, f"on {target} {word}")
    for one in found.others:
        yield f"home {one.id}  left as it is: it is that of {one.whose or 'somebody unknown'}"


def drop_other(session: Session, target: str, id: str, dry_run: bool, as_json: bool) -> None:
    """Delete another home there, and tell it."""
    size = drop_home(reach_of(session), target, session.home, id, dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "target": target, "home": id, "bytes": size})
        return
    click.echo(f"home {id} on {target} {done_word(dry_run)}: {in_bytes(size)}")

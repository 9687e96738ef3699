"""What differs between jobs, as lines: what was there in red, what is there now in green."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click
import msgspec

from stageline.cli.labs import SHORT, SHOWN, params_words
from stageline.cli.output import is_lively
from stageline.cli.times import day, iso
from stageline.lab.compare import Difference
from stageline.lab.explain import Explained

if TYPE_CHECKING:
    from stageline.cli.session import Session
    from stageline.lab.lab_diff import LabDiff
    from stageline.lab.why import Why

ABSENT = "(not there)"


def print_why(session: Session, found: Why) -> None:
    """How the job stands, and what makes it another than the one that was finished before."""
    job, record = found.job, found.record
    state = (
        f"is to be run: {found.todo}" if found.todo else f"is finished, since {day(record.ended if record else None)}"
    )
    click.echo(f"{job.place}: job {job.id[:SHORT]} of stage '{job.stage}' {state}")
    against, before = found.against, found.before
    if against is None or before is None:
        click.echo("no other job of this stage has been finished: there is nothing to compare it with")
        return
    click.echo(f"compared with job {against.other[:SHORT]}, finished {day(before.ended)}, of lab {found.lab[:SHORT]}:")
    for line in explained_lines(against):
        click.echo(_colored(line), color=is_lively(session) or None)


def explained_lines(found: Explained, indent: str = "  ") -> Iterator[str]:
    """The differences of a job, and those of the jobs before it that they come from."""
    for one in found.differences:
        yield from _lines(one, indent)
    for above in found.upstream:
        yield f"{indent}from job {above.job[:SHORT]} of stage '{above.stage}', was {above.other[:SHORT]}:"
        yield from explained_lines(above, f"{indent}  ")
    if not found.differences and not found.upstream:
        yield f"{indent}nothing that can be told"


def _lines(one: Difference, indent: str) -> Iterator[str]:
    part = f"{one.part}: " if one.part else ""
    name = f"{one.ingredient}.{one.name}" if one.name else one.ingredient
    if one.lines:
        yield f"{indent}{part}{name}:"
        yield from (f"{indent}  {line}" for line in one.lines)
    else:
        yield f"{indent}{part}{name}: {one.old or ABSENT} -> {one.new or ABSENT}"


def _colored(line: str) -> str:
    sign = line.lstrip()[:1]
    if sign in ("+", "-"):
        return click.style(line, fg="green" if sign == "+" else "red")
    return line


def print_diff(session: Session, found: LabDiff) -> None:
    """The jobs that were added, removed and changed; of jobs that changed alike one is told."""
    color = is_lively(session) or None
    for line in _diff_lines(found):
        click.echo(_colored(line), color=color)
    counts = {"the same": found.same, "added": len(found.added), "removed": len(found.removed)}
    told = ", ".join(f"{count} {word}" for word, count in {**counts, "changed": len(found.changed)}.items())
    click.echo(f"jobs: {told}")


def _diff_lines(found: LabDiff) -> Iterator[str]:
    yield from (f"- run {name}" for name in found.removed_runs)
    yield from (f"+ run {name}" for name in found.added_runs)
    for sign, jobs in (("-", found.removed), ("+", found.added)):
        for job in jobs[:SHOWN]:
            yield f"{sign} job {job.job[:SHORT]}  {job.stage}  {params_words(job.params)}".rstrip()
        if len(jobs) > SHOWN:
            yield f"{sign} … and {len(jobs) - SHOWN} more"
    for alike in _alike(found):
        one, more = alike[0], f", and {len(alike) - 1} more in the same way" if len(alike) > 1 else ""
        yield f"~ job {one.other[:SHORT]} -> {one.job[:SHORT]}  {one.stage}{more}"
        yield from explained_lines(one)


def _alike(found: LabDiff) -> list[list[Explained]]:
    """The changed jobs, together with those of their stage in which the same ingredients changed."""
    alike: dict[tuple[object, ...], list[Explained]] = {}
    for one in found.changed:
        causes = dict.fromkeys((stage, cause.part, cause.ingredient, cause.name) for stage, cause in one.causes())
        alike.setdefault((one.stage, *causes), []).append(one)
    return list(alike.values())


def why_as_json(found: Why) -> dict[str, Any]:
    """The same for programs."""
    return {
        "job": found.job.id,
        "stage": found.job.stage,
        "place": str(found.job.place),
        "finished": not found.todo,
        "why": found.todo or None,
        "compared_with": found.against.other if found.against else None,
        "lab": found.lab or None,
        "finished_at": iso(found.before.ended) if found.before else None,
        "differences": msgspec.to_builtins(found.against.differences) if found.against else [],
        "upstream": msgspec.to_builtins(found.against.upstream) if found.against else [],
    }

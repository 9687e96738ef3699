"""A job of a Lab, and its outputs, as lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from stageline.cli.lab_lists import job_as_json
from stageline.cli.labs import open_results
from stageline.cli.output import colored, is_lively, print_json, print_table
from stageline.cli.session import Session
from stageline.cli.times import day, span
from stageline.lab.compare import wire_words
from stageline.lab.job_results import JobResults
from stageline.lab.record import Record, changes
from stageline.lab.scalar import dashed
from stageline.model.resource_words import time_in_words


def show_job(session: Session, lab: Path | None, prefix: str, as_json: bool) -> None:
    """Print a job with all that is known of it."""
    job = open_results(session, lab).job(prefix)
    if as_json:
        print_json({**job_as_json(job), **_ending_as_json(job.record), "place": str(job.plan.place)})
        return
    for line in _head(session, job):
        click.echo(line, color=is_lively(session) or None)
    for name, value in job.params.items():
        click.echo(f"  param   {name} = {value!r}")
    for name, inherited in job.effective_params.items():
        if name not in job.params:
            click.echo(f"  before  {name} = {inherited!r}")
    for part, of in job.plan.parts.items():
        named = f"{part}: " if job.plan.scattered else ""
        for name, wire in of.ingredients.inputs.items():
            click.echo(f"  input   {named}{name}: {wire_words(wire)}")
    for name, path in job.outputs.items():
        click.echo(f"  output  {name}: {path}")
    click.echo(f"  log     {job.log}")


def show_outputs(session: Session, lab: Path | None, words: Sequence[str], as_json: bool) -> None:
    """Print where the outputs of a job are, and whether they are as they were when it ended."""
    job = open_results(session, lab).job(words[0])
    wanted = job.path(words[1]) if len(words) > 1 else None
    outputs = {name: path for name, path in job.outputs.items() if wanted in (None, path)}
    found = {name: _output_as_json(job, name, path) for name, path in outputs.items()}
    if as_json:
        print_json({"job": job.id, "outputs": found})
        return
    rows = [(name, told["state"], str(told["bytes"] or ""), told["path"]) for name, told in found.items()]
    print_table(session, ("OUTPUT", "STATE", "BYTES", "PATH"), rows)


def _output_as_json(job: JobResults, name: str, path: Path) -> dict[str, Any]:
    record = job.record
    known = record.outputs.get(name) if record else None
    if record is None or known is None:
        state = "not made" if record else "not yet"
    else:
        changed = {dashed(one): why for one, why in changes(record, str(job.folder / "out"), verify=True).items()}
        state = "changed" if path.exists() else "missing"
        state = state if dashed(name) in changed else "as it was made"
    digest, size = (known.digest, known.size) if known else (None, None)
    return {"path": str(path), "state": state, "bytes": size, "digest": digest}


def _head(session: Session, job: JobResults) -> list[str]:
    record = job.record
    status = colored(session, str(job.status), job.status)
    lines = [f"{job.id}  {status}  {job.stage} {job.version}  ({', '.join(job.runs)})", f"  {job.plan.place}"]
    if record is not None:
        took, ended = span(record.started, record.ended), day(record.ended)
        memory = f", {record.peak_memory / 1e6:.0f} MB" if record.peak_memory else ""
        lines.append(f"  ended {ended} after {took}, {record.cpu_seconds:.1f}s of cpu{memory}, on {record.host}")
        if not record.succeeded:
            lines.append(f"  {_failure(record)}")
    return lines


def _failure(record: Record) -> str:
    if record.time_limit:
        return f"ended after {time_in_words(record.time_limit)}: it was out of time"
    if record.signal:
        return f"killed by signal {record.signal}" + (", out of memory" if record.out_of_memory else "")
    if record.exit_code:
        return f"exit code {record.exit_code}"
    return f"outputs not made: {', '.join(record.missing)}"


def _ending_as_json(record: Record | None) -> dict[str, Any]:
    if record is None:
        return {"exit_code": None, "signal": None}
    return {
        "exit_code": record.exit_code,
        "signal": record.signal or None,
        "out_of_memory": record.out_of_memory,
        "time_limit": record.time_limit or None,
        "missing_outputs": record.missing,
        "host": record.host,
        "cpu_seconds": record.cpu_seconds,
        "peak_memory": record.peak_memory,
    }

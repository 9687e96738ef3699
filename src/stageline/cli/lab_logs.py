"""What a job of a Lab has said, and goes on saying."""

from __future__ import annotations

import fcntl
import time
from contextlib import suppress
from pathlib import Path

import click

from stageline.cli.labs import RESULT, SHORT, open_results
from stageline.cli.logfiles import LogFile, Printer
from stageline.cli.session import Session
from stageline.errors import StoreError, UnknownName
from stageline.lab.job_results import JobResults
from stageline.lab.record import read_record
from stageline.lab.run_lock import LOCK
from stageline.targets.logs import as_text

LOOK = 0.2
CHUNK = 1 << 16


def job_meant(session: Session, lab: Path | None, name: str | None, stage: str | None) -> JobResults | None:
    """The job that is meant: of the Lab that is named, else of ./result, where no run is called so."""
    if lab is not None:
        if name is None or stage is not None:
            raise click.UsageError("of a Lab, name one JOB by the beginning of its id")
        return open_results(session, lab).job(name)
    if name is None or stage is not None or not RESULT.exists():
        return None
    try:
        if session.has_store and session.open_kept().find_runs(name, 1):
            return None
    except StoreError:
        with suppress(UnknownName):
            return open_results(session, None).job(name)
        raise
    return open_results(session, None).job(name)


def print_job(job: JobResults, follow: bool, item: int | None, part: str | None) -> None:
    """Print its log; to `follow`, until its record says that it has ended, or nobody runs jobs of its home.

    Of a scatter-gather the logs of its parts; what failed comes first, unless they are followed.
    """
    if job.plan.scattered is not None:
        _print_parts(job, follow, item, part)
        return
    if item is not None or part is not None:
        raise click.UsageError(f"job {job.id[:SHORT]} is no scatter-gather: it has one log")
    seen = _print_from(job.log, 0)
    while follow and _goes_on(job):
        time.sleep(LOOK)
        seen = _print_from(job.log, seen)
    if not _print_from(job.log, seen):
        click.echo("nothing was said", err=True)


def _print_parts(job: JobResults, follow: bool, item: int | None, part: str | None) -> None:
    from stageline.lab.part_logs import Chosen, PartLogs

    logs, printer = PartLogs(job.plan, _home(job), job.log, Chosen(item, part)), Printer()
    for log in logs.all() if follow else logs.failed_first():
        _print_part(printer, log.path, log.title)
    while follow and _goes_on(job):
        time.sleep(LOOK)
        for log in logs.all():
            _print_part(printer, log.path, log.title)
    for log in logs.all() if follow else ():
        _print_part(printer, log.path, log.title)
    printer.end()
    if not printer.has_printed:
        click.echo("nothing was said", err=True)


def _print_part(printer: Printer, path: Path, title: str) -> None:
    with suppress(FileNotFoundError):
        printer.print_new(LogFile(path, title))


def _print_from(path: Path, seen: int) -> int:
    """Print what is new; answers how much was printed in all. A log that became shorter was begun anew."""
    try:
        with path.open("rb") as file:
            if file.seek(0, 2) < seen:
                seen = 0
            file.seek(seen)
            while chunk := file.read(CHUNK):
                click.echo(as_text(chunk), nl=False)
            return file.tell()
    except FileNotFoundError:
        return 0


def _goes_on(job: JobResults) -> bool:
    """Whether jobs are being run in its home, and it has not ended."""
    home = _home(job)
    return read_record(home / "records", job.id) is None and _is_held(home / LOCK)


def _home(job: JobResults) -> Path:
    return job.folder.parent.parent


def _is_held(lock: Path) -> bool:
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False

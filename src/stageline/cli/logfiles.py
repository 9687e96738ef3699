"""The log files of a run's stages: what each execution has written to stdout and stderr."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from stageline.cli.state import RunState
from stageline.engine.ports import Store
from stageline.errors import UnknownName, did_you_mean
from stageline.targets.logs import as_text

STREAMS = ("stdout", "stderr")
LOOK = 0.1
CHUNK = 1 << 16
_EXECUTION = re.compile(r"(\d+)\.(\d+)")


class LogFile(NamedTuple):
    """One stream of one execution of a stage, named as people see it."""

    path: Path
    title: str


def print_logs(store: Store, run: str, stage: str | None) -> bool:
    """Print all that was said; answers whether there was anything."""
    printer = _Printer()
    for file in log_files(store, run, stage):
        printer.print_new(file)
    printer.end()
    return printer.has_printed


def follow_logs(store: Store, run: str, stage: str | None) -> None:
    """Print all that was said and goes on being said, until the run has ended."""
    printer = _Printer()
    while True:
        ended = store.retrieve(run).status.ended
        for file in log_files(store, run, stage):
            printer.print_new(file)
        if ended:
            break
        time.sleep(LOOK)
    printer.end()


def log_files(store: Store, run: str, stage: str | None) -> list[LogFile]:
    """The log files of a run, or of one stage of it and those inside, as the stages began."""
    state = RunState(store.retrieve(run))
    chosen = _chosen(state, stage)
    begun = sorted((n for n in chosen if state.records[n].started_seq), key=lambda n: state.records[n].started_seq)
    return [file for number in begun for file in _of_stage(state.path(number), store.files / "runs" / run)]


def _chosen(state: RunState, stage: str | None) -> list[int]:
    paths = {state.path(number): number for number in state.walk()}
    if stage is None:
        return list(paths.values())
    if stage not in paths:
        hint = did_you_mean(stage, paths) or f"; there are {', '.join(list(paths)[:10])}"
        raise UnknownName(f"run {state.id} has no stage '{stage}'{hint}")
    return [paths[stage], *state.walk(paths[stage])]


def _of_stage(path: str, folder: Path) -> Iterator[LogFile]:
    for execution in _executions(folder / path):
        for stream in STREAMS:
            file = execution / stream
            if file.is_file() and file.stat().st_size:
                yield LogFile(file, f"{path} {execution.name} {stream}")


def _executions(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    found = [(match, one) for one in folder.iterdir() if (match := _EXECUTION.fullmatch(one.name))]
    return [one for _, one in sorted(found, key=lambda pair: (int(pair[0][1]), int(pair[0][2])))]


class _Printer:
    """Prints what is new in each file, under the title of the file."""

    def __init__(self) -> None:
        self._seen: dict[Path, int] = {}
        self._last: Path | None = None
        self._is_line_open = False
        self.has_printed = False

    def print_new(self, file: LogFile) -> None:
        with file.path.open("rb") as opened:
            opened.seek(self._seen.get(file.path, 0))
            while chunk := opened.read(CHUNK):
                self._title(file)
                text = as_text(chunk)
                click.echo(text, nl=False)
                self._is_line_open = not text.endswith("\n")
            self._seen[file.path] = opened.tell()

    def _title(self, file: LogFile) -> None:
        if self._last != file.path:
            self.end()
            click.echo(click.style(f"==> {file.title}", bold=True))
            self._last, self.has_printed = file.path, True

    def end(self) -> None:
        if self._is_line_open:
            click.echo()
            self._is_line_open = False

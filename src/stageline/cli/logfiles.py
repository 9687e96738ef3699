"""The log files of a run's stages: what each execution has written to stdout and stderr."""

from __future__ import annotations

import re
import time
from codecs import IncrementalDecoder, getincrementaldecoder
from collections.abc import Iterable, Iterator
from os import SEEK_END
from pathlib import Path
from typing import NamedTuple

import click

from stageline.cli.started import news, whole_run
from stageline.cli.state import LAB, RunState, short
from stageline.engine.events import StageStarted
from stageline.engine.inputs import FIRST
from stageline.engine.ports import Store
from stageline.errors import UnknownName, did_you_mean
from stageline.stages.asking import NOTED

STREAMS = ("stdout", "stderr")
LOOK = 0.1
CHUNK = 1 << 16
_DECODER = getincrementaldecoder("utf-8")  # a character may be cut in two where a chunk ends
_EXECUTION = re.compile(r"(\d+)\.(\d+)")


class LogFile(NamedTuple):
    """One stream of one execution of a stage, named as people see it."""

    path: Path
    title: str


def print_logs(store: Store, run: str, stage: str | None) -> bool:
    """Print all that was said; answers whether there was anything."""
    printer = Printer()
    for file in log_files(store, run, stage):
        printer.print_new(file)
    printer.end()
    return printer.has_printed


def follow_logs(store: Store, run: str, stage: str | None) -> None:
    """Print all that was said and goes on being said, until the run has ended."""
    printer = Printer()
    state = whole_run(store, store.retrieve(run))
    top, numbers = _chosen(state, stage)
    watched = _begun(top, numbers)
    while True:
        over = state.record.status.ended
        for one, number in watched:
            for file in _of_stage(one, number, store.files):
                printer.print_new(file)
        if over:
            break
        # What had ended when its files were read has said all; what begins now has a place behind the others.
        watched = [(one, number) for one, number in watched if not one.records[number].status.ended]
        time.sleep(LOOK)
        begun = [(one, e.stage) for one, events in news(store, state) for e in events if isinstance(e, StageStarted)]
        watched += [(one, number) for one, number in begun if _is_within(one.whole_path(number), stage)]
    printer.end()


def log_files(store: Store, run: str, stage: str | None) -> list[LogFile]:
    """The log files of a run, or of one stage of it and those inside, as the stages began."""
    state, numbers = _chosen(whole_run(store, store.retrieve(run)), stage)
    return [file for one, number in _begun(state, numbers) for file in _of_stage(one, number, store.files)]


def _chosen(state: RunState, stage: str | None) -> tuple[RunState, list[int]]:
    """The stage with this path, in the run that it is a stage of, and those inside; without a path all of the run."""
    if stage is None:
        return state, list(state.walk())
    paths = {one.whole_path(number): (one, number) for one, number in state.everything()}
    paths = {short(path): found for path, found in paths.items()} | paths
    if stage not in paths:
        hint = did_you_mean(stage, paths) or f"; there are {', '.join(list(paths)[:10])}"
        raise UnknownName(f"run {state.id} has no stage '{stage}'{hint}")
    found, number = paths[stage]
    return found, [number, *found.walk(number)]


def _is_within(path: str, stage: str | None) -> bool:
    return stage is None or path == stage or path.startswith(f"{stage}/")


def _begun(state: RunState, numbers: Iterable[int]) -> list[tuple[RunState, int]]:
    """The stages that have begun, in that order, those of a run that one has started behind it."""
    found = []
    seq = {number: state.records[number].started_seq for number in numbers}
    for number in sorted((number for number in seq if seq[number]), key=seq.__getitem__):
        found.append((state, number))
        if number in state.started:
            found += _begun(state.started[number], state.started[number].walk())
    return found


def _of_stage(state: RunState, number: int, files: Path) -> Iterator[LogFile]:
    path = state.whole_path(number)
    if state.specs[number].type.startswith(LAB):
        from stageline.cli.job_words import log_of

        if (file := log_of(state.names, path, files)) is not None:
            yield LogFile(file, path)
        return
    for name, execution in _executions(state.stage_folder(number, files)):
        for stream in STREAMS:
            file = execution / stream
            if file.is_file() and file.stat().st_size:
                yield LogFile(file, f"{path} {name} {stream}{_asked(execution)}")


def _executions(folder: Path) -> list[tuple[str, Path]]:
    """The numbers and the folders of a stage's executions, in order; the first has that of its stage."""
    if not folder.is_dir():
        return []
    found = [(match, one) for one in folder.iterdir() if (match := _EXECUTION.fullmatch(one.name))]
    later = sorted(found, key=lambda pair: (int(pair[0][1]), int(pair[0][2])))
    return [(FIRST, folder), *((one.name, one) for _, one in later)]


def _asked(execution: Path) -> str:
    """What an execution asked for that those before it did not."""
    try:
        return f" (with {(execution / NOTED).read_text(encoding='utf-8')})"
    except OSError:
        return ""


class Printer:
    """Prints what is new in each file, under the title of the file."""

    def __init__(self) -> None:
        self._seen: dict[Path, int] = {}
        self._decoders: dict[Path, IncrementalDecoder] = {}
        self._last: Path | None = None
        self._is_line_open = False
        self.has_printed = False

    def print_new(self, file: LogFile) -> None:
        decoder = self._decoders.setdefault(file.path, _DECODER("replace"))
        """Print what a file has more than when it was last looked at; all of it, when it was begun anew."""
        with file.path.open("rb") as opened:
            seen = self._seen.get(file.path, 0)
            opened.seek(seen if opened.seek(0, SEEK_END) >= seen else 0)
            while chunk := opened.read(CHUNK):
                self._title(file)
                text = decoder.decode(chunk)
                click.echo(text, nl=False)
                self._is_line_open = not text.endswith("\n")
            self._seen[file.path] = opened.tell()

    def _title(self, file: LogFile) -> None:
        if self._last != file.path:
            self.end()
            click.echo(click.style(f"==> {file.title}", bold=True))
            self._last, self.has_printed = file.path, True

    def end(self) -> None:
        """End the line that is open."""
        if self._is_line_open:
            click.echo()
            self._is_line_open = False

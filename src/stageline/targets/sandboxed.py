"""Runs what a runtime made of a command, in the manner of `process`: to its end, or until all of it is gone.

A container that a dead engine left behind is replaced. That the wrapping failed, and not the work, is a ConfigError.
"""

import signal
from pathlib import Path

import msgspec

from stageline.errors import ConfigError
from stageline.runtimes.ending import signal_in_code, start_problem
from stageline.runtimes.sandbox import Wrapped
from stageline.targets.cancellation import Cancellation
from stageline.targets.containers import name_is_taken, remove_container, run_container
from stageline.targets.logs import read_ends
from stageline.targets.masking import Mask
from stageline.targets.notes import Notes
from stageline.targets.process import Command, Ended, run, signal_name


def run_wrapped(
    wrapped: Wrapped,
    folder: Path,
    cancellation: Cancellation | None = None,
    timeout: float | None = None,
    mask: Mask | None = None,
    notes: Notes | None = None,
) -> Ended:
    """Start it and wait for its end, which is told as the end of the wrapped command."""
    command = as_command(wrapped, folder, mask, notes)
    if not wrapped.container:
        return _told(wrapped, run(command, cancellation, timeout))
    ended = run_container(command, wrapped.container, wrapped.key, cancellation, timeout)
    if name_is_taken(ended) and remove_container(str(wrapped.runtime), wrapped.container, wrapped.key, folder):
        ended = run_container(command, wrapped.container, wrapped.key, cancellation, timeout)
    return _told(wrapped, ended)


def as_command(wrapped: Wrapped, folder: Path, mask: Mask | None = None, notes: Notes | None = None) -> Command:
    """The command to start in this folder; with a `mask`, no secret gets into its files.

    A client has the folder as its working directory: some leave things there.
    """
    return Command(
        argv=wrapped.argv,
        folder=folder,
        env=wrapped.env,
        cwd=str(folder) if wrapped.container else wrapped.cwd,
        stdin=wrapped.stdin,
        bare=wrapped.bare,
        around=wrapped.around,
        mask=mask,
        notes=notes,
    )


def _told(wrapped: Wrapped, ended: Ended) -> Ended:
    if ended.stopped or not ended.code:
        return ended
    problem = start_problem(wrapped.runtime, ended.code, read_ends(ended.stderr))
    if problem:
        raise ConfigError(problem)
    number = signal_in_code(wrapped.runtime, ended.code)
    known = number in {int(item) for item in signal.Signals}
    return msgspec.structs.replace(ended, signal=signal_name(number)) if known else ended

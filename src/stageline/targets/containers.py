"""Containers outlive their clients: each is found again by its name, and removed if it does the work with this key."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from stageline.errors import ConfigError
from stageline.runtimes.container import key_argv, keys_argv, labelled_argv, remove_argv, term_argv
from stageline.targets.cancellation import Cancellation
from stageline.targets.logs import read_ends
from stageline.targets.process import Command, Ended, closing_fd, run, spawn, wait_readable
from stageline.targets.tree import GRACE

_LIMIT = 30.0
_REFUSED = 125


def ask(engine: str, argv: Sequence[str], folder: Path, limit: float = _LIMIT) -> Ended:
    """A short call of an engine beside the work in `folder`, made to its end even when that is canceled."""
    return run(Command(argv=(engine, *argv), folder=folder / "engine"), timeout=limit)


def run_container(
    command: Command, name: str, key: str, cancellation: Cancellation | None = None, timeout: float | None = None
) -> Ended:
    """Run the client of a container and wait for its end; what is canceled or out of time is removed.

    It is the engine that is asked for TERM: a client that gets one itself loses it while it is starting or sending.
    """
    engine = command.argv[0]
    process = spawn(command)
    with closing_fd(os.pidfd_open(process.pid)) as client:
        stopped = wait_readable((client,), cancellation, timeout)
        if not stopped:
            return process.wait()
        ask(engine, term_argv(name), command.folder, limit=1)
        resists = bool(wait_readable((client,), None, GRACE))
        removed = resists and remove_container(engine, name, key, command.folder)
    ended = process.stop(stopped)
    if not removed:
        remove_container(engine, name, key, command.folder, tries=3 if resists else 1)
    return ended


def name_is_taken(ended: Ended) -> bool:
    """Whether a container could not be made because there is one of its name."""
    return ended.code == _REFUSED and "already in use" in read_ends(ended.stderr)


def remove_container(engine: str, name: str, key: str, folder: Path, tries: int = 1) -> bool:
    """Remove the container of this name if it does this key's work; answers whether it did.

    Just after its client was killed, a container may still be about to appear: hence more than one try.
    """
    for attempt in range(tries):
        if attempt:
            time.sleep(0.1)
        label = ask(engine, key_argv(name), folder)
        if label.code == 0:
            found = read_ends(label.stdout).strip()
            return found == key and ask(engine, remove_argv(engine, name), folder).code == 0
    return False


def remove_left(engine: str, parent: str, folder: Path) -> tuple[str, ...]:
    """Remove the containers whose keys are paths right below `parent`; answers these keys.

    ConfigError when the engine does not say which there are, MissingDependency when there is none.
    """
    listed = ask(engine, labelled_argv(), folder)
    if listed.code != 0:
        raise ConfigError(f"{engine} does not say which containers there are: {read_ends(listed.stderr).strip()}")
    ids = read_ends(listed.stdout).split()
    told = read_ends(ask(engine, keys_argv(ids), folder).stdout) if ids else ""
    keys = dict(line.split(" ", 1) for line in told.splitlines() if " " in line)
    left = {id: key for id, key in keys.items() if key.rpartition("/")[0] == parent}
    for id in left:
        ask(engine, remove_argv(engine, id), folder)
    return tuple(left.values())

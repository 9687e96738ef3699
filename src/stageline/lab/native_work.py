"""A script as a process of this machine: started with as little as that takes, since there may be very many."""

from __future__ import annotations

import os
import resource
import time

from stageline.lab.at_work import AtWork
from stageline.lab.ended import HowEnded, conclude
from stageline.lab.places import Tools
from stageline.lab.plain_paths import PlainPaths
from stageline.lab.record import Examined, examine_small
from stageline.lab.unit import Unit
from stageline.model.result import TaskResult
from stageline.schedulers.admission import amount_of
from stageline.targets.process import Reaped, memory_kills, reap, start
from stageline.targets.tree import MARK, end_tree, mark_for_children

_MARK = MARK.encode()
_LOG = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC


class Around:
    """What all scripts of a home that are run by one process have in common. Used by one thread."""

    def __init__(self, paths: PlainPaths) -> None:
        self.at_work = AtWork(paths.home)
        self.paths = paths
        self.host = os.uname().nodename
        self.no_input = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self.own_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.outer_mark = os.fsencode(mark_for_children(""))
        self._kills = memory_kills()

    def was_for_memory(self) -> bool:
        """Whether the kernel has killed for want of memory since this was asked last."""
        before, self._kills = self._kills, memory_kills()
        return self._kills > before

    def close(self) -> None:
        """Let go of what it holds."""
        self.at_work.close()
        os.close(self.no_input)


class NativeWork:
    """One script. Its mark is the folder of its outputs."""

    def __init__(self, unit: Unit, tools: Tools, around: Around) -> None:
        self._unit = unit
        self._tools = tools
        self._around = around
        self._pid = 0
        self._started = 0
        self._reaped: Reaped | None = None
        self._ended = 0
        self._stopped = ""
        self._expired = False
        self._found: Examined | None = None
        self.amount = amount_of(unit.resources)
        self.limit = unit.resources.time

    def begin(self) -> int:
        unit, paths = self._unit, self._around.paths
        output = _surroundings(unit)
        try:
            argv = (self._tools.bash, paths.shown(unit.executable), *paths.words(unit.inputs))
            self._started = time.time_ns() // 1000
            self._pid = start(argv, self._environment(), output, self._around.no_input)
        finally:
            os.close(output)
        self._around.at_work.begins(unit.id, self._started)
        return os.pidfd_open(self._pid)

    def end(self) -> bool:
        self._reaped = reap(self._pid, self._around.own_peak)
        self._ended = time.time_ns() // 1000
        self._found = examine_small(self._unit.out, self._unit.outputs)
        return self._found is None

    def conclude(self) -> TaskResult:
        reaped = self._reaped
        assert reaped is not None
        if self._stopped:
            return TaskResult.canceled(self._stopped)
        how = HowEnded(
            started=self._started,
            ended=self._ended,
            host=self._around.host,
            code=reaped.code,
            signal=reaped.signal,
            cpu_seconds=reaped.cpu,
            peak_memory=reaped.peak,
            out_of_memory=reaped.signal == "KILL" and not self._expired and self._around.was_for_memory(),
            time_limit=self.limit or 0 if self._expired else 0,
        )
        return conclude(self._unit, how, self._found)

    def stop(self, reason: str) -> None:
        self._stopped = reason
        self._around.at_work.stops(self._unit.id)
        end_tree({self._pid}, {self._unit.out})

    def expire(self) -> None:
        self._expired = True
        end_tree({self._pid}, {self._unit.out})

    def _environment(self) -> dict[bytes, bytes]:
        out = self._unit.out
        shown = os.fsencode(self._around.paths.shown(out))
        return {**self._tools.variables, b"out": shown, _MARK: self._around.outer_mark + os.fsencode(out)}


def _surroundings(unit: Unit) -> int:
    """Have the folder of its outputs there, with no file in it, and its log, empty; answers the log, open."""
    _is_made(unit.out)
    try:
        return os.open(unit.log, _LOG | os.O_EXCL, 0o644)
    except FileExistsError:
        _clear(unit.out)  # without a log it was never begun, and there is nothing to be cleared away
        return os.open(unit.log, _LOG | os.O_TRUNC, 0o644)


def make_folder(path: str) -> None:
    """Have a folder there, with no file in it."""
    if not _is_made(path):
        _clear(path)


def _is_made(path: str) -> bool:
    """Make a folder; False when it is there already."""
    try:
        os.mkdir(path, 0o755)  # noqa: PTH102
    except FileExistsError:
        return False
    except FileNotFoundError:
        os.makedirs(path, exist_ok=True)  # noqa: PTH103
    return True


def _clear(path: str) -> None:
    """Take away the files of an earlier time; the script itself does so with all else, but for that it needs others."""
    with os.scandir(path) as inside:
        files = [entry.path for entry in inside if not entry.is_dir(follow_symlinks=False)]
    for file in files:
        os.unlink(file)  # noqa: PTH108

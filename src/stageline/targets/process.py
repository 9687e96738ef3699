"""The only place that spawns. A command is a list of words, never a text put together from values for a shell.

Each process leads its own session, and writes straight into files: no pipe that a grandchild could hold open.
Waiting ends with the process; when the work is canceled it ends once the whole tree is gone.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import select
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

import msgspec

from stageline.errors import ConfigError, DocumentError, MissingDependency
from stageline.targets.cancellation import Cancellation
from stageline.targets.masked_output import MaskedOutput
from stageline.targets.masking import Mask
from stageline.targets.notes import Notes, ticks_now
from stageline.targets.tree import MARK, end_tree, mark_for_children, mark_of

_IGNORED_HERE = (signal.SIGPIPE, signal.SIGXFSZ)


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """What to run, and the folder where its stdout and stderr go. With `notes`, whoever takes over finds its process.

    `env` is laid over the parent's environment; when `bare`, it and the mark are all there is. `mark` finds all that
    it starts; by default it is the folder's path. What only stands `around` the work is not asked to end: its end would
    be the work's, unwarned. With a `mask`, no secret gets into the files.
    """

    argv: tuple[str, ...]
    folder: Path
    env: Mapping[str, str] = {}
    cwd: str | None = None
    stdin: bytes = b""
    pass_fds: tuple[int, ...] = ()
    mark: str = ""
    notes: Notes | None = None
    mask: Mask | None = None
    bare: bool = False
    around: bool = False


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a process ended: with a code, or by a signal (`KILL`). `stopped` says why it was we who ended it.

    With both, a wrapper told by its code that a signal ended the work.

    `peak_memory` is in bytes; None when it was less than this process has used itself, for then the kernel cannot tell.
    `left` are pids of its tree that outlived even KILL.
    """

    code: int | None
    signal: str
    stdout: Path
    stderr: Path
    seconds: float
    cpu_seconds: float
    peak_memory: int | None
    out_of_memory: bool = False
    stopped: str = ""
    left: tuple[int, ...] = ()


class Process:
    """A running process. Exactly one call of `wait` or `stop` ends it, from any thread."""

    def __init__(self, command: Command, pid: int, begun: float, kills: int, masked: Sequence[MaskedOutput]) -> None:
        self.pid = pid
        self.command = command
        self._masked = masked
        self._begun = begun
        self._kills = kills
        self._own_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def wait(self, cancellation: Cancellation | None = None, timeout: float | None = None) -> Ended:
        """Block until it has ended by itself, or is canceled or out of time and gone with all that it started."""
        if cancellation is not None or timeout is not None:
            with closing_fd(os.pidfd_open(self.pid)) as fd:
                stopped = wait_readable((fd,), cancellation, timeout)
            if stopped:
                return self.stop(stopped)
        return self._reap()

    def stop(self, why: str, *marks: str) -> Ended:
        """End it, all that it started, and all that bears one of the marks."""
        spared = {self.pid} if self.command.around else ()
        left = end_tree({self.pid}, {self.command.mark, *marks}, spared=spared)
        return self._reap(why, left)

    def _reap(self, stopped: str = "", left: tuple[int, ...] = ()) -> Ended:
        try:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG if left else 0)
        except ChildProcessError as error:
            raise ConfigError(
                "the end of a process was taken away by other code of this program: "
                "it must not ignore SIGCHLD nor wait for children that are not its own"
            ) from error
        for output in self._masked:
            output.finish()
        code = os.waitstatus_to_exitcode(status) if pid else -signal.SIGKILL
        killed = code in (-signal.SIGKILL, 128 + signal.SIGKILL) and not stopped
        if killed:
            _recent_kills.cache_clear()
        return Ended(
            code=code if code >= 0 else None,
            signal=signal_name(-code) if code < 0 else "",
            stdout=self.command.folder / "stdout",
            stderr=self.command.folder / "stderr",
            seconds=time.monotonic() - self._begun,
            cpu_seconds=usage.ru_utime + usage.ru_stime,
            peak_memory=usage.ru_maxrss * 1024 if usage.ru_maxrss > self._own_peak else None,
            out_of_memory=killed and memory_kills() > self._kills,
            stopped=stopped,
            left=left,
        )


def run(command: Command, cancellation: Cancellation | None = None, timeout: float | None = None) -> Ended:
    """Start a command and wait for its end."""
    return spawn(command).wait(cancellation, timeout)


def spawn(command: Command) -> Process:
    """Start a command. ConfigError or OSError when that is not possible."""
    folder = command.folder
    make_folder(folder)
    command = msgspec.structs.replace(command, mark=command.mark or mark_of(folder))
    begun, tick = time.monotonic(), ticks_now()
    kills = _recent_kills(int(begun))
    files, masked = [_stdin(command.stdin)], list[MaskedOutput]()
    try:
        for name in ("stdout", "stderr"):
            masked += [MaskedOutput(folder / name, command.mask)] if command.mask else []
            files.append(masked[-1].writer() if command.mask else _output(f"{folder}/{name}"))
        process = Process(command, _popen(command, files), begun, kills, masked)
    finally:
        for file in files:
            os.close(file)
    if command.notes is not None:
        _note(process, command.notes, tick)
    return process


def _note(process: Process, notes: Notes, tick: int) -> None:
    try:
        notes.add(process.pid, tick, process.command.mark)
    except OSError as error:
        process.stop(f"no note of it could be written: {error}")
        raise ConfigError(f"no note of the process can be written to {notes.file}: {error.strerror}") from error


def start(argv: tuple[str, ...], environment: Mapping[bytes, bytes], output: int, stdin: int) -> int:
    """Start a program that many are started of, and answer its pid: no note of it is written, its mark must lead to it.

    `environment` is all there is; stdout and stderr both go to `output`.
    """
    actions = [(os.POSIX_SPAWN_DUP2, stdin, 0), (os.POSIX_SPAWN_DUP2, output, 1), (os.POSIX_SPAWN_DUP2, output, 2)]
    try:
        return os.posix_spawn(argv[0], argv, environment, file_actions=actions, setsid=True, setsigdef=_IGNORED_HERE)
    except (OSError, ValueError) as error:
        _explain(argv[0][:200], None, error)


class Reaped(msgspec.Struct, frozen=True):
    """How a process that was started so has ended: `signal` is the name of what killed it, `cpu` is in seconds."""

    code: int
    signal: str
    cpu: float
    peak: int | None


def reap(pid: int, own_peak: int) -> Reaped:
    """Take a process that has ended from the system; one that outlives even KILL is left. `own_peak` is in KiB."""
    done, status, usage = os.wait4(pid, os.WNOHANG)
    code = os.waitstatus_to_exitcode(status) if done else -signal.SIGKILL
    peak = usage.ru_maxrss * 1024 if usage.ru_maxrss > own_peak else None
    return Reaped(max(code, 0), signal_name(-code) if code < 0 else "", usage.ru_utime + usage.ru_stime, peak)


def attend(argv: tuple[str, ...], env: Mapping[str, str], *, bare: bool, cwd: str) -> int:
    """Let somebody at our terminal use a program in a folder; answers its exit code. Ctrl-C is for it alone."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        whole = dict(env) if bare else {**os.environ, **env}
        code = subprocess.call(argv, env=whole, cwd=cwd, preexec_fn=_heed_interrupts)
    except (OSError, ValueError) as error:
        _explain(argv[0][:200], cwd, error)
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_readable(fds: Sequence[int], cancellation: Cancellation | None, timeout: float | None = None) -> str:
    """Block until one of `fds` can be read (answers ''), or answer why there is no more waiting for it."""
    wake = _Wake()
    poll = select.poll()
    for fd in (wake.fd, *fds):
        poll.register(fd, select.POLLIN)
    try:
        if cancellation is not None:
            cancellation.on_cancel(wake)
        ready = poll.poll(None if timeout is None else timeout * 1000)
    finally:
        if cancellation is not None:
            cancellation.forget(wake)
        wake.close()
    if not ready:
        return "out of time"
    if cancellation is not None and cancellation.requested and all(fd not in fds for fd, _ in ready):
        return cancellation.reason or "canceled"
    return ""


@contextlib.contextmanager
def closing_fd(fd: int) -> Iterator[int]:
    """Close a file descriptor at the end."""
    try:
        yield fd
    finally:
        os.close(fd)


def memory_kills() -> int:
    """How many processes this machine's kernel has killed for want of memory so far."""
    with open("/proc/vmstat", "rb", buffering=0) as file:  # noqa: PTH123, at every start
        _, _, rest = file.read().partition(b"\noom_kill ")
    return int(rest.split(b"\n", 1)[0] or 0)


@lru_cache(maxsize=1)
def _recent_kills(second: int) -> int:
    """The same, as it was at some time within this second: the kernel has to count all that it knows to tell it."""
    return memory_kills()


def signal_name(number: int) -> str:
    """`KILL` for 9."""
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return str(number)


class _Wake:
    """A file descriptor that becomes readable when this is called; harmless once closed."""

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            if self.fd >= 0:
                os.eventfd_write(self.fd, 1)

    def close(self) -> None:
        with self._lock:
            os.close(self.fd)
            self.fd = -1


def _stdin(given: bytes) -> int:
    if not given:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    file = os.memfd_create("stdin")
    with open(file, "wb", closefd=False) as writer:
        writer.write(given)
    os.lseek(file, 0, os.SEEK_SET)
    return file


def make_folder(folder: Path) -> None:
    """Make a folder that is mostly not there yet, below one that mostly is."""
    try:
        os.mkdir(folder)  # noqa: PTH102, at every start
    except FileExistsError:
        pass
    except FileNotFoundError:
        folder.mkdir(parents=True, exist_ok=True)


def _output(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _popen(command: Command, files: list[int]) -> int:
    try:
        environment = _environment(command)
        found = _program(command.argv[0], environment.get(b"PATH", b""))
        try:
            popen = _opened(command, files, environment, found)
        except OSError:
            if found is None:
                raise
            popen = _opened(command, files, environment, None)  # it was no program: the search goes on behind it
    except (OSError, ValueError) as error:
        _explain(command.argv[0][:200], command.cwd, error)
    popen.returncode = 0  # reaped by wait4 here, which tells more; without a code Popen would try to reap it too
    return popen.pid


def _opened(
    command: Command, files: list[int], environment: dict[bytes, bytes], found: bytes | None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command.argv,
        executable=found,
        stdin=files[0],
        stdout=files[1],
        stderr=files[2],
        env=environment,
        cwd=command.cwd,
        pass_fds=command.pass_fds,
        start_new_session=True,
    )


def _program(name: str, path: bytes) -> bytes | None:
    """The file that a search will end with, if that can be told from here: to try each folder in turn takes longer."""
    wanted = os.fsencode(name)
    if b"/" in wanted or b"\0" in wanted:
        return None
    for folder in path.split(b":"):
        if not folder.startswith(b"/"):
            return None
        if os.access(file := folder + b"/" + wanted, os.X_OK):
            return file
    return None


def _environment(command: Command) -> dict[bytes, bytes]:
    """The parent's environment and the command's, as bytes: decoding it at every start would be felt."""
    own = {os.fsencode(name): os.fsencode(text) for name, text in command.env.items()}
    environment = own if command.bare else {**os.environb, **own}
    environment[MARK.encode()] = os.fsencode(mark_for_children(command.mark))
    return environment


def _explain(program: str, cwd: str | None, error: OSError | ValueError) -> NoReturn:
    if isinstance(error, ValueError):
        raise DocumentError(f"{program}: the command or its environment cannot be passed on: {error}") from error
    if cwd is not None and not os.path.isdir(cwd):  # noqa: PTH112
        raise DocumentError(f"{program}: its working directory {cwd} is not there") from error
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            raise MissingDependency(f"there is no program '{program}': install it, or give its full path") from error
        case errno.EACCES | errno.ENOEXEC | errno.EISDIR:
            raise DocumentError(f"'{program}' cannot be executed: {error.strerror}") from error
        case errno.E2BIG:
            raise DocumentError(
                f"{program}: command and environment are too long for the system; use a file"
            ) from error
        case _:
            raise error

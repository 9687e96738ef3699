"""What a script may change in its interpreter, remembered before the first one and put back after each.

Modules of libraries stay loaded, which is what makes a worker warm; the user's own are loaded anew by each script.
"""

import contextlib
import importlib
import os
import resource
import signal
import sys
import threading
from typing import TextIO, cast

_LIBRARY = os.path.dirname(os.__file__)  # noqa: PTH120
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")
_SIGNALS = tuple(number for number in signal.valid_signals() if number not in (signal.SIGKILL, signal.SIGSTOP))
_LIMITS = (
    resource.RLIMIT_AS,
    resource.RLIMIT_CPU,
    resource.RLIMIT_DATA,
    resource.RLIMIT_FSIZE,
    resource.RLIMIT_NOFILE,
    resource.RLIMIT_STACK,
)


class Home:
    """The state of the interpreter before any script ran."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._main = sys.modules["__main__"]
        self._cwd = os.getcwd()  # noqa: PTH109
        self._environ = dict(os.environ)
        self._path = list(sys.path)
        self._modules = set(sys.modules)
        self._handlers = {number: signal.getsignal(number) for number in _SIGNALS}
        self._limits = _limits()
        self._recursion = sys.getrecursionlimit()
        self._umask = os.umask(0o077)
        os.umask(self._umask)

    def is_forked(self) -> bool:
        """Whether this is a child that a script forked and that ran on to the script's end; it must leave quietly."""
        if os.getpid() == self._pid:
            return False
        _flush()
        return True

    def open_output(self, stdout: str, stderr: str) -> None:
        """Point the three standard files, of this process and of what it starts, at nothing and at two files."""
        _point(0, os.devnull, os.O_RDONLY)
        _point(1, stdout, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        _point(2, stderr, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        sys.stdin = _stream(0, "r")
        sys.stdout = _stream(1, "w")
        sys.stderr = _stream(2, "w")

    def restore(self) -> bool:
        """Put everything back, or answer that it cannot be done: threads still run, or limits were lowered."""
        _flush()
        if threading.active_count() > 1 or _limits() != self._limits:
            return False
        try:
            os.chdir(self._cwd)
        except OSError:
            return False
        self._restore_process()
        self._restore_interpreter()
        _point(1, os.devnull, os.O_WRONLY)
        _point(2, os.devnull, os.O_WRONLY)
        return True

    def _restore_process(self) -> None:
        os.umask(self._umask)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in self._handlers.items():
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)
        if dict(os.environ) != self._environ:
            os.environ.clear()
            os.environ.update(self._environ)

    def _restore_interpreter(self) -> None:
        sys.path[:] = self._path
        sys.setrecursionlimit(self._recursion)
        for name in sys.modules.keys() - self._modules:
            if _is_library(name):
                self._modules.add(name)
            else:
                del sys.modules[name]
        sys.modules["__main__"] = self._main
        importlib.invalidate_caches()
        for name in ("random", "numpy.random"):
            if name in sys.modules:
                sys.modules[name].seed()


def _is_library(name: str) -> bool:
    """Whether the module came with Python or was installed, as opposed to lying among the user's files."""
    file = getattr(sys.modules[name], "__file__", None)
    if file is None:
        return not hasattr(sys.modules[name], "__path__")
    return is_installed(file) or name.startswith("stageline.")


def is_installed(file: str) -> bool:
    """Whether it came with Python or lies where packages are installed."""
    return file.startswith(_LIBRARY) or any(part in file for part in _INSTALLED)


def _limits() -> list[tuple[int, int]]:
    return [resource.getrlimit(which) for which in _LIMITS]


def _point(fd: int, path: str, flags: int) -> None:
    file = os.open(path, flags, 0o600)
    if file != fd:
        os.dup2(file, fd)
        os.close(file)


def _stream(fd: int, mode: str) -> TextIO:
    """A text file over a descriptor, line by line as it comes; what cannot be encoded is shown, never an error."""
    return cast(TextIO, open(fd, mode, 1, "utf-8", "backslashreplace", closefd=False))


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()  # type: ignore[union-attr]

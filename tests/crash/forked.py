"""Runs a function in a process of its own, forked from this one, which must have no threads."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Callable

SECONDS = 60


def in_a_process(work: Callable[[], object]) -> int:
    """How the process ended: 0, 1 after an exception, or minus the signal that killed it; ALRM when it took too long."""
    return end_of(begin(work))


def begin(work: Callable[[], object]) -> int:
    """The pid of a process that does this."""
    assert threading.active_count() == 1
    pid = os.fork()
    if pid == 0:
        _be_child(work)
    return pid


def end_of(pid: int) -> int:
    """Wait until it has ended."""
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def is_stopped(pid: int) -> bool:
    """Wait until it has stopped itself (True), or ended."""
    info = os.waitid(os.P_PID, pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    return info is not None and info.si_code == os.CLD_STOPPED


def _be_child(work: Callable[[], object]) -> None:
    code = 1
    try:
        signal.alarm(SECONDS)
        work()
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)

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
    assert threading.active_count() == 1
    pid = os.fork()
    if pid == 0:
        _be_child(work)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


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

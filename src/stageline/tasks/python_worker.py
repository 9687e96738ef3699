"""A process that carries out one order after the other as if each had an interpreter of its own.

What a script changes is put back; a worker that cannot be put back says that it is spent and ends, as Python ends.
While a script runs, the kernel kills the worker's whole process group if the engine goes away.
"""

import atexit
import fcntl
import os
import select
import signal
import socket
import sys

import msgspec

from stageline.tasks.python_home import Home
from stageline.tasks.python_orders import carry_out
from stageline.tasks.python_wire import Answer, receive_order, send


def main(fd: int) -> None:
    """Serve the engine at the other end of socket `fd` until it is gone or this worker is spent."""
    os.set_inheritable(fd, False)
    channel = socket.socket(fileno=fd)
    last_word = _LastWord(channel)
    atexit.register(last_word.say)
    home = Home()
    channel.sendall(b"+")
    while (order := receive_order(channel)) is not None:
        home.open_output(order.stdout, order.stderr)
        _die_with_engine(channel)
        answer = carry_out(order)
        if home.is_forked():
            os._exit(answer.code & 0xFF)
        if not home.restore():
            last_word.answer = answer
            return
        _live_on(channel)
        send(channel, answer)


class _LastWord:
    """The answer of a spent worker: given at the very end, once Python has waited for the script's threads."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._pid = os.getpid()
        self.answer: Answer | None = None

    def say(self) -> None:
        if self.answer is None or os.getpid() != self._pid:
            return
        sys.stdout.flush()
        sys.stderr.flush()
        _live_on(self._channel)
        send(self._channel, msgspec.structs.replace(self.answer, spent=True))


def _die_with_engine(channel: socket.socket) -> None:
    """Have the kernel send KILL to this process group when the other end of the socket is closed.

    A thread that watches the socket would not do: it waits for as long as a script holds the interpreter's lock.
    """
    fcntl.fcntl(channel, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(channel, fcntl.F_SETOWN, -os.getpgrp())
    fcntl.fcntl(channel, fcntl.F_SETFL, fcntl.fcntl(channel, fcntl.F_GETFL) | os.O_ASYNC)
    poll = select.poll()
    poll.register(channel, select.POLLRDHUP)
    if poll.poll(0):
        os.killpg(0, signal.SIGKILL)


def _live_on(channel: socket.socket) -> None:
    fcntl.fcntl(channel, fcntl.F_SETFL, fcntl.fcntl(channel, fcntl.F_GETFL) & ~os.O_ASYNC)

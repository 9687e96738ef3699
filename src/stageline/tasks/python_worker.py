"""A process that runs one script after the other as if each had an interpreter of its own.

What a script changes is put back; a worker that cannot be put back says that it is spent and ends, as Python ends.
While a script runs, the kernel kills the worker's whole process group if the engine goes away.
"""

import atexit
import fcntl
import linecache
import os
import select
import signal
import socket
import sys
import threading
import traceback
from types import ModuleType
from typing import Any

import msgspec

from stageline.errors import DocumentError
from stageline.model.failure import Cause, Failure
from stageline.model.jsonvalue import canonical
from stageline.model.result import output_failure
from stageline.targets.tree import MARK
from stageline.tasks.python_home import Home
from stageline.tasks.python_wire import Answer, Script, receive, send
from stageline.tasks.raised import raised


def main(fd: int) -> None:
    """Serve the engine at the other end of socket `fd` until it is gone or this worker is spent."""
    os.set_inheritable(fd, False)
    channel = socket.socket(fileno=fd)
    last_word = _LastWord(channel)
    atexit.register(last_word.say)
    home = Home()
    channel.sendall(b"+")
    while (script := receive(channel, Script)) is not None:
        home.open_output(script.stdout, script.stderr)
        _die_with_engine(channel)
        answer = _run(script)
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


def _run(script: Script) -> Answer:
    """Execute the script in a fresh `__main__` and say how it ended."""
    module = ModuleType("__main__")
    names = module.__dict__
    names["__builtins__"] = __builtins__
    lines = script.text.splitlines(keepends=True)
    linecache.cache[script.name] = (len(script.text), None, lines, script.name)
    sys.modules["__main__"] = module
    sys.argv = [script.name]
    os.environ[MARK] = script.mark
    try:
        for name, data in (("INPUT", script.inputs), ("STAGES", script.stages)):
            if data is not None:
                names[name] = msgspec.json.decode(data)
        exec(compile(script.text, script.name, "exec", dont_inherit=True), names)  # noqa: S102
        return _succeeded(names)
    except SystemExit as end:
        return _exited(end, names)
    except BaseException as error:  # noqa: BLE001, here the user's text runs: whatever it raises is its outcome
        return _failed(error, script.name)
    finally:
        if threading.active_count() == 1:
            names.clear()


def _succeeded(names: dict[str, Any]) -> Answer:
    if "RESULT" not in names:
        return Answer()
    try:
        _, encoded = canonical({"RESULT": names["RESULT"]}, "")
    except DocumentError as error:
        problem = str(error).replace("['RESULT']", "RESULT", 1)
        return Answer(1, failure=output_failure(problem))
    return Answer(result=encoded[len(b'{"RESULT":') : -1])


def _exited(end: SystemExit, names: dict[str, Any]) -> Answer:
    if end.code is None or end.code == 0:
        return _succeeded(names)
    if isinstance(end.code, int):
        code, text = end.code, ""
    else:
        code, text = 1, str(end.code)
        _print_error(f"{text}\n")
    said = f": {text}" if text else ""
    return Answer(code, failure=Failure(f"the script ended with exit code {code}{said}", Cause.EXIT, code))


def _failed(error: BaseException, name: str) -> Answer:
    """The failure, with the traceback from the script's first frame on; its last frame in the script is named."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != name:
        trace = trace.tb_next
    error.__traceback__ = trace
    detail = "".join(traceback.format_exception(error))
    lines = [at.lineno for at in traceback.extract_tb(trace) if at.filename == name]
    _print_error(detail)
    return Answer(1, failure=raised(error, detail, f" (line {lines[-1]} of the script)" if lines else ""))


def _print_error(text: str) -> None:
    """Where Python itself would print it: standard error, even if the script has replaced `sys.stderr`."""
    os.write(2, text.encode("utf-8", "backslashreplace"))

"""A call at a terminal: a pseudo terminal, what was drawn on it, and keys that are pressed."""

import os
import pty
import select
import subprocess
import time

from tests.contract.cli.calling import COMMAND, Project

CTRL_C = b"\x03"


class Terminal:
    """A call of the command whose three streams are one terminal."""

    def __init__(self, project: Project, *arguments: str) -> None:
        self._master, slave = pty.openpty()
        self.drawn = ""
        env = {**project.env, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
        self.process = subprocess.Popen(
            [COMMAND, *arguments],
            cwd=project.folder,
            env=env,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: _control(slave),  # noqa: PLW1509, nothing else runs in the child yet
        )
        os.close(slave)

    def press(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def until(self, text: str, seconds: float = 60.0) -> None:
        """Read until something is drawn."""
        ends = time.monotonic() + seconds
        while text not in self.drawn:
            assert time.monotonic() < ends, f"{text!r} was not drawn:\n{self.drawn}"
            self._read(0.1)

    def end(self, seconds: float = 60.0) -> int:
        """Read until the call has ended; its exit code."""
        ends = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < ends, self.drawn
            self._read(0.1)
        while self._read(0.1):
            pass
        os.close(self._master)
        return self.process.returncode

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:  # the other side has gone
            return False
        self.drawn += data.decode("utf-8", "replace")
        return bool(data)


def _control(slave: int) -> None:
    import fcntl
    import termios

    fcntl.ioctl(slave, termios.TIOCSCTTY, 0)

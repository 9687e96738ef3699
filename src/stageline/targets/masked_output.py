"""Output on its way into a log file, masked: a pipe with a name to write to, and a thread that copies from it.

Nothing unmasked is ever on disk, even if the engine is killed. What outlives its process may go on writing for as long
as the engine lives.
"""

from __future__ import annotations

import contextlib
import os
import select
import threading
from collections.abc import Iterator
from pathlib import Path

from stageline.targets.masking import Mask, MaskedStream

_PIECE = 1 << 16
_LEFT_IN_PIPE = 32


@contextlib.contextmanager
def masked_output(path: Path, mask: Mask | None) -> Iterator[Path]:
    """Where to write what shall be in the file at `path`, masked; without a mask it is the path itself."""
    if not mask:
        yield path
        return
    output = MaskedOutput(path, mask)
    try:
        yield output.entrance
    finally:
        output.finish()


class MaskedOutput:
    """Copies what is written into `entrance` to the file at `path`, as it comes."""

    def __init__(self, path: Path, mask: Mask) -> None:
        self.entrance = path.with_name(f".{path.name}-unmasked")
        self._stream = MaskedStream(mask)
        self._lock = threading.Lock()
        self._open = True
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self.entrance.unlink(missing_ok=True)
        os.mkfifo(self.entrance, 0o600)
        self._pipe = os.open(self.entrance, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._wake = os.eventfd(0, os.EFD_CLOEXEC)
        threading.Thread(target=self._copy, name=f"mask {path}", daemon=True).start()

    def writer(self) -> int:
        """A file descriptor to write to; the name is not needed then."""
        writer = os.open(self.entrance, os.O_WRONLY | os.O_CLOEXEC)
        self.entrance.unlink()
        return writer

    def finish(self) -> None:
        """All that was written until now is in the file afterwards; what still holds the pipe is not waited for."""
        self.entrance.unlink(missing_ok=True)
        with self._lock:
            for _ in range(_LEFT_IN_PIPE):
                if not self._open or not self._pull():
                    break
            if self._open:
                self._write(self._stream.end())

    def _copy(self) -> None:
        poll = select.poll()
        poll.register(self._pipe, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        while self._open:
            poll.poll()
            with self._lock:
                if self._open:
                    self._pull()
        os.close(self._wake)

    def _pull(self) -> bool:
        """Copy a piece; answers whether there was one. At the end of all that was written, this is over."""
        try:
            piece = os.read(self._pipe, _PIECE)
        except BlockingIOError:
            return False
        self._write(self._stream.feed(piece) if piece else self._stream.end())
        if not piece:
            self._close()
        return bool(piece)

    def _write(self, data: bytes) -> None:
        """A file that takes no more closes the pipe: who writes is told so by the system."""
        try:
            while data:
                data = data[os.write(self._file, data) :]
        except OSError:
            self._close()

    def _close(self) -> None:
        if self._open:
            os.eventfd_write(self._wake, 1)
            self._open = False
            os.close(self._pipe)
            os.close(self._file)

"""A log that is written here while its process runs on another machine: what comes is masked, and put behind."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from stageline.targets.masking import Mask, MaskedStream

log = logging.getLogger(__name__)


class LogSink:
    """Makes the file at `path` anew, for its owner only. One that takes no more is said so of once.

    Between two pieces nothing is open: there may be thousands of these.
    """

    def __init__(self, path: Path, mask: Mask | None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._stream = MaskedStream(mask) if mask else None
        self._full = False
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600))

    def __call__(self, data: bytes) -> None:
        self._write(self._stream.feed(data) if self._stream else data)

    def close(self) -> None:
        """Nothing more comes."""
        if self._stream:
            self._write(self._stream.end())

    def _write(self, data: bytes) -> None:
        if not data or self._full:
            return
        try:
            with self._path.open("ab") as file:
                file.write(data)
        except OSError as error:
            log.warning("%s cannot be written any more: %s", self._path, error.strerror)
            self._full = True

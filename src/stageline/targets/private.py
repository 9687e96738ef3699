"""A private folder in memory, for what must be handed to a program as a file and never reach a disk.

It is named by a key: what a dead process has left under the same key is removed first.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108


@contextmanager
def private_folder(key: str) -> Iterator[Path]:
    """The folder, empty, as long as the block lasts. Without memory to hold files it is among the temporary ones."""
    base = _MEMORY if _MEMORY.is_dir() else Path(tempfile.gettempdir())
    folder = base / f"stageline-{hashlib.sha256(key.encode()).hexdigest()[:24]}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)

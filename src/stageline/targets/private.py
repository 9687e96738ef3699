"""Folders of a user's alone, also among those that everybody may write to.

One in memory is for what must be handed to a program as a file and never reach a disk.
"""

import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MEMORY = Path("/dev/shm")  # noqa: S108


@contextmanager
def private_folder(key: str) -> Iterator[Path]:
    """A folder in memory, empty, as long as the block lasts; without memory to hold files, among the temporary ones.

    What a dead process has left under the same key is removed first.
    """
    base = _MEMORY if _MEMORY.is_dir() else Path(tempfile.gettempdir())
    folder = base / f"stageline-{hashlib.sha256(key.encode()).hexdigest()[:24]}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def have_own_folder(folder: Path, refused: int) -> bool:
    """Have the folder there; False when it is somebody else's, or others have a right in it that is `refused`."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & refused

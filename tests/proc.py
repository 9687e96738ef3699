"""Files of the processes that there are. A process may end meanwhile: reading them raises OSError then."""

from collections.abc import Iterator
from pathlib import Path


def proc_files(name: str) -> Iterator[Path]:
    """The file of this name of every process, whether it is there or not."""
    return (folder / name for folder in Path("/proc").iterdir() if folder.name.isdigit())

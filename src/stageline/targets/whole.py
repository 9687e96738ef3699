"""Files that are there whole or not at all: written beside their place, and moved there in one step."""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file for its owner only, in the place of one that is there; OSError leaves all as it was."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)
    with ExitStack() as on_failure:
        on_failure.callback(Path(name).unlink, missing_ok=True)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
        on_failure.pop_all()

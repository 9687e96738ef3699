"""A Lab as one tar: the files that it lists and its documents, nothing else, and always the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

from stageline.errors import ConfigError
from stageline.lab.layout import JOBS, LAB_METADATA, METADATA, out_folder
from stageline.lab.read import BuiltLab
from stageline.targets.layers import Entry, write_layer


def pack(lab: BuiltLab, tar: Path) -> None:
    """Write the tar, whole or not at all."""
    unnamed = tar.parent / f".{tar.name}-{uuid4().hex}"
    try:
        write_layer(_entries(lab), unnamed)
        unnamed.replace(tar)
    except OSError as error:
        raise ConfigError(f"{tar} cannot be written: {error.strerror}; name another file with -o") from error
    finally:
        unnamed.unlink(missing_ok=True)


def _entries(lab: BuiltLab) -> Iterator[Entry]:
    documents = [LAB_METADATA, METADATA, lab.metadata.files.path, *(run.manifest.path for run in lab.metadata.runs)]
    for path in dict.fromkeys(documents):
        yield Entry(name=path, source=lab.root / path, mode=0o644)
    for path in dict.fromkeys(path.split("/")[1] for path in lab.files if path.startswith(f"{JOBS}/")):
        yield Entry(name=out_folder(path))
    for path, mark in lab.files.items():
        if mark.link:
            yield Entry(name=path, link=mark.link)
        else:
            yield Entry(name=path, source=lab.root / path, mode=0o755 if mark.executable else 0o644)

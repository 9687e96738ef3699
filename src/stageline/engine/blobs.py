"""Values too large for a database: each in a file named by its digest, with a small reference in its place.

The file is complete before the reference is written anywhere; equal values share one file.
"""

import hashlib
import os
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from stageline.errors import StoreError
from stageline.model.workflow import Workflow
from stageline.targets.whole import write_whole

LIMIT = 1 << 20
MARK = "$stageline.file"
_REFERENCE = re.compile(re.escape(f'"{MARK}":"') + "([0-9a-f]{64})")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """The large values of one store, below its folder for files."""

    def __init__(self, files: Path) -> None:
        self._folder = files / "large"

    def shrink(self, outputs: dict[str, Any], encoded: bytes) -> dict[str, Any]:
        """The outputs with each value over the limit replaced by a reference. `encoded` is their JSON."""
        if len(encoded) <= LIMIT and MARK.encode() not in encoded:
            return outputs
        return {key: self._shrink_value(value) for key, value in outputs.items()}

    def expand(self, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The outputs with references replaced by their values, also inside what a child run put out.

        Without references it is they themselves: to be read, and not to be changed.
        """
        if not any(_refers(value) for value in outputs.values()):
            return outputs
        return {key: self._expand_value(value) for key, value in outputs.items()}

    def _expand_value(self, value: Any) -> Any:
        if _is_reference(value):
            return self._read(value)
        return self.expand(value) if isinstance(value, dict) else value

    def _shrink_value(self, value: Any) -> Any:
        encoded = msgspec.json.encode(value)
        if len(encoded) <= LIMIT and MARK.encode() not in encoded:
            return value
        digest = hashlib.sha256(encoded).hexdigest()
        path = self._path(digest)
        if not _touched(path):
            _write(path, encoded)
        return {MARK: digest, "size": len(encoded)}

    def _read(self, reference: Mapping[str, Any]) -> Any:
        path = self._path(reference[MARK])
        try:
            return msgspec.json.decode(path.read_bytes())
        except (OSError, msgspec.DecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise StoreError(f"a large output is kept in {path}, which cannot be read: {why}") from error

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.json"

    def sweep(self, kept: Callable[[], frozenset[str]], before: float, dry: bool = False) -> list[int]:
        """Delete the files that nothing refers to, older than `before` (seconds since 1970); answers their sizes.

        A file is written, or touched, before it is referred to: so one that is young may be about to be.
        """
        old = [path for path in self._folder.glob("*/*.json") if path.stat().st_mtime < before]
        digests = kept() if old else frozenset()
        unused = [path for path in old if path.stem not in digests]
        sizes = [path.stat().st_size for path in unused]
        if dry:
            return sizes
        return [size for path, size in zip(unused, sizes, strict=True) if _delete(path, before)]


def references_in(texts: Iterable[str]) -> frozenset[str]:
    """The digests of all large values that these JSON texts refer to."""
    return frozenset(digest for text in texts for digest in _REFERENCE.findall(text))


def _touched(path: Path) -> bool:
    """Whether the file is there; it is young again then."""
    try:
        os.utime(path)
    except OSError:
        return False
    return True


def _delete(path: Path, before: float) -> bool:
    """Delete the file unless it is young by now: whoever touches it sees it there, or not at all."""
    aside = path.with_name(f"{uuid.uuid4().hex}.gone")
    path.rename(aside)
    if aside.stat().st_mtime >= before:
        aside.rename(path)
        return False
    aside.unlink()
    return True


def with_large_values(workflow: Workflow, files: Callable[[], Path]) -> Workflow:
    """The workflow with all references in its outputs replaced by their values."""
    if not any(_refers(stage.outputs) for stage in workflow.stages):
        return workflow
    blobs = Blobs(files())
    stages = [replace(s, record=replace(s.record, outputs=blobs.expand(s.outputs))) for s in workflow.stages]
    return replace(workflow, stages=stages)


def _is_reference(value: object) -> bool:
    return isinstance(value, dict) and MARK in value and bool(_DIGEST.fullmatch(str(value[MARK])))


def _refers(value: object) -> bool:
    return isinstance(value, dict) and (_is_reference(value) or any(map(_refers, value.values())))


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise StoreError(f"a large output cannot be written to {path}: {error.strerror}") from error

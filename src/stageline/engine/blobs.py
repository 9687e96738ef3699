"""Values too large for a database: each in a file named by its digest, with a small reference in its place.

The file is complete before the reference is written anywhere; equal values share one file.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from stageline.errors import StoreError
from stageline.model.workflow import Workflow
from stageline.targets.whole import write_whole

LIMIT = 1 << 20
_MARK = "$stageline.file"
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Blobs:
    """The large values of one store, below its folder for files."""

    def __init__(self, files: Path) -> None:
        self._folder = files / "large"

    def shrink(self, outputs: dict[str, Any], encoded: bytes) -> dict[str, Any]:
        """The outputs with each value over the limit replaced by a reference. `encoded` is their JSON."""
        if len(encoded) <= LIMIT and _MARK.encode() not in encoded:
            return outputs
        return {key: self._shrink_value(value) for key, value in outputs.items()}

    def expand(self, outputs: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs with references replaced by their values, also inside what a child run put out."""
        if not any(_refers(value) for value in outputs.values()):
            return dict(outputs)
        return {key: self._expand_value(value) for key, value in outputs.items()}

    def _expand_value(self, value: Any) -> Any:
        if _is_reference(value):
            return self._read(value)
        return self.expand(value) if isinstance(value, dict) else value

    def _shrink_value(self, value: Any) -> Any:
        encoded = msgspec.json.encode(value)
        if len(encoded) <= LIMIT and _MARK.encode() not in encoded:
            return value
        digest = hashlib.sha256(encoded).hexdigest()
        path = self._path(digest)
        if not path.exists():
            _write(path, encoded)
        return {_MARK: digest, "size": len(encoded)}

    def _read(self, reference: Mapping[str, Any]) -> Any:
        path = self._path(reference[_MARK])
        try:
            return msgspec.json.decode(path.read_bytes())
        except (OSError, msgspec.DecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise StoreError(f"a large output is kept in {path}, which cannot be read: {why}") from error

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.json"


def with_large_values(workflow: Workflow, files: Callable[[], Path]) -> Workflow:
    """The workflow with all references in its outputs replaced by their values."""
    if not any(_refers(stage.outputs) for stage in workflow.stages):
        return workflow
    blobs = Blobs(files())
    stages = [replace(s, record=replace(s.record, outputs=blobs.expand(s.outputs))) for s in workflow.stages]
    return replace(workflow, stages=stages)


def _is_reference(value: object) -> bool:
    return isinstance(value, dict) and _MARK in value and bool(_DIGEST.fullmatch(str(value[_MARK])))


def _refers(value: object) -> bool:
    return isinstance(value, dict) and (_is_reference(value) or any(map(_refers, value.values())))


def _write(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise StoreError(f"a large output cannot be written to {path}: {error.strerror}") from error

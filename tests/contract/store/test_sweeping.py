"""Files of large values that nothing refers to any more are deleted; what may be about to be referred to is kept."""

import os
import time
from pathlib import Path
from typing import Any

import msgspec

from stageline.engine.blobs import LIMIT, Blobs, references_in

HOUR = 3600


def kept(blobs: Blobs, value: str, age: float = 0) -> dict[str, Any]:
    """A large value in its file, which was written `age` seconds ago."""
    outputs = {"x": value * LIMIT}
    reference = blobs.shrink(outputs, msgspec.json.encode(outputs))
    then = time.time() - age
    os.utime(path_of(blobs, reference), (then, then))
    return reference


def path_of(blobs: Blobs, reference: dict[str, Any]) -> Path:
    return blobs._path(reference["x"]["$stageline.file"])


def none() -> frozenset[str]:
    return frozenset()


def test_what_nothing_refers_to_is_deleted_once_it_is_old(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    old, young = kept(blobs, "a", 2 * HOUR), kept(blobs, "b")
    assert blobs.sweep(none, time.time() - HOUR) == [LIMIT + 2]
    assert not path_of(blobs, old).exists()
    assert path_of(blobs, young).exists()


def test_what_is_referred_to_is_kept(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    reference = kept(blobs, "a", 2 * HOUR)
    texts = [msgspec.json.encode(reference).decode()]
    assert blobs.sweep(lambda: references_in(texts), time.time() - HOUR) == []
    assert blobs.expand(reference) == {"x": "a" * LIMIT}


def test_a_value_that_is_put_out_again_is_young_again(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    kept(blobs, "a", 2 * HOUR)
    outputs = {"x": "a" * LIMIT}
    again = blobs.shrink(outputs, msgspec.json.encode(outputs))
    assert blobs.sweep(none, time.time() - HOUR) == []
    assert blobs.expand(again) == outputs


def test_a_dry_sweep_only_tells(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    reference = kept(blobs, "a", 2 * HOUR)
    assert blobs.sweep(none, time.time() - HOUR, dry=True) == [LIMIT + 2]
    assert path_of(blobs, reference).exists()


def test_a_store_without_large_values_has_nothing_to_sweep(tmp_path: Path) -> None:
    assert Blobs(tmp_path / "nowhere").sweep(none, time.time()) == []

"""Large values go to files and come back as they were, whatever they look like."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stageline.engine.blobs import LIMIT, Blobs
from stageline.errors import StoreError

MARK = "$stageline.file"
DIGEST = "ab" * 32
plain = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just(DIGEST)
keys = st.text(max_size=3) | st.just(MARK)
values = st.recursive(plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))


def shrunk(blobs: Blobs, outputs: dict[str, Any]) -> dict[str, Any]:
    return blobs.shrink(outputs, msgspec.json.encode(outputs))


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@settings(max_examples=200, derandomize=True, database=None)
@given(outputs=st.dictionaries(keys, values, max_size=4))
def test_user_data_that_looks_like_a_reference_is_data(
    tmp_path_factory: pytest.TempPathFactory, outputs: dict[str, Any]
) -> None:
    blobs = Blobs(tmp_path_factory.getbasetemp() / "lookalikes")
    assert blobs.expand(shrunk(blobs, outputs)) == outputs


def test_a_value_over_the_limit_is_a_small_reference_and_comes_back(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    outputs = {"large": "x" * LIMIT, "small": [1, None]}
    kept = shrunk(blobs, outputs)
    assert kept["small"] == [1, None]
    assert len(msgspec.json.encode(kept)) < 200
    assert blobs.expand(kept) == outputs


def test_a_value_at_the_limit_stays_where_it_is(tmp_path: Path) -> None:
    outputs = {"v": "x" * (LIMIT - len('{"v":""}'))}
    assert shrunk(Blobs(tmp_path), outputs) is outputs
    assert files_in(tmp_path) == []


def test_many_values_that_are_large_only_together_stay_where_they_are(tmp_path: Path) -> None:
    outputs = {str(n): "x" * (LIMIT // 2) for n in range(3)}
    assert shrunk(Blobs(tmp_path), outputs) == outputs


def test_equal_values_share_one_file_that_is_named_by_its_content(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    for _ in range(2):
        shrunk(blobs, {"a": "x" * LIMIT, "b": "x" * LIMIT})
    [file] = files_in(tmp_path)
    assert msgspec.json.decode(file.read_bytes()) == "x" * LIMIT


def test_what_a_child_run_put_out_comes_back_too(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    inner = {"large": "x" * LIMIT}
    told = {"stages": {"x": {"outputs": shrunk(blobs, inner), "status": "SUCCEEDED"}}}
    assert blobs.expand(told)["stages"]["x"]["outputs"] == inner


@pytest.mark.parametrize("content", [None, b'"half'])
def test_a_file_that_is_gone_or_damaged_is_named(tmp_path: Path, content: bytes | None) -> None:
    blobs = Blobs(tmp_path)
    kept = shrunk(blobs, {"large": "x" * LIMIT})
    [file] = files_in(tmp_path)
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(StoreError, match=f"a large output is kept in {file}, which cannot be read"):
        blobs.expand(kept)


def test_a_folder_that_cannot_be_written_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "large").write_text("in the way")
    with pytest.raises(StoreError, match="a large output cannot be written to"):
        shrunk(Blobs(tmp_path), {"large": "x" * LIMIT})
    assert len(files_in(tmp_path)) == 1

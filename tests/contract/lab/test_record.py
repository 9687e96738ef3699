"""Records: whole or not there, read by the thousand, and true about what was made."""

from __future__ import annotations

import os
import time
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stageline.errors import ConfigError
from stageline.lab.record import (
    Output,
    Record,
    changes,
    examine,
    read_record,
    read_records,
    remove_record,
    write_record,
)

DECLARED = {"data": "$out/data.csv", "plots": "${out}/deep/plots", "log": "$out/run.log"}


def record(job: str = "a1", **more: object) -> Record:
    return Record(job=job, exit_code=0, started=1, ended=2_000_000, host="here", **more)  # type: ignore[arg-type]


def made(folder: Path) -> Path:
    """A folder of outputs as a job leaves it."""
    (folder / "deep/plots").mkdir(parents=True)
    (folder / "data.csv").write_text("1,2\n")
    (folder / "deep/plots/one").write_text("one")
    (folder / "deep/plots/two").write_text("two")
    return folder


def test_a_record_is_found_again(tmp_path: Path) -> None:
    written = record(outputs={"data": Output("data.csv", "d1", 4)}, cpu_seconds=0.5, peak_memory=1 << 20)
    write_record(tmp_path / "records", written)
    assert read_record(tmp_path / "records", "a1") == written
    assert read_records(tmp_path / "records") == {"a1": written}
    assert [path.name for path in (tmp_path / "records").iterdir()] == ["a1.json"]


def test_where_nothing_ran_there_are_none(tmp_path: Path) -> None:
    assert read_records(tmp_path / "records") == {}
    assert read_record(tmp_path / "records", "a1") is None
    remove_record(tmp_path / "records", "a1")


def test_a_record_can_be_taken_back(tmp_path: Path) -> None:
    write_record(tmp_path, record())
    remove_record(tmp_path, "a1")
    assert read_records(tmp_path) == {}


def test_only_an_exit_without_signal_and_with_zero_is_success() -> None:
    assert record().succeeded
    assert not record(signal="KILL").succeeded
    assert not Record(job="a", exit_code=3, started=1, ended=2, host="").succeeded


def test_every_part_of_a_record_is_none(tmp_path: Path) -> None:
    write_record(tmp_path, record(outputs={"data": Output("data.csv", "d1", 4)}))
    whole = (tmp_path / "a1.json").read_bytes()
    for size in range(len(whole)):
        (tmp_path / "a1.json").write_bytes(whole[:size])
        assert read_record(tmp_path, "a1") is None
        assert read_records(tmp_path) == {}


@given(st.binary(max_size=60))
def test_noise_is_no_record(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    folder = tmp_path_factory.mktemp("records")
    (folder / "a1.json").write_bytes(noise)
    assert read_records(folder) == {}


def test_what_is_no_record_of_that_job_is_none(tmp_path: Path) -> None:
    write_record(tmp_path, record("a1"))
    (tmp_path / "a1.json").rename(tmp_path / "b2.json")
    (tmp_path / "c3.json").mkdir()
    (tmp_path / "d4.json").symlink_to("nowhere")
    (tmp_path / ".e5-half").write_text("{")
    assert read_records(tmp_path) == {}
    assert read_record(tmp_path, "b2") is None
    assert read_record(tmp_path, "c3") is None


def test_a_record_is_replaced_and_never_written_over(tmp_path: Path) -> None:
    write_record(tmp_path, record())
    with (tmp_path / "a1.json").open("rb") as reading:
        write_record(tmp_path, record(signal="KILL"))
        assert b"KILL" not in reading.read()
    assert read_record(tmp_path, "a1") == record(signal="KILL")


def test_that_it_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "records").write_text("a file")
    with pytest.raises(ConfigError, match="the record of job a1 cannot be written"):
        write_record(tmp_path / "records", record())


def test_ten_thousand_are_read_at_once(tmp_path: Path) -> None:
    for at in range(10_000):
        write_record(tmp_path, record(f"{at:032x}", outputs={"data": Output("data.csv", "d" * 64, at)}))
    begun = time.process_time()
    assert len(read_records(tmp_path)) == 10_000
    assert time.process_time() - begun < 1.5


def test_outputs_are_examined(tmp_path: Path) -> None:
    out = made(tmp_path / "out")
    found = examine(out, DECLARED)
    assert found.missing == ("log",)
    assert found.outputs["data"] == Output("data.csv", sha256(b"1,2\n").hexdigest(), 4)
    assert (found.outputs["plots"].path, found.outputs["plots"].size) == ("deep/plots", 6)


def test_a_link_to_nowhere_is_no_output(tmp_path: Path) -> None:
    (tmp_path / "run.log").symlink_to("nowhere")
    assert examine(tmp_path, {"log": "$out/run.log"}).missing == ("log",)


def test_what_was_removed_or_changed_is_noticed(tmp_path: Path) -> None:
    out = made(tmp_path / "out")
    kept = record(outputs=examine(out, DECLARED).outputs)
    assert changes(kept, str(out), verify=True) == {}
    (out / "data.csv").write_text("1,3\n")
    (out / "deep/plots/two").write_text("twice")
    assert changes(kept, str(out)) == {"plots": f"{out}/deep/plots has 8 bytes, and had 6"}
    assert changes(kept, str(out), verify=True)["data"] == f"the content of {out}/data.csv is another"
    os.unlink(out / "data.csv")  # noqa: PTH108
    assert changes(kept, str(out))["data"] == f"{out}/data.csv is not there any more"

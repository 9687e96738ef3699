"""The list of scripts that have begun: read as it grows, and begun anew with each run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.errors import ConfigError
from stageline.lab.at_work import LIST, AtWork, Onlooker, begin_list
from stageline.lab.run_lock import run_lock


@pytest.fixture
def at_work(tmp_path: Path) -> Iterator[AtWork]:
    begin_list(str(tmp_path))
    made = AtWork(str(tmp_path))
    yield made
    made.close()


def seen(onlooker: Onlooker, unit: str, taken_up: int = 0) -> int | None:
    onlooker.look()
    return onlooker.since(unit, taken_up)


def test_what_has_begun_since_it_was_taken_up_is_seen(tmp_path: Path, at_work: AtWork) -> None:
    onlooker = Onlooker(str(tmp_path))
    assert seen(onlooker, "one") is None
    at_work.begins("one", 7)
    assert seen(onlooker, "one") == 7
    assert seen(onlooker, "one", taken_up=8) is None
    at_work.begins("two", 9)
    assert (seen(onlooker, "one"), seen(onlooker, "two")) == (7, 9)


def test_what_was_stopped_has_not_begun(tmp_path: Path, at_work: AtWork) -> None:
    at_work.begins("one", 7)
    at_work.stops("one")
    assert seen(Onlooker(str(tmp_path)), "one") is None


def test_a_line_that_is_not_whole_yet_is_read_later(tmp_path: Path, at_work: AtWork) -> None:
    onlooker = Onlooker(str(tmp_path))
    at_work.begins("one", 7)
    with (tmp_path / LIST).open("a") as file:
        file.write("+two 1")
        file.flush()
        assert (seen(onlooker, "one"), seen(onlooker, "two")) == (7, None)
        file.write("2\n")
    assert seen(onlooker, "two") == 12


def test_whoever_takes_the_jobs_begins_the_list_anew(tmp_path: Path, at_work: AtWork) -> None:
    at_work.begins("one", 7)
    onlooker = Onlooker(str(tmp_path))
    assert seen(onlooker, "one") == 7
    with run_lock(str(tmp_path), "a run"):
        assert seen(onlooker, "one") is None
        assert seen(Onlooker(str(tmp_path)), "one") is None


def test_a_full_disk_is_told_with_its_place(tmp_path: Path) -> None:
    (tmp_path / LIST).symlink_to("/dev/full")
    with pytest.raises(ConfigError, match=r"run\.lock cannot be written: No space left on device"):  # noqa: SIM117
        with run_lock(str(tmp_path), "run"):
            raise AssertionError("nothing is held")

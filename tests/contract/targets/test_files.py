"""What every target does with files: each appears as a whole, under its name, and is never sent twice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stageline.errors import DocumentError
from stageline.targets.target import Target
from tests.contract.targets.working import content

NAMES = (
    b"plain",
    b"a b",
    b"it's",
    b'"',
    b"$HOME",
    b"`id`",
    b"a\nb",
    b"\\",
    b"*",
    b"-n",
    b"#x",
    b";y",
    b"\xff\xfe",
    b"~",
    b":",
)


def tree(root: Path) -> Path:
    """A folder with all that can be difficult."""
    for name in NAMES:
        folder = root / "d" / os.fsdecode(name)
        folder.mkdir(parents=True)
        (folder / os.fsdecode(name)).write_bytes(name)
    (root / "d/empty").mkdir()
    (root / "d/run").write_text("#!/bin/bash\n")
    (root / "d/run").chmod(0o755)
    (root / "d/link").symlink_to("plain")
    (root / "d/dangling").symlink_to("/nowhere/at all")
    return root


def test_a_tree_arrives_as_it_is_and_comes_back_as_it_was(target: Target, tmp_path: Path) -> None:
    root = tree(tmp_path / "my files")
    assert target.put(root, ["d"]) == ("d",)
    assert content(Path(target.base) / "d") == content(root / "d")
    assert target.get(["d"], tmp_path / "back") == ("d",)
    assert content(tmp_path / "back") == content(root)


def test_only_what_is_missing_is_sent(target: Target, tmp_path: Path) -> None:
    root = tree(tmp_path / "root")
    assert target.put(root, ["d/plain"]) == ("d/plain",)
    (Path(target.base) / "d/plain/plain").write_text("theirs")
    wanted = [f"d/{os.fsdecode(name)}" for name in NAMES]
    assert set(target.put(root, wanted)) == set(wanted) - {"d/plain"}
    assert target.put(root, wanted) == ()
    assert (Path(target.base) / "d/plain/plain").read_text() == "theirs"
    assert content(Path(target.base) / "d/a b") == content(root / "d/a b")


def test_what_is_fetched_takes_the_place_of_what_was_there(target: Target, tmp_path: Path) -> None:
    root = tree(tmp_path / "root")
    target.put(root, ["d/plain", "d/run"])
    back = tmp_path / "back"
    (back / "d/plain/older").mkdir(parents=True)
    (back / "d/kept").write_text("kept")
    assert target.get(["d/plain", "d/none", "d/run"], back) == ("d/plain", "d/run")
    assert sorted(path.name for path in (back / "d").iterdir()) == ["kept", "plain", "run"]
    assert content(back / "d/plain") == content(root / "d/plain")
    assert not [path for path in back.iterdir() if path.name != "d"]


def test_what_was_removed_may_be_sent_again(target: Target, tmp_path: Path) -> None:
    root = tree(tmp_path / "root")
    target.put(root, ["d"])
    target.remove(["d/a b", "none"])
    assert not (Path(target.base) / "d/a b").exists()
    target.remove(["d"])
    assert target.put(root, ["d"]) == ("d",)


def test_a_file_is_read_in_parts(target: Target, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(range(256)) * 1000)
    target.put(tmp_path, ["f"])
    whole = (tmp_path / "f").read_bytes()
    assert target.read("f") == whole
    assert target.read("f", 1000, 10) == whole[1000:1010]
    assert target.read("f", 255_990) == whole[-10:]
    assert target.read("f", 300_000) == b""


@pytest.mark.parametrize("name", ["", "/etc", "../x", "a/../../x", "a\0b"])
def test_names_that_lead_elsewhere_are_refused(target: Target, tmp_path: Path, name: str) -> None:
    for call in (target.put, lambda root, names: target.get(names, root)):
        with pytest.raises(DocumentError, match="no name of a file"):
            call(tmp_path, [name])
    with pytest.raises(DocumentError, match="no name of a file"):
        target.remove([name])


def test_what_is_not_here_cannot_be_sent(target: Target, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="nothing is not there"):
        target.put(tmp_path, ["nothing"])

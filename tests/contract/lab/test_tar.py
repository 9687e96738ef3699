"""A Lab in a tar: unpacked once, into a home, and never further than that."""

from __future__ import annotations

import io
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from stageline.errors import ConfigError
from stageline.lab.build import build
from stageline.lab.unpack import open_lab
from stageline.lab.verify import verify
from tests.contract.lab.building import LAB, MORE, experiment, lab_in, options, stamps, tree


def packed(folder: Path, text: str = LAB) -> Path:
    """The Lab of an experiment as a tar."""
    build(experiment(folder, text), folder / "lab.tar", options(folder, tar=True))
    return folder / "lab.tar"


def refused(tar: Path, home: Path) -> str:
    with pytest.raises(ConfigError) as raised:
        open_lab(tar, home)
    return str(raised.value).replace(f"{tar}: ", "")


def test_a_lab_is_read_from_its_tar(tmp_path: Path) -> None:
    tar = packed(tmp_path / "made")
    lab = open_lab(tar, tmp_path / "home")
    assert lab.home.root == tmp_path / "home"
    assert verify(lab) == ()
    assert lab.plan == lab_in(tmp_path / "made").plan
    assert {path.name for path in (lab.root / "jobs").iterdir()} == {job.folder for job in lab.plan.jobs.values()}
    assert all(lab.out(job).is_dir() for job in lab.plan.jobs.values())


def test_an_unpacked_lab_is_what_would_have_been_built_there(tmp_path: Path) -> None:
    tar = packed(tmp_path / "made")
    open_lab(tar, tmp_path / "home")
    built, unpacked = tree(tmp_path / "made/.stageline"), tree(tmp_path / "home")
    assert built == {path: held for path, held in unpacked.items() if not path.startswith("packed")}


def test_it_is_unpacked_once(tmp_path: Path) -> None:
    tar = packed(tmp_path / "made")
    open_lab(tar, tmp_path / "home")
    before = stamps(tmp_path / "home")
    open_lab(tar, tmp_path / "home")
    assert stamps(tmp_path / "home") == before


def test_another_tar_of_the_same_name_is_another_lab(tmp_path: Path) -> None:
    first = open_lab(packed(tmp_path), tmp_path / "home")
    second = open_lab(packed(tmp_path, MORE), tmp_path / "home")
    assert (len(first.plan.jobs), len(second.plan.jobs)) == (4, 6)


def test_results_of_equal_jobs_are_shared(tmp_path: Path) -> None:
    first = open_lab(packed(tmp_path), tmp_path / "home")
    for job in first.plan.jobs.values():
        (first.out(job) / "data.csv").write_text(job.id)
        first.path(f"jobs/{job.folder}/bin/{job.pname}.sh").write_text("changed")
    second = open_lab(packed(tmp_path, MORE), tmp_path / "home")
    assert verify(second) == ()
    kept = [job for job in second.plan.jobs.values() if (second.out(job) / "data.csv").exists()]
    assert {job.id for job in kept} == set(first.plan.jobs)


def test_a_lab_that_was_cleared_away_is_unpacked_again(tmp_path: Path) -> None:
    tar = packed(tmp_path / "made")
    lab = open_lab(tar, tmp_path / "home")
    shutil.rmtree(lab.root)
    assert open_lab(tar, tmp_path / "home").id == lab.id


def test_a_folder_is_read_where_it_is(tmp_path: Path) -> None:
    lab = lab_in(tmp_path)
    assert open_lab(tmp_path / "result", tmp_path / "home").root == lab.root
    assert not (tmp_path / "home").exists()


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname = kind, link
    return made


FOLDERS = [entry(name, tarfile.DIRTYPE) for name in ("host-tools", "host-tools/aa", "host-tools/aa/bin")]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([entry("/tmp/out")], "'/tmp/out' is no path inside of a Lab"),
        ([entry("../out")], "'../out' is no path inside of a Lab"),
        ([*FOLDERS, entry("host-tools/../../out")], "'host-tools/../../out' is no path inside of a Lab"),
        ([entry(".")], "'.' is no path inside of a Lab"),
        ([entry("out"), entry("out")], "'out' is there twice"),
        ([entry("lab/metadata.json")], "'lab/metadata.json' is not in a folder of the Lab"),
        ([entry("lab", tarfile.SYMTYPE, "/tmp"), entry("lab/out")], "'lab' is a link that leads out, to '/tmp'"),
        ([*FOLDERS, entry("host-tools/aa/bin/sh", tarfile.SYMTYPE, "/bin/sh")], "leads out, to '/bin/sh'"),
        ([*FOLDERS, entry("host-tools/aa/bin/sh", tarfile.SYMTYPE, "../../../bb/sh")], "out, to '../../../bb/sh'"),
        ([*FOLDERS, entry("host-tools/aa/bin/sh", tarfile.SYMTYPE, "up/../sh")], "leads out, to 'up/../sh'"),
        ([*FOLDERS, entry("host-tools/bb", tarfile.SYMTYPE, "aa")], "'host-tools/bb' is a link that leads out"),
        (
            [*FOLDERS, entry("host-tools/aa/x", tarfile.SYMTYPE, "bin"), entry("host-tools/aa/x/y")],
            "'host-tools/aa/x/y' is not in a folder of the Lab",
        ),
        ([entry("out", tarfile.LNKTYPE, "/etc/passwd")], "'out' is neither a file nor a folder"),
        ([entry("out", tarfile.CHRTYPE)], "'out' is neither a file nor a folder"),
        ([entry("out", tarfile.FIFOTYPE)], "'out' is neither a file nor a folder"),
    ],
)
def test_what_could_do_harm_is_refused(tmp_path: Path, members: list[tarfile.TarInfo], message: str) -> None:
    with tarfile.open(tmp_path / "bad.tar", "w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO())
    assert message in refused(tmp_path / "bad.tar", tmp_path / "home")
    assert list((tmp_path / "home/labs").iterdir()) == []


def changed(tar: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """The same tar with other contents; None leaves a file out."""
    other = tar.with_name("changed.tar")
    with tarfile.open(tar) as read, tarfile.open(other, "w") as written:
        for member in read:
            held = read.extractfile(member)
            content = change(member.name, held.read() if held else b"")
            if content is not None:
                member.size = len(content) if member.isreg() else 0
                written.addfile(member, io.BytesIO(content))
    return other


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda name, old: b"echo" if name.endswith("/summer.sh") else old, "the content of this file was changed"),
        (lambda name, old: None if name.endswith("/summer.sh") else old, "this file is gone"),
        (lambda name, old: b"{}" if name.endswith("metadata.json") else old, "this is no document of a Lab"),
        (lambda name, old: old.replace(b"2.1", b"2.2") if name == "revision/metadata.json" else old, "was changed"),
        (lambda name, old: old.replace(b"size", b"gone") if name == "revision/files.json" else old, "was changed"),
        (lambda name, old: None, "this is no Lab"),
    ],
)
def test_a_tar_that_was_changed_is_refused(
    tmp_path: Path, change: Callable[[str, bytes], bytes | None], message: str
) -> None:
    tar = changed(packed(tmp_path), change)
    assert message in refused(tar, tmp_path / "home")
    assert list((tmp_path / "home/labs").iterdir()) == []


def test_what_is_cut_off_is_refused(tmp_path: Path) -> None:
    tar = packed(tmp_path)
    whole = tar.read_bytes()
    tar.write_bytes(whole[: len(whole) // 2])
    refused(tar, tmp_path / "home")
    tar.write_text("this is a text")
    assert refused(tar, tmp_path / "home").startswith("this is no Lab in a tar")

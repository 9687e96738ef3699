"""A Lab that is not as it was built: the file is named, and what happened to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from stageline.errors import ConfigError, UnknownName
from stageline.lab.layout import FILES, LAB_METADATA, METADATA
from stageline.lab.read import BuiltLab, read_lab
from stageline.lab.tools_image import image_of
from stageline.lab.verify import verify
from tests.contract.lab.building import lab_in


def script(lab: BuiltLab) -> Path:
    job = next(job for job in lab.plan.jobs.values() if job.pname == "summer")
    return lab.path(f"jobs/{job.folder}/bin/summer.sh")


def tool(lab: BuiltLab, name: str) -> Path:
    return next(lab.path("host-tools").glob(f"*/bin/{name}"))


def read_all(root: Path) -> tuple[object, object]:
    lab = read_lab(root)
    return lab.plan, lab.files


def remade(path: Path, target: str) -> None:
    path.unlink()
    path.symlink_to(target)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            lambda lab: script(lab).write_text("echo"),
            "summer.sh: the content of this file was changed (41 bytes, now 4)",
        ),
        (lambda lab: script(lab).write_text("x" * 41), "summer.sh: the content of this file was changed"),
        (lambda lab: script(lab).unlink(), "summer.sh: this file is gone"),
        (lambda lab: script(lab).chmod(0o755), "summer.sh: this file can now be executed"),
        (lambda lab: (script(lab).parent / "more").write_text(""), "bin/more: this file was not built"),
        (lambda lab: remade(script(lab), "summer"), "summer.sh: this was a file, and is now a link to summer"),
        (lambda lab: tool(lab, "seq").write_text("tool two"), "bin/seq: the content of this file was changed"),
        (lambda lab: remade(tool(lab, "sh"), "seq"), "bin/sh: this was a link to bash, and is now a link to seq"),
        (lambda lab: (lab.root / "revision/more.json").write_text(""), "revision/more.json: this file was not built"),
        (
            lambda lab: next(lab.path("inputs").rglob("config.json")).write_text("{}"),
            "config.json: the content of this file was changed",
        ),
    ],
)
def test_the_changed_file_is_named(tmp_path: Path, change: Callable[[BuiltLab], object], told: str) -> None:
    lab = lab_in(tmp_path)
    assert verify(lab) == ()
    change(lab)
    (found,) = verify(lab)
    assert told in str(found)


def test_results_are_not_the_labs(tmp_path: Path) -> None:
    lab = lab_in(tmp_path)
    for job in lab.plan.jobs.values():
        (lab.out(job) / "data.csv").write_text("1")
        (lab.out(job).parent / "log").write_text("1")
    assert verify(lab) == ()


@pytest.mark.parametrize("name", [METADATA, FILES, LAB_METADATA, "manifest"])
@pytest.mark.parametrize(
    "change", [lambda path: path.write_text("{}"), lambda path: path.write_bytes(b"\xff"), lambda path: path.unlink()]
)
def test_changed_documents_are_refused_as_they_are_read(
    tmp_path: Path, name: str, change: Callable[[Path], object]
) -> None:
    lab = lab_in(tmp_path)
    path = lab.manifest_file("simulation") if name == "manifest" else lab.root / name
    change(path)
    with pytest.raises(ConfigError) as raised:
        read_all(lab.root)
    assert str(path.relative_to(lab.root)) in str(raised.value)


def test_a_lab_of_before_the_machine_was_noted_is_read_and_has_no_image(tmp_path: Path) -> None:
    lab = lab_in(tmp_path)
    known = json.loads((lab.root / METADATA).read_text())
    del known["machine"]
    (lab.root / METADATA).write_text(text := json.dumps(known))
    first = json.loads((lab.root / LAB_METADATA).read_text())
    digest = sha256(text.encode()).hexdigest()
    first["id"], first["metadata"]["digest"] = digest[:32], digest
    (lab.root / LAB_METADATA).write_text(json.dumps(first))
    old = read_lab(lab.root)
    assert old.plan == lab.plan
    with pytest.raises(ConfigError, match=r"does not say on which machine its tools run.*build it again"):
        image_of(old)


def test_a_lab_of_another_format_is_refused(tmp_path: Path) -> None:
    lab = lab_in(tmp_path)
    path = lab.root / LAB_METADATA
    path.write_text(path.read_text().replace('"format": 1', '"format": 2'))
    with pytest.raises(ConfigError, match="this Lab has format 2, and format 1 is read here; build it again"):
        read_lab(lab.root)


def test_where_there_is_no_lab(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="result: there is no Lab here; make one with 'stageline build'"):
        read_lab(tmp_path / "result")
    with pytest.raises(ConfigError, match=r"this is no Lab: it has no lab/lab-metadata\.json"):
        read_lab(tmp_path)


def test_an_unknown_run_is_told_with_the_closest(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="no run 'simulatoin'; did you mean 'simulation'"):
        lab_in(tmp_path).manifest("simulatoin")

"""Packages in folders of the author's, extras and groups: installed as they are, part of the id, the same each time."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from stageline.errors import DocumentError
from stageline.lab.build import build
from stageline.lab.disk import content_digest, this_disk
from stageline.lab.host_tools import HostTools
from stageline.lab.load import load_lab
from stageline.lab.model import Environment
from stageline.lab.resolve import resolve
from stageline.lab.verify import verify
from stageline.lab.why import why
from stageline.load.problems import LoadError
from tests.contract.lab import locks
from tests.contract.lab.building import tree
from tests.contract.lab.lab_runs import HEAD, Bench
from tests.contract.lab.locks import locked, wheel
from tests.contract.lab.own import LAB, PROJECT, experiment, looks_like, package, source_archive

BY_ITSELF = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
PLACE = r"lab\.py:6:1: plain\.environment: "


@pytest.fixture
def own(bench: Bench) -> Bench:
    """A Lab of a project that is a package can be built here."""
    experiment(bench.folder)
    return bench


def ids(bench: Bench) -> dict[str, str]:
    """The ids of the jobs, as they would be built now."""
    (bench.folder / "lab.py").write_text(HEAD + LAB)
    plan = resolve(load_lab(bench.folder / "lab.py"), this_disk(bench.options().own))
    return {job.stage: job.id for job in plan.jobs.values()}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {stage for stage in before if before[stage] != after[stage]}


def test_own_packages_extras_and_groups_are_there_in_every_runtime(anywhere: Bench) -> None:
    experiment(anywhere.folder)
    anywhere.build(LAB)
    for name in ("src", "packages", "../drawing", "../digits"):
        shutil.rmtree(anywhere.folder / name)
    anywhere.run()
    assert anywhere.text(anywhere.job("plain"), "said") == "experiment 1\n2\n"
    assert anywhere.text(anywhere.job("more"), "said") == "3 4\n"


@pytest.mark.parametrize("module", ["drawing", "digits"])
def test_what_was_not_asked_for_is_not_there(own: Bench, module: str) -> None:
    own.build(LAB.replace("import member; print(member.VALUE)", f"import {module}"))
    own.run()
    log = own.lab.path(f"jobs/{own.job('plain').folder}/log")
    assert f"No module named '{module}'" in log.read_text()


@pytest.mark.parametrize(
    ("path", "stages"),
    [
        ("src/experiment/__init__.py", {"plain", "more"}),
        ("packages/member/src/member/__init__.py", {"plain", "more"}),
        ("../drawing/src/drawing/__init__.py", {"more"}),
        ("../digits/src/digits/__init__.py", {"more"}),
        ("src/experiment/added.py", {"plain", "more"}),
        ("notes.py", set()),
        ("data/table.csv", set()),
    ],
)
def test_a_changed_file_is_new_for_the_jobs_that_have_it_and_only_those(
    own: Bench, path: str, stages: set[str]
) -> None:
    before = ids(own)
    (own.folder / path).parent.mkdir(exist_ok=True)
    with (own.folder / path).open("a") as file:
        file.write("VALUE = 7\n")
    assert changed(before, ids(own)) == stages


def test_a_changed_file_is_seen_by_the_job_and_by_why(own: Bench) -> None:
    own.build(LAB)
    own.run()
    package(own.folder / "packages/member", "member", 9)
    own.build(LAB)
    found = why(own.lab, own.job("plain").id).against
    assert found is not None
    (difference,) = found.differences
    assert difference.old != difference.new
    assert difference.old.partition("your packages")[0] == difference.new.partition("your packages")[0]
    own.run()
    assert own.text(own.job("plain"), "said") == "experiment 1\n9\n"


def test_two_builds_anywhere_at_any_time_are_the_same(
    own: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = own.build(LAB)
    there = tmp_path / "elsewhere" / "deeper"
    shutil.copytree(own.folder, there, ignore=shutil.ignore_patterns(".stageline", "result"))
    for name in ("drawing", "digits"):
        shutil.copytree(own.folder.parent / name, there.parent / name)
    for path in there.parent.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    other = Bench(there, HostTools(os.environ["PATH"], tmp_path / "scratch", tmp_path / "cache"))
    second = other.build(LAB)
    assert second.id == first.id
    assert tree(second.home.root / "host-tools") == tree(first.home.root / "host-tools")
    for name, (_, content) in tree(second.root).items():
        assert os.fsencode(tmp_path) not in content, name
    for name, (_, content) in tree(second.home.root / "host-tools").items():
        assert os.fsencode(tmp_path) not in content, name


def test_nothing_is_written_to_the_author_s_folders(own: Bench) -> None:
    (own.folder / "lab.py").write_text(HEAD + LAB)
    before = looks_like(own.folder)
    build(own.folder / "lab.py", own.folder.parent / "result", own.options())
    now = {path: what for path, what in looks_like(own.folder).items() if not path.startswith(".stageline/")}
    assert {path: what for path, what in now.items() if "__pycache__" not in path} == before


def test_one_python_is_in_a_lab_once(own: Bench) -> None:
    lab = own.build(LAB)
    captures = {capture for tools in lab.metadata.tools for capture in tools.captures}
    assert len(captures) == 5, "the base tools, Python, what the lock pins, and two of the author's"
    assert len([path for path, mark in lab.files.items() if path.endswith("/os.py") and not mark.link]) == 1
    assert verify(lab) == ()


def test_a_source_archive_is_built_into_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = source_archive(package(tmp_path / "source", "tiny", 5), tmp_path / "archives")
    digests = []
    for name in ("one", "other"):
        folder = tmp_path / name / "deep" / name
        folder.mkdir(parents=True)
        project = locked(folder, Path(shutil.copy(archive, tmp_path / name)))
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / name / "uv"))
        tools = HostTools(os.environ["PATH"], tmp_path / name / "scratch", tmp_path / name / "cache")
        environment = Environment(kind="uv", path=str(project), digest=content_digest(project) or "")
        captures = tools.packages(environment)
        assert any(entry.name.endswith("/tiny/__init__.py") for entry in captures[0].entries)
        digests.append([capture.digest for capture in captures])
    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("extras=['plots']", "Extra `plots` is not defined"),
        ("groups=['analyses']", "Group `analyses` is not defined"),
    ],
)
def test_extras_and_groups_that_there_are_not_are_told(own: Bench, wrong: str, said: str) -> None:
    with pytest.raises(LoadError, match=rf"{PLACE}.*{said}"):
        own.build(LAB.replace('uv("uv.lock")', f'uv("uv.lock", {wrong})'))


def test_one_name_is_no_list(own: Bench) -> None:
    with pytest.raises(
        DocumentError, match=r"lab\.py:6.*extras='plot'.* is no list of names: write extras=\['extra'\]"
    ):
        own.build(LAB.replace('uv("uv.lock")', 'uv("uv.lock", extras="plot")'))


def test_a_package_that_cannot_be_built_is_told(own: Bench) -> None:
    shutil.rmtree(own.folder / "packages/member/src")
    with pytest.raises(LoadError, match=rf"{PLACE}the package in .*/packages/member cannot be built: .*__init__.py"):
        own.build(LAB)


BACKEND = """
import configparser, json, os, pathlib, shutil

def build_wheel(folder, settings=None, metadata=None):
    read = configparser.ConfigParser()
    read.read(os.environ["DIST_EXTRA_CONFIG"])
    told = {"epoch": os.environ["SOURCE_DATE_EPOCH"], "seed": os.environ["PYTHONHASHSEED"], "here": os.getcwd()}
    told |= {"base": read["build"]["build_base"], "egg": read["egg_info"]["egg_base"]}
    pathlib.Path("TOLD").write_text(json.dumps({**told, "there": os.path.isdir(told["egg"])}))
    return shutil.copy("WHEEL", folder).rpartition("/")[2]
"""


def test_what_builds_a_package_is_told_one_date_and_other_folders(bench: Bench, tmp_path: Path) -> None:
    source = bench.folder / "tiny"
    source.mkdir(parents=True)
    (source / "pyproject.toml").write_text(PROJECT.format(name="tiny") + BY_ITSELF)
    built = wheel(bench.folder / "wheels")
    (source / "backend.py").write_text(
        BACKEND.replace("WHEEL", str(built)).replace("TOLD", str(tmp_path / "told.json"))
    )
    locked(bench.folder, source)
    bench.build(locks.LAB)
    told = json.loads((tmp_path / "told.json").read_text())
    assert (told["epoch"], told["seed"], told["there"]) == ("315619200", "0", True)
    assert told["here"] == str(source)
    assert not told["base"].startswith(str(bench.folder))
    assert not told["egg"].startswith(str(bench.folder))

"""Packages of a lock at work: where nothing else is, the same each time, installed once; else the reason is told."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from stageline.errors import DocumentError, MissingDependency
from stageline.lab.build import build
from stageline.lab.capture import Capture, write_capture
from stageline.lab.disk import content_digest
from stageline.lab.host_tools import HostTools
from stageline.lab.model import Environment
from stageline.lab.read import read_lab
from stageline.lab.unpack import open_lab
from stageline.lab.verify import verify
from stageline.load.problems import LoadError
from stageline.targets.process import Command, run
from tests.contract.lab.building import stamps, tree
from tests.contract.lab.lab_runs import HEAD, Bench
from tests.contract.lab.locks import LAB, lock, locked, wheel
from tests.contract.lab.scripts import said
from tests.contract.lab.test_host_tools import bash_of, in_nothing

BROKEN_PLACE = r"lab\.py:7:1: body\.environment: "


def environment(lock: Path, python: str = "") -> Environment:
    return Environment(kind="uv", path=str(lock), digest=content_digest(lock) or "", python=python)


def anew(folder: Path) -> HostTools:
    """What captures without having seen anything before."""
    return HostTools(os.environ["PATH"], folder / "scratch", folder / "cache")


@pytest.fixture(scope="session")
def library() -> tuple[str, bytes]:
    """A library of this machine that needs another one, which Python does not: that of jq."""
    found = sorted(Path("/usr/lib").glob("*-linux-gnu/libjq.so.1"))
    assert found, "jq is a base tool, and has its library"
    return found[0].name, found[0].read_bytes()


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory, library: tuple[str, bytes]) -> Path:
    """A lock."""
    folder = tmp_path_factory.mktemp("project")
    name, content = library
    return locked(folder, wheel(folder / "wheels", more={f"tiny/{name}": content}))


@pytest.fixture(scope="session")
def packages(project: Path, host_tools: HostTools) -> tuple[Capture, ...]:
    return host_tools.packages(environment(project))


@pytest.fixture
def simple(bench: Bench) -> Bench:
    """A Lab that wants packages can be built here."""
    locked(bench.folder, wheel(bench.folder / "wheels"))
    return bench


WHERE = """
import ctypes, pathlib, sys, tiny
import importlib.metadata as metadata
own = pathlib.Path(tiny.__file__).parent
print(sys.prefix == sys.argv[1], own.is_relative_to(sys.prefix), pathlib.Path(tiny.__cached__).exists())
print(metadata.version("tiny"), pathlib.Path(sys.prefix, "share/tiny/data.txt").read_text().strip())
print(all(path.locate().exists() for path in metadata.files("tiny")))
print(ctypes.CDLL(str(own / "libjq.so.1")).jq_init is not None)
"""


def test_packages_work_where_there_is_nothing_but_the_lab(
    tmp_path: Path, packages: tuple[Capture, ...], host_tools: HostTools
) -> None:
    own = (*packages, host_tools.base())
    lab = tmp_path / "my lab"
    for capture in own:
        write_capture(capture, lab / "host-tools")
    (lab / "where.py").write_text(WHERE)
    text = "python3 /l/where.py $1; python -c 'import tiny; tiny.main()' x; tiny-say 'a b'; tiny-text; tiny-shell y"
    words = (bash_of(own, "/l/host-tools"), "-c", text, "bash", f"/l/host-tools/{packages[0].digest}")
    first, *rest = said(in_nothing(lab, "/l", own, words, tmp_path)).splitlines()
    assert first == "True True True"
    assert rest == ["1.0 data", "True", "True", "tiny says 7 x", "tiny says 7 a b", "text 7", "shell y"]


def test_the_same_lock_gives_the_same_bytes(tmp_path: Path, project: Path, packages: tuple[Capture, ...]) -> None:
    copy = tmp_path / "elsewhere with blanks" / ("deep" * 30)
    shutil.copytree(project.parent, copy)
    again = anew(tmp_path).packages(environment(copy / "uv.lock"))
    assert [one.digest for one in again] == [one.digest for one in packages]
    for capture in again:
        write_capture(capture, tmp_path / "host-tools")
    for path, (_, content) in tree(tmp_path / "host-tools").items():
        assert os.fsencode(tmp_path) not in content, path
        assert os.fsencode(project.parent) not in content, path
        if path.endswith(".pyc"):
            assert content[4:8] == b"\x01\0\0\0", "no date, but a digest that is not looked at"


def test_what_only_installing_leaves_is_not_taken(packages: tuple[Capture, ...]) -> None:
    uppermost = packages[0]
    names = {Path(entry.name).name for entry in uppermost.entries}
    assert not names & {"direct_url.json", "uv_cache.json", "REQUESTED", "WHEEL", "pyvenv.cfg", "_virtualenv.py"}
    version = {name for name in uppermost.tools if name.startswith("python3.")}
    assert set(uppermost.tools) - version == {"python", "python3", "tiny-say", "tiny-text", "tiny-shell"}


def test_what_a_user_has_installed_is_not_seen(
    tmp_path: Path, packages: tuple[Capture, ...], host_tools: HostTools
) -> None:
    ask = (
        "-c",
        "import site, sys; print(site.getusersitepackages()); import mine",
    )
    for captures in (packages, [host_tools.tool("python3")]):
        place, *_ = [write_capture(capture, tmp_path / "ht") for capture in captures]
        argv, env = (f"{place}/bin/python3", *ask), {"HOME": str(tmp_path)}
        user = Path(run(Command(argv=argv, folder=tmp_path / "log", env=env, bare=True)).stdout.read_text().strip())
        user.mkdir(parents=True, exist_ok=True)
        (user / "mine.py").write_text("")
        ended = run(Command(argv=argv, folder=tmp_path / "log", env=env, bare=True))
        assert "No module named 'mine'" in ended.stderr.read_text()


def test_a_lab_has_the_packages_once_and_a_second_build_nothing_to_do(simple: Bench) -> None:
    lab = simple.build(LAB)
    (tools,) = {
        lab.captures(part.ingredients.environment) for job in lab.plan.jobs.values() for part in job.parts.values()
    }
    assert len(tools) == 3
    assert f"host-tools/{tools[0]}/bin/tiny-say" in lab.files
    before = stamps(simple.home)
    again = simple.build(LAB)
    assert again.id == lab.id
    assert stamps(simple.home) == before


def test_packages_are_installed_once(tmp_path: Path, project: Path) -> None:
    wanted = environment(project)
    anew(tmp_path).packages(wanted)
    before = stamps(tmp_path / "cache")
    anew(tmp_path).packages(wanted)
    assert stamps(tmp_path / "cache") == before
    (module,) = (tmp_path / "cache").glob("packages-*/lib/python3.*/site-packages/tiny/__init__.py")
    module.unlink()
    anew(tmp_path).packages(wanted)
    assert module.exists(), "what was damaged is installed anew"
    assert not list((tmp_path / "cache").glob(".packages*"))


def test_jobs_run_with_the_packages(simple: Bench) -> None:
    simple.build(LAB)
    simple.run()
    assert simple.text(simple.job("body", more=2), "value") == "9"
    assert simple.text(simple.job("script"), "said").startswith("tiny says 7 /")


def test_a_job_is_new_when_the_lock_is(simple: Bench) -> None:
    before = set(simple.build(LAB).plan.jobs)
    wheel(simple.folder / "wheels", more={"tiny/other.py": b""})
    (simple.folder / "uv.lock").unlink()
    lock(simple.folder)
    assert not before & set(simple.build(LAB).plan.jobs)


def test_a_changed_package_is_named(simple: Bench) -> None:
    lab = simple.build(LAB)
    assert verify(lab) == ()
    (path,) = [path for path in lab.files if path.endswith("/tiny/__init__.py")]
    lab.path(path).write_text("VALUE = 8")
    assert [change.path for change in verify(lab)] == [path]


def test_a_tar_has_all_that_is_needed(simple: Bench, tmp_path: Path, host_tools: HostTools) -> None:
    simple.folder.mkdir(parents=True, exist_ok=True)
    (simple.folder / "lab.py").write_text(HEAD + LAB)
    build(simple.folder / "lab.py", tmp_path / "lab.tar", simple.options(tar=True))
    shutil.rmtree(simple.folder)
    other = Bench(tmp_path / "other", host_tools)
    other.folder.mkdir()
    (other.folder / "result").symlink_to(open_lab(tmp_path / "lab.tar", other.home).root)
    other.run()
    assert other.text(other.job("body", more=1), "value") == "8"


def test_the_script_check_knows_the_programs_of_packages(simple: Bench, tmp_path: Path) -> None:
    (simple.folder / "lab.py").write_text(HEAD + LAB.replace("tiny-say", "tiny-sey"))
    with pytest.raises(LoadError, match="'tiny-sey' is no declared tool"):
        build(simple.folder / "lab.py", simple.folder / "result", simple.options(check=True))
    (simple.folder / "lab.py").write_text(HEAD + LAB)
    report = build(simple.folder / "lab.py", simple.folder / "result", simple.options(check=True))
    assert read_lab(report.output).metadata.checked


def refused(bench: Bench, text: str = LAB) -> str:
    with pytest.raises(DocumentError) as caught:
        bench.build(text)
    return str(caught.value)


def test_a_lock_that_is_not_there_is_told(bench: Bench) -> None:
    with pytest.raises(LoadError, match=r"lab\.py:7:1: body\.environment: there is no file '.*uv\.lock'.*'uv lock'"):
        bench.build(LAB)


def test_a_lock_without_its_project_is_told(simple: Bench) -> None:
    (simple.folder / "pyproject.toml").unlink()
    assert "uv.lock is no uv.lock with a pyproject.toml beside it: make one with 'uv lock'" in refused(simple)
    (simple.folder / "uv.lock").rename(simple.folder / "other.lock")
    assert "other.lock is no uv.lock" in refused(simple, LAB.replace("uv.lock", "other.lock"))


def test_a_lock_that_is_behind_its_project_is_told(simple: Bench) -> None:
    project = simple.folder / "pyproject.toml"
    project.write_text(project.read_text().replace(">=3.11", ">=3.10"))
    said = refused(simple)
    assert "lab.py:7:1: body.environment: " in said
    assert "uv.lock is not what pyproject.toml beside it asks for: run 'uv lock' there" in said


def test_a_lock_that_is_damaged_is_told(simple: Bench) -> None:
    (simple.folder / "uv.lock").write_text("version = ")
    assert "uv.lock cannot be installed: Failed to parse `uv.lock`" in refused(simple)


def test_a_package_for_another_platform_is_told(bench: Bench) -> None:
    locked(bench.folder, wheel(bench.folder / "wheels", tag="py3-none-win_amd64"))
    said = refused(bench)
    assert "lab.py:7:1: body.environment: " in said
    assert "is incompatible with the current platform" in said
    assert "`win_amd64`" in said


@pytest.mark.parametrize("python", ["3.99", "banana", "--help"])
def test_a_python_that_is_not_there_is_told_with_those_that_are(simple: Bench, python: str) -> None:
    with pytest.raises(MissingDependency) as caught:
        simple.build(LAB.replace('uv("uv.lock")', f'uv("uv.lock", python="{python}")'))
    said = str(caught.value)
    assert f"lab.py:7:1: body.environment: there is no Python {python} on this machine; there is " in said
    assert f"{sys.version_info.major}.{sys.version_info.minor}." in said


def test_a_python_that_the_project_does_not_want_is_told(bench: Bench) -> None:
    project = locked(bench.folder, wheel(bench.folder / "wheels")).with_name("pyproject.toml")
    project.write_text(project.read_text().replace(">=3.11", ">=3.99"))
    with pytest.raises(MissingDependency, match=r"there is no Python as .*pyproject.toml wants it"):
        bench.build(LAB)


def test_without_uv_the_remedy_is_told(simple: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/no/such")
    monkeypatch.setitem(sys.modules, "uv", None)
    with pytest.raises(MissingDependency, match=rf"{BROKEN_PLACE}.*pip install 'stageline\[uv\]'"):
        simple.build(LAB)


def test_a_folder_of_the_author_s_is_built_by_what_it_names_itself(bench: Bench) -> None:
    package = bench.folder / "tiny"
    package.mkdir(parents=True)
    (package / "pyproject.toml").write_text(
        '[project]\nname = "tiny"\nversion = "1.0"\n'
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (package / "backend.py").write_text(
        "import shutil\ndef build_wheel(folder, settings=None, metadata=None):\n"
        f"    return shutil.copy({str(wheel(bench.folder / 'wheels'))!r}, folder).rpartition('/')[2]\n"
    )
    locked(bench.folder, package)
    bench.build(LAB)
    bench.run()
    assert bench.text(bench.job("body", more=2), "value") == "9"


def test_an_index_without_digests_is_refused(bench: Bench) -> None:
    wheel(bench.folder / "wheels")
    index = '[[tool.uv.index]]\nname = "flat"\nurl = "./wheels"\nformat = "flat"\ndefault = true\n'
    text = '[project]\nname = "x"\nversion = "0"\nrequires-python = ">=3.11"\ndependencies = ["tiny"]\n'
    (bench.folder / "pyproject.toml").write_text(text + index)
    lock(bench.folder)
    assert "does not say what is in tiny" in refused(bench)


def test_a_wheel_that_is_not_the_locked_one_is_refused(bench: Bench) -> None:
    locked(bench.folder, wheel(bench.folder / "wheels", more={"tiny/one.py": b""}))
    wheel(bench.folder / "wheels", more={"tiny/other.py": b""})
    assert "Hash mismatch" in refused(bench)

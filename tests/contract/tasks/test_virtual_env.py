"""Virtual environments: made once by the real uv, from what is on this machine, and told well when that cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path
from textwrap import dedent

import pytest

from stageline.errors import MissingDependency
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.targets.cancellation import Cancellation
from stageline.targets.masking import Mask
from stageline.tasks.python_apart import run_apart
from stageline.tasks.python_names import NamesScript
from stageline.tasks.uv import find_uv, search_path
from stageline.tasks.virtual_env import Environment, key_of, virtual_env
from tests.not_run import not_run

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
OFFLINE = "--no-index"


def wheel(folder: Path, value: int, name: str = "tiny") -> str:
    """A package of one module, as a file."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{name}.py", f"VALUE = {value}\n")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", "")
    return f"./{path.name}"


class Environments:
    """Makes environments, each with a log of its own, in one cache."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        self.cache = folder / "cache"
        self.log = folder / "log"
        self.project.mkdir()

    def ask(self, *deps: str, version: str = VERSION, mask: Mask | None = None) -> Path | TaskResult:
        wanted = Environment(version=version, deps=deps, cache=self.cache, cwd=str(self.project))
        return virtual_env(wanted, self.log, Cancellation(), mask)

    def __call__(self, *deps: str, version: str = VERSION) -> Path:
        python = self.ask(*deps, version=version)
        assert isinstance(python, Path), python.failure
        return python

    def run(self, python: Path, text: str) -> dict[str, object]:
        result = run_apart(python, NamesScript(text=text, name="<script>"), self.log, Cancellation())
        assert result.status is Status.SUCCEEDED, result.failure
        return dict(result.outputs)


@pytest.fixture
def environments(tmp_path: Path) -> Environments:
    return Environments(tmp_path)


def test_text_runs_with_the_packages_it_asked_for_and_no_others(environments: Environments) -> None:
    python = environments(OFFLINE, wheel(environments.project, 7))
    text = "import sys, tiny\nvalue, version = tiny.VALUE, list(sys.version_info[:2])\n"
    text += "try:\n    import msgspec\n    own = False\nexcept ImportError:\n    own = True\n"
    assert environments.run(python, text) == {"value": 7, "version": list(sys.version_info[:2]), "own": True}


def test_an_environment_is_made_once(environments: Environments) -> None:
    a, b = wheel(environments.project, 1, "a"), wheel(environments.project, 2, "b")
    first = environments(OFFLINE, a, b)
    born = first.parent.stat().st_mtime_ns
    begun = time.monotonic()
    assert environments(b, OFFLINE, a) == first, "in any order"
    assert time.monotonic() - begun < 5
    assert first.parent.stat().st_mtime_ns == born
    assert environments(OFFLINE, a) != first
    assert environments(OFFLINE) != environments()
    assert not [path for path in environments.cache.iterdir() if path.name.startswith(".")]


def test_a_local_package_that_has_changed_is_another_environment(environments: Environments) -> None:
    text = "import tiny\nvalue = tiny.VALUE"
    assert environments.run(environments(OFFLINE, wheel(environments.project, 1)), text) == {"value": 1}
    assert environments.run(environments(OFFLINE, wheel(environments.project, 2)), text) == {"value": 2}


BACKEND = """
import zipfile
def build_wheel(folder, settings=None, metadata=None):
    with zipfile.ZipFile(f"{folder}/tiny-1.0-py3-none-any.whl", "w") as file:
        file.write("tiny.py")
        file.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
        file.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\n"
                      "Tag: py3-none-any\\n")
        file.writestr("tiny-1.0.dist-info/RECORD", "")
    return "tiny-1.0-py3-none-any.whl"
"""


def test_a_folder_is_a_package_too_and_its_files_count(environments: Environments) -> None:
    package = environments.project / "pack"
    package.mkdir()
    toml = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    (package / "pyproject.toml").write_text(toml)
    (package / "backend.py").write_text(BACKEND)
    (package / "tiny.py").write_text("VALUE = 3")
    first = environments("./pack")
    assert environments.run(first, "import tiny\nvalue = tiny.VALUE") == {"value": 3}
    (package / "tiny.py").write_text("VALUE = 33")
    assert environments("tiny @ ./pack") != environments("./pack") != first


def test_programs_of_an_environment_work_where_it_is(environments: Environments) -> None:
    python = environments()
    assert Path(environments.run(python, "import sys\nhome = sys.prefix")["home"]) == python.parent.parent  # type: ignore[arg-type]


def test_a_package_that_cannot_be_had_is_told_with_the_reason(environments: Environments) -> None:
    result = environments.ask(OFFLINE, "no-such-package-at-all==7")
    assert isinstance(result, TaskResult)
    assert result.status is Status.FAILED
    assert result.failure is not None
    assert result.failure.message.startswith(f"no environment of Python {VERSION} could be made: ")
    assert "no-such-package-at-all" in result.failure.message
    assert "No solution found" in result.failure.message
    assert Path(result.failure.log).exists()
    assert list(environments.cache.iterdir()) == []


def test_a_line_that_is_no_package_is_told(environments: Environments) -> None:
    result = environments.ask("what is this")
    assert isinstance(result, TaskResult)
    assert result.failure is not None
    assert "what is this" in result.failure.message


@pytest.mark.parametrize("version", ["2.1", "3.99", "banana", "--help"])
def test_a_version_that_is_not_there_is_an_error_that_names_those_that_are(
    environments: Environments, version: str
) -> None:
    with pytest.raises(MissingDependency) as error:
        environments.ask(version=version)
    assert str(error.value).startswith(f"there is no Python {version} on this machine; there is ")
    assert f"{VERSION}." in str(error.value)


def test_every_version_of_pyenv_is_found(environments: Environments, tmp_path: Path) -> None:
    for version in ("3.9.18", "3.10.2"):
        (tmp_path / "pyenv/versions" / version / "bin").mkdir(parents=True)
    (tmp_path / "pyenv/shims").mkdir()
    versions = tmp_path / "pyenv/versions"
    path = search_path(f"/first:{tmp_path}/pyenv/shims:/last")
    assert path == f"/first:{versions}/3.10.2/bin:{versions}/3.9.18/bin:/last"
    assert search_path("/usr/bin:/opt/shims") == "/usr/bin:/opt/shims"


def test_without_uv_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Path(find_uv()).name == "uv"
    monkeypatch.setenv("PATH", "/no/such")
    assert Path(find_uv()).is_file(), "that of the package"
    monkeypatch.setitem(sys.modules, "uv", None)
    with pytest.raises(MissingDependency, match=r"pip install 'stageline\[uv\]'"):
        find_uv()


def test_an_environment_whose_interpreter_has_gone_is_made_anew(environments: Environments) -> None:
    python = environments()
    python.unlink()
    python.symlink_to("/no/such/python")
    assert environments() == python
    assert environments.run(python, "x = 1") == {"x": 1}


PROCESS = """
import sys
from pathlib import Path
from stageline.targets.cancellation import Cancellation
from stageline.tasks.virtual_env import Environment, virtual_env
cache, project, log, version, *deps = sys.argv[1:]
print(virtual_env(Environment(version=version, deps=tuple(deps), cache=Path(cache), cwd=project),
                  Path(log), Cancellation()))
"""


def test_several_may_make_the_same_one_at_once(environments: Environments, tmp_path: Path) -> None:
    fixed = [str(environments.cache), str(environments.project)]
    dep = wheel(environments.project, 5)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, *fixed, str(tmp_path / f"log{each}"), VERSION, OFFLINE, dep],
            stdout=subprocess.PIPE,
            text=True,
        )
        for each in range(3)
    ]
    said = {process.communicate(timeout=100)[0].strip() for process in processes}
    assert said == {str(environments(OFFLINE, dep))}
    assert len(list(environments.cache.iterdir())) == 1


def test_what_a_killed_builder_left_is_swept_a_day_later(environments: Environments) -> None:
    for name, age in ((".old", 2 * 86_400), (".new", 0)):
        left = environments.cache / name
        left.mkdir(parents=True)
        os.utime(left, (time.time() - age,) * 2)
    environments()
    assert [path.name for path in environments.cache.glob(".*")] == [".new"]


def test_cancel_ends_it(environments: Environments) -> None:
    package = environments.project / "slow"
    package.mkdir()
    (package / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    )
    (package / "backend.py").write_text("import time\nopen('begun', 'w')\ntime.sleep(60)\n")
    cancellation, results = Cancellation(), list[object]()
    wanted = Environment(version=VERSION, deps=("./slow",), cache=environments.cache, cwd=str(environments.project))
    waiter = threading.Thread(target=lambda: results.append(virtual_env(wanted, environments.log, cancellation)))
    waiter.start()
    deadline = time.monotonic() + 30
    while not any(package.glob("begun")) and time.monotonic() < deadline:
        time.sleep(0.01)
    begun = time.monotonic()
    cancellation.cancel("enough")
    waiter.join(5)
    assert time.monotonic() - begun < 2
    assert isinstance(results[0], TaskResult)
    assert results[0].status is Status.CANCELED
    assert list(environments.cache.iterdir()) == []


def test_a_secret_of_an_index_is_in_no_log_failure_or_name(
    environments: Environments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")

    def key(secret: str) -> str:
        dep = f"tiny @ https://user:{secret}@localhost/tiny-1.0-py3-none-any.whl"
        wanted = Environment(version=VERSION, deps=(dep,), cache=environments.cache, cwd="/")
        return key_of(wanted, sys.executable, Mask([secret]))

    assert key("hunter2-token") == key("hunter3-token")
    dep = "tiny @ http://user:hunter2-token@127.0.0.1:1/tiny-1.0-py3-none-any.whl"
    result = environments.ask("--no-index", dep, mask=Mask(["hunter2-token"]))
    assert isinstance(result, TaskResult)
    assert result.failure is not None
    assert "127.0.0.1" in result.failure.message
    assert "hunter2" not in str(result.failure)
    assert not [path for path in environments.log.iterdir() if b"hunter2" in path.read_bytes()]


def test_packages_come_from_the_registry(environments: Environments) -> None:
    result = environments.ask("six", "iniconfig>=2")
    if isinstance(result, TaskResult) and result.failure and "Failed to fetch" in result.failure.message:
        not_run("no package registry can be reached")
    assert isinstance(result, Path), result.failure
    text = dedent("""
    import iniconfig, six
    names = [iniconfig.__name__, six.__name__]
    """)
    assert environments.run(result, text) == {"names": ["iniconfig", "six"]}

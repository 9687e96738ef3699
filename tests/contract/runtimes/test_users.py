"""Files belong to whoever runs the command, also when that is not root: with bwrap, and with both kinds of engines."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from stageline.runtimes.probe import answer, question
from stageline.runtimes.sandbox import Owner, Runtime
from stageline.runtimes.wrap import wrap
from stageline.targets.sandboxed import run_wrapped
from tests.contract.runtimes.boxes import Box
from tests.contract.runtimes.ready import ready
from tests.engines.control import Engines
from tests.not_run import not_run

SOMEBODY = 20011
AS_SOMEBODY = ("setpriv", f"--reuid={SOMEBODY}", f"--regid={SOMEBODY}", "--clear-groups", "--")
WORK = 'umask 022; echo mine > file; if echo x > "$1/x"; then exit 9; fi 2>/dev/null; id -u'


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder on a way that is open to all."""
    if os.getuid() != 0:
        not_run("only root can become somebody else")
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def box_of_somebody(runtime: Runtime, image: str, place: Path) -> Box:
    box = Box(runtime, image, place / "box", (SOMEBODY, SOMEBODY))
    os.chown(box.out, SOMEBODY, SOMEBODY)
    return box


def owner_of_the_file(box: Box) -> int:
    return (box.out / "file").stat().st_uid


def work_as_somebody(box: Box, **more: object) -> str:
    wrapped = wrap(box.runtime, box.sandbox("bash", "-c", WORK, "bash", str(box.input), **more), os.environ)
    wrapped = msgspec.structs.replace(wrapped, argv=(*AS_SOMEBODY, *wrapped.argv))
    ended = run_wrapped(wrapped, box.log, timeout=60)
    assert ended.code == 0, box.stderr
    return ended.stdout.read_text().strip()


def test_bwrap_for_somebody(engines: Engines, place: Path) -> None:
    ready(Runtime.BWRAP, engines)
    box = box_of_somebody(Runtime.BWRAP, "", place)
    assert work_as_somebody(box) == str(SOMEBODY)
    assert owner_of_the_file(box) == SOMEBODY


def test_an_engine_with_root_s_rights_for_somebody(container_engine: str, container_image: str, place: Path) -> None:
    """A daemon serves anybody; podman does when root calls it."""
    box = box_of_somebody(Runtime(container_engine), container_image, place)
    assert box.bash(WORK, str(box.input), owner=Owner.USER) == f"{SOMEBODY}\n"
    assert owner_of_the_file(box) == SOMEBODY


def test_podman_of_somebody(
    engines: Engines, container_image: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ready(Runtime.PODMAN, engines).items():
        monkeypatch.setenv(name, value)
    archive = place / "image.tar"
    subprocess.run(["podman", "save", "--quiet", f"--output={archive}", container_image], check=True)
    for name, variable in (("home", "HOME"), ("data", "XDG_DATA_HOME"), ("run", "XDG_RUNTIME_DIR")):
        (place / name).mkdir(mode=0o700)
        os.chown(place / name, SOMEBODY, SOMEBODY)
        monkeypatch.setenv(variable, str(place / name))
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.chdir(place)

    def podman(*argv: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*AS_SOMEBODY, *argv], check=False, capture_output=True, text=True)

    loaded = podman("podman", "load", "--quiet", f"--input={archive}")
    if loaded.returncode != 0:
        not_run(f"podman does not work without root's rights here: {loaded.stderr.strip().splitlines()[-1]}")
    said = podman(*question(Runtime.PODMAN))
    health = answer(Runtime.PODMAN, said.returncode, said.stdout, said.stderr)
    assert health.owner in (Owner.ROOT, Owner.KEPT)
    box = box_of_somebody(Runtime.PODMAN, container_image, place)
    assert work_as_somebody(box, owner=health.owner) == ("0" if health.owner is Owner.ROOT else str(SOMEBODY))
    assert owner_of_the_file(box) == SOMEBODY
    assert work_as_somebody(box) == "0", "without a word about the owner it is right too"
    podman("podman", "system", "reset", "--force")

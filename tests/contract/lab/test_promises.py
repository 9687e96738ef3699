"""What every isolating runtime promises to a job, one by one; and that a plain process shows the difference."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stageline.lab.host_tools import HostTools
from stageline.model.status import Status
from stageline.runtimes.sandbox import Runtime
from tests.contract.lab.lab_runs import Bench
from tests.contract.runtimes.test_isolation import Greeter
from tests.contract.runtimes.test_users import SOMEBODY
from tests.not_run import not_run

NETWORK = """
@stage(outputs={"told": "$out/told"}, resources=RESOURCES)
def asking(inputs, outputs, params):
    return f'''
    for place in PLACES; do
      (exec 3<>/dev/tcp/${{place/:/\\\\/}}; cat <&3) 2>&- || true
    done > "{outputs.told}"
    '''

lab = Lab(version="1", runs=[Run("r", asking)])
"""
INPUTS = """
@stage(outputs={"file": "$out/file", "folder": "$out/folder"})
def first(inputs, outputs, params):
    return f'''echo made > "{outputs.file}"; mkdir "{outputs.folder}"; echo made > "{outputs.folder}/inside"'''

@stage(
    inputs={"given": "given.txt", "table": "tables", "file": "", "folder": ""},
    outputs={"told": "$out/told"},
)
def second(inputs, outputs, params):
    return f'''
    for name in given table file folder; do
      path=${{inputs[$name]}}
      [[ -d $path ]] && inside=$path/inside || inside=$path
      cat "$inside"
      echo changed 2>&- >> "$inside" && echo "$name was changed"
      chmod a+w "$inside" 2>&- && echo "$name has other rights"
      mv "$inside" "$inside.moved" 2>&- && echo "$name was moved"
      rm -f "$inside" 2>&- && echo "$name was removed"
      touch "$path/new" 2>&- && echo "$name has more"
    done > "{outputs.told}" || true
    '''

@pipeline
def both():
    return second(first())

lab = Lab(version="1", runs=[Run("r", both)])
"""
OWNED = """
@stage(outputs={"file": "$out/file", "folder": "$out/folder"})
def making(inputs, outputs, params):
    return f'''
    echo x > "{outputs.file}"; mkdir -p "{outputs.folder}/deep"; touch "{outputs.folder}/deep/inside"
    ln -s inside "{outputs.folder}/deep/link"
    '''

lab = Lab(version="1", runs=[Run("r", making)])
"""
STRANGE = """
@stage(outputs={"said": "$out/said"}, run_dependencies=["strange"])
def WHO(inputs, outputs, params):
    return f'strange > "{outputs.said}"'

lab = Lab(version="1", runs=[Run("r", WHO)])
"""


def succeeded(bench: Bench, text: str) -> Bench:
    """The experiment, after its jobs have run."""
    bench.build(text)
    run = bench.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    return bench


@pytest.fixture
def greeter() -> Iterator[Greeter]:
    """A server on all addresses of this machine."""
    greeter = Greeter()
    yield greeter
    greeter.close()


def heard(bench: Bench, greeter: Greeter, resources: str = "{}") -> str:
    text = NETWORK.replace("PLACES", " ".join(greeter.places)).replace("RESOURCES", resources)
    return succeeded(bench, text).text(bench.job("asking"), "told")


def test_the_network_is_off(isolated: Bench, greeter: Greeter) -> None:
    assert heard(isolated, greeter) == ""


def test_the_network_is_there_for_who_asks_for_it(anywhere: Bench, greeter: Greeter) -> None:
    assert heard(anywhere, greeter, "{'network': True}") == "hello" * len(greeter.places)


def test_inputs_can_be_read_and_nothing_else(isolated: Bench) -> None:
    (isolated.folder / "tables").mkdir(parents=True)
    (isolated.folder / "given.txt").write_text("given\n")
    (isolated.folder / "tables/inside").write_text("table\n")
    told = succeeded(isolated, INPUTS).text(isolated.job("second"), "told")
    assert told.splitlines() == ["given", "table", "made", "made"]
    out = isolated.lab.out(isolated.job("first"))
    assert [(out / path).read_text() for path in ("file", "folder/inside")] == ["made\n", "made\n"]


def test_a_plain_process_would_have_changed_them(bench: Bench) -> None:
    (bench.folder / "tables").mkdir(parents=True)
    (bench.folder / "given.txt").write_text("given\n")
    (bench.folder / "tables/inside").write_text("table\n")
    told = succeeded(bench, INPUTS).text(bench.job("second"), "told")
    for name in ("given", "table", "file", "folder"):
        assert f"{name} was changed" in told


def test_outputs_belong_to_who_runs_the_job(anywhere: Bench) -> None:
    assert_owned(succeeded(anywhere, OWNED), os.getuid(), os.getgid())


def test_outputs_belong_to_somebody_who_is_not_root(anywhere: Bench, host_tools: HostTools) -> None:
    if os.getuid() != 0:
        not_run("only root can become somebody else")
    place = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        bench = Bench(place / "experiment", host_tools, anywhere.runtime)
        bench.build(OWNED)
        succeeded(anywhere, OWNED)  # so that all that it takes is there before this process may look no more
        for path in (place, *place.rglob("*")):
            os.chown(path, SOMEBODY, SOMEBODY, follow_symlinks=False)
        with pytest.MonkeyPatch.context() as patch:
            for variable in ("HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"):
                folder = place / variable
                folder.mkdir(mode=0o700)
                os.chown(folder, SOMEBODY, SOMEBODY)
                patch.setenv(variable, str(folder))
            for variable in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME"):
                patch.delenv(variable)
            patch.chdir(place)
            as_somebody(lambda: succeeded_again(bench))
        assert_owned(bench, SOMEBODY, SOMEBODY)
    finally:
        subprocess.run(["rm", "-rf", place], check=True)


def succeeded_again(bench: Bench) -> None:
    run = bench.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, [stage.failure for stage in run.stages]


def as_somebody(work: Callable[[], None]) -> None:
    """Do it in another process, as another user, who may talk to the daemon of docker."""
    child = os.fork()
    if child:
        assert os.waitpid(child, 0)[1] == 0
        return
    code = 1
    try:
        socket = Path("/var/run/docker.sock")
        os.setgroups([socket.stat().st_gid] if socket.exists() else [])
        os.setresgid(SOMEBODY, SOMEBODY, SOMEBODY)
        os.setresuid(SOMEBODY, SOMEBODY, SOMEBODY)
        work()
        code = 0
    except BaseException:  # noqa: BLE001, this process ends here whatever it was
        traceback.print_exc()
    finally:
        os._exit(code)


def assert_owned(bench: Bench, user: int, group: int) -> None:
    out = bench.lab.out(bench.job("making"))
    found = {str(path.relative_to(out)): path.lstat() for path in out.rglob("*")}
    assert sorted(found) == ["file", "folder", "folder/deep", "folder/deep/inside", "folder/deep/link"]
    assert {(status.st_uid, status.st_gid) for status in found.values()} == {(user, group)}


def test_an_image_is_loaded_once_for_all_labs_with_the_same_tools(
    container_engine: str, strange_tools: HostTools, tmp_path: Path
) -> None:
    runtime = Runtime(container_engine)
    first, second = (Bench(tmp_path / name, strange_tools, runtime) for name in ("one", "two"))
    try:
        succeeded(first, STRANGE.replace("WHO", "one"))
        assert loads(first) == 1
        succeeded(second, STRANGE.replace("WHO", "two"))
        assert loads(second) == 0
        assert first.text(first.job("one"), "said") == second.text(second.job("two"), "said")
    finally:
        name = f"localhost/stageline:{image_tag(first)}"
        subprocess.run([container_engine, "rmi", "--force", name], check=False, capture_output=True)
        shutil.rmtree(tmp_path / "one")


def image_tag(bench: Bench) -> str:
    (note,) = bench.home.glob("image/*/stageline-image.json")
    return note.read_text().partition("localhost/stageline:")[2][:32]


def loads(bench: Bench) -> int:
    """How often the engine was given an image."""
    return len(list(bench.home.glob(f"image-logs/{bench.runtime}/stdout")))

"""What is fetched holds up nobody there, and all of it has come when a run has ended, whatever happened in between."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from stageline.lab.host_tools import HostTools
from tests.contract.cli.calling import Project, end, until
from tests.contract.lab.lab_runs import Bench, statuses
from tests.contract.lab.test_gc import SCATTER
from tests.contract.lab_targets.test_breaking import begun
from tests.contract.lab_targets.test_coming_back import CONFIG
from tests.contract.lab_targets.ways import Way

pytestmark = pytest.mark.timeout(300)
CHAIN = """
@stage(outputs={"big": "$out/big"}, resources={"mem": "50M"})
def maker(inputs, outputs, params):
    return f'''echo made > "{outputs.big}"'''

@stage(inputs={"big": ""}, outputs={"seen": "$out/seen"}, params={"go": ""})
def reader(inputs, outputs, params):
    return f'''
    cp "{inputs.big}" "{outputs.seen}"
    touch "${{params[go]}}.read"
    until [[ -e "${{params[go]}}" ]]; do sleep 0.1; done'''

@pipeline
def chain():
    return reader(maker())

lab = Lab(version="1", runs=[Run("r", chain, params={"go": [GO]})])
"""


def chain(bench: Bench) -> Path:
    """A Lab of a job that reads what another has made, and waits for the file that is answered."""
    go = bench.folder.parent / "go"
    bench.build(CHAIN.replace("GO", repr(str(go))))
    return go


def slow_rsync(folder: Path) -> Path:
    """An rsync that fetches nothing before there is this file, for a minute at most."""
    folder.mkdir()
    path, gate = folder / "rsync", folder / "gate"
    path.write_text(
        f"""#!/bin/bash
fetches=1
for word; do [[ $word != --server ]] || fetches=0; done
[[ "${{!#}}" == *.incoming-* && "${{!#}}" != *:* ]] || fetches=0
for ((i = 0; i < 600 * fetches; i++)); do
  [[ ! -e "{gate}" ]] || break
  sleep 0.1
done
exec /usr/bin/rsync "$@"
"""
    )
    path.chmod(0o755)
    return gate


def test_who_reads_it_there_need_not_wait_until_it_is_here(
    ways: dict[str, Way], bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = chain(bench)
    gate = slow_rsync(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{gate.parent}:{os.environ['PATH']}")
    ended = begun(ways["ssh"].over(bench))
    until(Path(f"{go}.read").exists)
    assert not Path(bench.lab.out(bench.job("maker")), "big").exists()
    go.touch()
    until(lambda: list(ways["ssh"].base.glob(f"homes/*/records/{bench.job('reader').id}.json")))
    gate.touch()
    assert statuses(ended()) == {"maker": "SUCCEEDED", "reader": "SUCCEEDED"}
    assert (bench.text(bench.job("maker"), "big"), bench.text(bench.job("reader"), "seen")) == ("made\n", "made\n")
    assert list(bench.home.glob("owed/*/*")) == []


@pytest.mark.parametrize("by", ["run", "resume"])
def test_what_did_not_come_before_a_crash_comes_with_whoever_goes_on(
    host_tools: HostTools, tmp_path: Path, ssh_config: Path, by: str
) -> None:
    bench = Bench(tmp_path / "a project", host_tools)
    go = chain(bench)
    gate = slow_rsync(tmp_path / "bin")
    project = Project(bench.folder, {"XDG_CONFIG_HOME": str(tmp_path / "config")})
    path = project.env["PATH"]
    project.env["PATH"] = f"{gate.parent}:{path}"
    project.write("stageline.toml", CONFIG.format(base=tmp_path / "base", config=ssh_config))
    words = ("run", "--lab", "result", "--target", "ssh")
    process = project.begin(*words)
    until(Path(f"{go}.read").exists)
    end(process, signal.SIGKILL)
    gate.touch()
    go.touch()
    assert not Path(bench.lab.out(bench.job("maker")), "big").exists()
    said = project.call(*(words if by == "run" else ("resume",)))
    assert said.code == 0, said
    assert (bench.text(bench.job("maker"), "big"), bench.text(bench.job("reader"), "seen")) == ("made\n", "made\n")
    assert project.runs()[0]["status"] == "SUCCEEDED"


def test_a_cancel_does_not_wait_for_what_comes(host_tools: HostTools, tmp_path: Path, ssh_config: Path) -> None:
    bench = Bench(tmp_path / "a project", host_tools)
    go = chain(bench)
    gate = slow_rsync(tmp_path / "bin")
    project = Project(bench.folder, {"XDG_CONFIG_HOME": str(tmp_path / "config")})
    project.env["PATH"] = f"{gate.parent}:{project.env['PATH']}"
    project.write("stageline.toml", CONFIG.format(base=tmp_path / "base", config=ssh_config))
    process = project.begin("run", "--lab", "result", "--target", "ssh")
    until(Path(f"{go}.read").exists)
    assert project.call("cancel", project.runs()[0]["id"]).code == 0
    assert end(process).code == 130
    gate.touch()


def test_the_parts_of_a_scatter_gather_come_too(ways: dict[str, Way], bench: Bench) -> None:
    ways["here"].over(bench).build(SCATTER.replace("COUNT", "3"))
    assert statuses(bench.run()) == {"sg": "SUCCEEDED"}
    assert len(list(bench.home.glob("branches/*/out/n"))) == 3
    assert list(bench.home.glob("owed/*/*")) == []

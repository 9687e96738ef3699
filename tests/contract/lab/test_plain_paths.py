"""A home whose path has blanks or quotes: scripts are given paths without any, in every runtime, and all else stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from stageline.errors import ConfigError
from stageline.lab.host_tools import HostTools
from stageline.lab.plain_paths import PlainPaths, plain_paths
from stageline.runtimes.sandbox import Runtime
from tests.contract.lab.lab_runs import Bench

PROGRAM = str(Path(sys.executable).with_name("stageline"))
ALL = '{"n":1}\n{"n":2}\n'
GATHERED = """
@stage(inputs={"seed": "seed.txt"}, outputs={"work__items": "$out/items.json", "worker__arg": {"n": 0}})
def scatter(inputs, outputs, params):
    return f'''cat {inputs.seed} > "{outputs.work__items}"; echo "at $PWD"'''

@stage(inputs={"worker__item": ""}, outputs={"result": "$out/result.csv"})
def worker(inputs, outputs, params):
    return f'''cat {inputs.worker__item} > {outputs.result}'''

@stage(inputs={"worker__outs": "[]"}, outputs={"final": "$out/final.csv"})
def gather(inputs, outputs, params):
    return f'''cat "{inputs.worker__outs}" | jq -r '.[].result' | xargs cat > {outputs.final}'''

sums = scatter_gather(pname="sums", scatter=scatter, worker=worker, gather=gather)
lab = Lab(version="1", runs=[Run("r", sums)])
"""


def gathered(bench: Bench) -> str:
    bench.folder.mkdir(parents=True, exist_ok=True)
    (bench.folder / "seed.txt").write_text('[{"n": 1}, {"n": 2}]')
    bench.build(GATHERED)
    bench.run()
    return bench.text(bench.job("sums"), "final")


def test_the_documented_gather_works_in_every_runtime(anywhere: Bench) -> None:
    assert " " in str(anywhere.home)
    assert gathered(anywhere) == ALL
    assert anywhere.run() is None


@pytest.mark.parametrize("name", ["it's", 'a "lab"', "back\\slash", "two\nlines", "a\ttab"])
def test_it_works_in_any_folder(tmp_path: Path, host_tools: HostTools, name: str) -> None:
    assert gathered(Bench(tmp_path / name, host_tools)) == ALL


def test_what_was_done_in_one_runtime_is_done_for_all(bench: Bench) -> None:
    gathered(bench)
    before = bench.records
    for runtime in Runtime:
        bench.runtime = runtime
        assert bench.run() is None
    assert bench.records == before


def test_a_moved_project_is_gathered_again_where_it_is(bench: Bench, tmp_path: Path, host_tools: HostTools) -> None:
    gathered(bench)
    bench.folder.rename(tmp_path / "another place")
    moved = Bench(tmp_path / "another place", host_tools)
    moved.build(GATHERED)
    assert moved.run() is None
    moved.run("r", force=True)
    assert moved.text(moved.job("sums"), "final") == ALL


@pytest.mark.parametrize("part", ["scatter", "worker", "gather"])
def test_a_shell_is_where_scripts_are(anywhere: Bench, part: str) -> None:
    gathered(anywhere)
    words = [PROGRAM, "debug", anywhere.job("sums").id[:12], "--part", part, f"--{anywhere.runtime}"]
    typed = "pwd; ls -d $out\n"
    ended = subprocess.run(words, input=typed, capture_output=True, text=True, cwd=anywhere.folder, check=False)
    home = plain_paths(str(anywhere.home))
    first, second, *_ = ended.stdout.splitlines()
    assert first == second
    assert first.startswith(f"{home.link}/.stageline/debug/")


def test_the_link_is_made_anew_when_it_is_gone_or_leads_elsewhere(tmp_path: Path) -> None:
    paths = PlainPaths(f"{tmp_path}/home", str(tmp_path), str(tmp_path / "private/link"))
    paths.have_link()
    Path(paths.link).unlink()
    paths.have_link()
    assert Path(paths.link).readlink() == tmp_path
    Path(paths.link).unlink()
    Path(paths.link).symlink_to("/elsewhere")
    (tmp_path / "private/of another").symlink_to(tmp_path)
    (tmp_path / "private/of what is gone").symlink_to("/gone")
    paths.have_link()
    assert Path(paths.link).readlink() == tmp_path
    assert sorted(path.name for path in (tmp_path / "private").iterdir()) == ["link", "of another"]


def test_what_is_below_a_home_and_nothing_else_is_shown_by_the_link() -> None:
    paths = plain_paths("/a b/it's mine/plain/.stageline")
    assert paths.cut == "/a b/it's mine"
    assert paths.shown("/a b/it's mine/plain/.stageline/jobs/x") == f"{paths.link}/plain/.stageline/jobs/x"
    assert paths.shown("/a b/it's mine/plain/.stageline") == f"{paths.link}/plain/.stageline"
    for other in ("/a b/it's mine/plain/.stageline-2", "/a b/it's mine/plain", "/a b", "/usr"):
        assert paths.shown(other) == other


def test_the_way_up_leads_to_the_project_as_anywhere(bench: Bench) -> None:
    bench.build("""
@stage(outputs={"seen": "$out/seen"})
def look(inputs, outputs, params):
    return f'''cd ../../../..; ls lab.py > "{outputs.seen}"'''

lab = Lab(version="1", runs=[Run("r", look)])
""")
    bench.run()
    assert bench.text(bench.job("look"), "seen") == "lab.py\n"


def test_a_folder_that_others_can_change_is_refused(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o777)
    (tmp_path / "private").symlink_to("shared")
    for name in ("shared", "private"):
        with pytest.raises(ConfigError, match=r"not yours alone; keep the Lab in a folder without any \(--home\)"):
            PlainPaths(str(tmp_path), str(tmp_path), str(tmp_path / name / "link")).have_link()
    assert list((tmp_path / "shared").iterdir()) == []


def test_a_plain_path_needs_no_link() -> None:
    paths = plain_paths("/home/me/project/.stageline")
    assert paths.link == ""
    assert paths.shown("/home/me/project/.stageline/jobs") == "/home/me/project/.stageline/jobs"

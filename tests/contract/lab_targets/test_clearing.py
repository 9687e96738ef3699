"""What is cleared up of a home on a target: by the Labs that are kept here, and never what is used."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from stageline.errors import UnknownName
from stageline.lab.afar import clearing
from stageline.lab.afar.clearing import FarCollected, collect_afar
from stageline.lab.afar.home_id import home_id
from stageline.lab.host_tools import HostTools
from stageline.lab.run_lock import Busy, run_lock
from stageline.targets.target import Order
from tests.contract.cli.calling import Project, end, until
from tests.contract.lab.lab_runs import Bench, statuses
from tests.contract.lab.test_gc import SCATTER
from tests.contract.lab_targets.test_coming_back import CONFIG, SLOW
from tests.contract.lab_targets.ways import Way, lines

pytestmark = pytest.mark.timeout(300)
NUMBERS = '''
@stage(outputs={"n": "$out/n"}, params={"n": 0})
def one(inputs, outputs, params):
    return f"""echo {params.n} > "{outputs.n}"; mkdir -p "$out/deep"; touch "$out/deep/file"; chmod 500 "$out/deep" """

lab = Lab(runs=[Run("r", one, params={"n": [1, NUMBER]})])
'''


def seven_labs(bench: Bench) -> None:
    for number in range(2, 9):
        lab = bench.build(NUMBERS.replace("NUMBER", str(number)))
        os.utime(lab.root, (number, number))
        if number < 5:
            assert statuses(bench.run()) == {"one": "SUCCEEDED"}


def cleared(way: Way, bench: Bench, dry_run: bool = False) -> FarCollected:
    return collect_afar(way.reached, way.name, bench.home, dry_run=dry_run)


def values(home: Path) -> list[int]:
    return sorted(int(path.read_text()) for path in home.glob("jobs/*/out/n"))


def all_names(home: Path) -> set[Path]:
    return set(home.rglob("*"))


@pytest.mark.parametrize("way", ["here", "ssh", "ssh-slurm"], indirect=True)
def test_what_no_kept_lab_has_goes_there_and_the_rest_stays(way: Way, bench: Bench) -> None:
    seven_labs(way.over(bench))
    (way.home / ".incoming-0123").mkdir()
    (way.home / ".incoming-0123/half").write_text("sent")
    (way.home / "host-tools" / ("0" * 32)).mkdir()
    before = all_names(way.home)
    told = cleared(way, bench, dry_run=True)
    assert all_names(way.home) == before
    done = cleared(way, bench)
    assert told == done
    assert values(way.home) == [1, 4]
    whys = {one.path: one.why for one in done.labs.garbage}
    assert whys[".incoming-0123"] == "a call that was broken off has left it"
    assert whys[f"host-tools/{'0' * 32}"] == "no kept Lab has it"
    assert len([path for path in whys if path.startswith("jobs/")]) == 2
    assert len(list(way.home.glob("records/*.json"))) == 2
    assert {one.path: one.size for one in done.labs.garbage}[".incoming-0123"] == 4
    assert list(way.home.glob(".gone*")) == list(way.home.glob("slurm/*")) == []
    assert cleared(way, bench).labs.garbage == ()
    bench.build(NUMBERS.replace("NUMBER", "4"))
    assert bench.run() is None


def test_branches_of_kept_labs_stay_there(ways: dict[str, Way], bench: Bench) -> None:
    way = ways["here"]
    for count in (5, 3):
        way.over(bench).build(SCATTER.replace("COUNT", str(count)))
        bench.run()
    assert cleared(way, bench).labs.garbage == ()
    for number in range(4):
        bench.build(SCATTER.replace("COUNT", "3").replace("jq .n", f"jq  {'-S ' * (number + 1)} .n"))
    gone = [one.path for one in cleared(way, bench).labs.garbage if one.path.startswith("branches/")]
    assert len([path for path in gone if "/records/" not in path]) == 3
    assert len([path for path in gone if "/records/" in path]) == 3
    bench.build(SCATTER.replace("COUNT", "3"))
    assert bench.run() is None


def test_other_homes_are_told_of_and_go_only_when_named(
    ways: dict[str, Way], bench: Bench, host_tools: HostTools, tmp_path: Path
) -> None:
    way, other = ways["here"], Bench(tmp_path / "another", host_tools)
    for one in (bench, other):
        way.over(one).build(NUMBERS.replace("NUMBER", "2"))
        one.run()
    theirs = home_id(str(other.home))
    found = cleared(way, bench)
    assert [(one.id, one.whose) for one in found.others] == [(theirs, f"{os.uname().nodename}:{other.home}")]
    assert values(way.base / "homes" / theirs) == [1, 2]
    with pytest.raises(UnknownName, match=theirs):
        clearing.drop_home(way.reached, way.name, bench.home, home_id(str(bench.home)))
    assert clearing.drop_home(way.reached, way.name, bench.home, theirs) > 1000
    assert [path.name for path in way.base.glob("homes/*")] == [home_id(str(bench.home))]
    assert values(way.home) == [1, 2]


def test_nothing_goes_while_jobs_are_run_or_what_nobody_knows_is_at_work(ways: dict[str, Way], bench: Bench) -> None:
    way = ways["here"]
    seven_labs(way.over(bench))
    with run_lock(str(bench.home), "a-run"), pytest.raises(Busy, match="with run a-run"):
        cleared(way, bench)
    target = way.target(way.home)
    target.start([Order(token=f"{'f' * 32}.1", argv=("sleep", "60"))])
    try:
        with pytest.raises(Busy, match=f"at work in .* are {'f' * 32}.1, which no kept Lab knows"):
            cleared(way, bench)
    finally:
        target.cancel([f"{'f' * 32}.1"])
    assert values(way.home) == [1, 2, 3, 4]
    assert f"run/{'f' * 32}.1" in [one.path for one in cleared(way, bench).labs.garbage]
    assert values(way.home) == [1, 4]


@pytest.mark.parametrize("program", ["mv", "rm"])
def test_whatever_a_killed_gc_has_left_is_gone_on_with(host_tools: HostTools, tmp_path: Path, program: str) -> None:
    bench = Bench(tmp_path / "a project", host_tools)
    project = Project(bench.folder, {"XDG_CONFIG_HOME": str(tmp_path / "config")})
    base = tmp_path / "base"
    for number in range(2, 9):
        lab = bench.build(NUMBERS.replace("NUMBER", str(number)))
        os.utime(lab.root, (number, number))
        project.write("stageline.toml", CONFIG.format(base=base, config="none"))
        if number < 5:
            assert project.call("run", "--lab", "result", "--target", "here").code == 0
    (home,) = base.glob("homes/*")
    dry = project.call("gc", "--target", "here", "--dry-run")
    assert (dry.code, "folders and files of Labs on here would be deleted" in dry.out) == (0, True), dry
    flag = stuck(tmp_path / "bin", program)
    project.env["PATH"] = f"{tmp_path / 'bin'}:{project.env['PATH']}"
    process = project.begin("gc", "--target", "here")
    until(flag.exists)
    end(process, signal.SIGKILL)
    for pid in flag.read_text().split():
        os.kill(int(pid), signal.SIGKILL)
    assert list(home.glob(".gone*"))
    (tmp_path / "bin" / program).unlink()
    assert len([path for path in home.glob("jobs/*") if (path / "out/n").exists()]) == len(list(home.glob("jobs/*")))
    assert len(list(home.glob("records/*"))) <= len(list(home.glob("jobs/*")))
    assert "left it" in project.call("gc", "--target", "here").out
    assert values(home) == [1, 4]
    assert list(home.glob(".gone*")) == []
    assert project.call("gc", "--target", "here", "--json").json["labs"]["garbage"] == []


def stuck(folder: Path, program: str) -> Path:
    """A program that does not come back from its third move, or first removal, of what goes; its pids are in a file."""
    folder.mkdir()
    flag, count, real = folder / "flag", folder / "count", shutil.which(program)
    path = folder / program
    path.write_text(
        f"""#!/bin/bash
[[ "$*" == *.gone* ]] || exec {real} "$@"
echo >> "{count}"
if [[ {program} = rm || $(wc -l < "{count}") -gt 2 ]]; then
  echo "$PPID $$" > "{flag}.new"
  {shutil.which("mv")} "{flag}.new" "{flag}"
  exec sleep 100
fi
exec {real} "$@"
"""
    )
    path.chmod(0o755)
    return flag


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--drop-home", "x"], "--drop-home is said of a --target"),
        (["--target", "here", "--keep", "1"], "choose runs"),
        (["--target", "nowhere"], "nowhere"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(bench: Bench, words: list[str], said: str) -> None:
    bench.build(SLOW.replace("TIMES", "''"))
    answer = Project(bench.folder).call("gc", *words)
    assert answer.code == 2, answer
    assert said in answer.err


def test_a_lab_whose_run_was_left_stays_there(host_tools: HostTools, tmp_path: Path) -> None:
    bench = Bench(tmp_path / "a project", host_tools)
    project = Project(bench.folder, {"XDG_CONFIG_HOME": str(tmp_path / "config")})
    times = tmp_path / "times"
    bench.build(SLOW.replace("TIMES", repr(str(times))))
    project.write("stageline.toml", CONFIG.format(base=tmp_path / "base", config="none"))
    process = project.begin("run", "--lab", "result", "--target", "here", "-j", "2")
    until(lambda: len(lines(times)) == 2)
    end(process, signal.SIGKILL)
    for number in range(2, 8):
        bench.build(NUMBERS.replace("NUMBER", str(number)))
    said = project.call("gc", "--target", "here", "--json")
    assert said.code == 0, said
    assert "a run that has not ended is about it" in [one["why"] for one in said.json["labs"]["kept"]]
    assert said.json["labs"]["garbage"] == []
    Path(f"{times}.go").touch()
    assert project.call("resume").code == 0
    assert lines(times) == ["begun"] * 2

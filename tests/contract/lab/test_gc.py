"""What is cleared up of a home, and what stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stageline.errors import ConfigError
from stageline.lab.gc import Collected, collect
from stageline.lab.host_tools import HostTools
from stageline.lab.layout import Home
from stageline.lab.results import LabResults
from stageline.lab.run_lock import Busy, run_lock
from stageline.lab.shelf import pin, unpin
from stageline.lab.tools_image import image_of
from stageline.model.status import Status
from tests.contract.lab.lab_runs import Bench

LAB = '''
@stage(outputs={"n": "$out/n"}, params={"n": 0})
def one(inputs, outputs, params):
    return f"""echo {params.n} > "{outputs.n}" """

lab = Lab(runs=[Run("r", one, params={"n": [1, NUMBER]})])
'''


@pytest.fixture
def bench(tmp_path: Path, host_tools: HostTools) -> Bench:
    """Seven Labs, one after the other; the first three have been run."""
    bench = Bench(tmp_path, host_tools)
    for number in range(2, 9):
        lab = bench.build(LAB.replace("NUMBER", str(number)))
        os.utime(lab.root, (number, number))
        if number < 5:
            bench.run()
    return bench


def labs(bench: Bench) -> list[str]:
    """The ids of the Labs, in the order in which they were built."""
    return [path.name for path in sorted((bench.home / "labs").iterdir(), key=lambda path: path.stat().st_mtime)]


def garbage(found: Collected, folder: str) -> list[str]:
    return [one.path for one in found.garbage if one.path.startswith(f"{folder}/")]


def values(bench: Bench) -> list[int]:
    """The values of n whose jobs are on the disk, with what they have made."""
    made = (path / "out" / "n" for path in (bench.home / "jobs").iterdir())
    return sorted(int(path.read_text()) for path in made if path.exists())


def test_the_last_five_labs_stay_and_what_only_others_had_goes(bench: Bench) -> None:
    before = labs(bench)
    found = collect(bench.home)
    assert labs(bench) == before[-5:]
    assert garbage(found, "labs") == [f"labs/{before[1]}", f"labs/{before[0]}"]
    assert len(garbage(found, "jobs")) == len(garbage(found, "records")) == 2
    assert values(bench) == [1, 4]
    assert garbage(found, "host-tools") == []
    assert found.size == sum(one.size for one in found.garbage) > 0
    jobs = LabResults.from_path(bench.folder / "result").jobs()
    assert [job.status for job in jobs] == [Status.SUCCEEDED, Status.NOT_STARTED]
    assert collect(bench.home).garbage == ()


def test_a_dry_run_says_what_would_go_and_why_and_deletes_nothing(bench: Bench) -> None:
    before = labs(bench)
    told = collect(bench.home, dry_run=True)
    assert labs(bench) == before
    assert values(bench) == [1, 2, 3, 4]
    assert {one.why for one in told.garbage} == {
        "6 Labs were built after it",
        "5 Labs were built after it",
        "no kept Lab has it",
        "no kept Lab has its job",
    }
    assert [one.why for one in told.kept] == ["it is one of the last 5"] * 5
    assert collect(bench.home).garbage == told.garbage


def test_a_pinned_lab_stays_until_it_is_not(bench: Bench) -> None:
    first = labs(bench)[0]
    home = Home(bench.home)
    pin(home, first)
    assert [one.why for one in collect(bench.home).kept if one.id == first] == ["it is pinned"]
    assert values(bench) == [1, 2, 4]
    assert unpin(home, first)
    assert not unpin(home, first)
    collect(bench.home)
    assert values(bench) == [1, 4]


def test_a_lab_that_is_linked_to_or_used_stays(bench: Bench) -> None:
    first, second = labs(bench)[:2]
    (bench.folder / "paper").symlink_to(f".stageline/labs/{first}")
    found = collect(bench.home, in_use={second})
    assert {one.id: one.why for one in found.kept if one.id in (first, second)} == {
        first: "paper leads to it",
        second: "a run that has not ended is about it",
    }
    assert found.garbage == ()


def test_outputs_that_their_job_made_read_only_go_too(bench: Bench) -> None:
    for path in (bench.home / "jobs").iterdir():
        (path / "out").chmod(0o500)
    collect(bench.home)
    assert values(bench) == [1, 4]


def test_nothing_is_cleared_up_while_jobs_are_run(bench: Bench) -> None:
    with run_lock(str(bench.home), "a-run"), pytest.raises(Busy, match="with run a-run"):
        collect(bench.home)
    assert values(bench) == [1, 2, 3, 4]


def test_nothing_is_cleared_up_while_a_kept_lab_is_damaged(bench: Bench) -> None:
    last = bench.home / "labs" / labs(bench)[-1]
    (last / "revision" / "files.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"files\.json: this file was changed after the build; .*damaged"):
        collect(bench.home)
    assert values(bench) == [1, 2, 3, 4]


def test_the_image_of_a_kept_lab_stays_though_it_was_made_after_the_build(bench: Bench) -> None:
    image_of(bench.lab)
    assert garbage(collect(bench.home), "image") == []
    assert len(list((bench.home / "image").iterdir())) == 1


SCATTER = '''
@stage(outputs={"work__items": "$out/items.json", "worker__arg": {"n": 0}}, params={"count": 2})
def cut(inputs, outputs, params):
    return f"""jq -n '[range({params.count}) | {{n: .}}]' > "{outputs.work__items}" """

@stage(inputs={"worker__item": ""}, outputs={"n": "$out/n"})
def work(inputs, outputs, params):
    return f"""jq .n "{inputs.worker__item}" > "{outputs.n}" """

@stage(inputs={"worker__outs": "[]"}, outputs={"all": "$out/all"})
def join(inputs, outputs, params):
    return f"""jq -r '.[].n' "{inputs.worker__outs}" | while read -r n; do cat "$n"; done > "{outputs.all}" """

lab = Lab(runs=[Run("r", scatter_gather("sg", scatter=cut, worker=work, gather=join), params={"count": [COUNT]})])
'''


def test_branches_of_kept_labs_stay(tmp_path: Path, host_tools: HostTools) -> None:
    bench = Bench(tmp_path, host_tools)
    for count in (5, 3):
        bench.build(SCATTER.replace("COUNT", str(count)))
        bench.run()
    assert collect(bench.home).garbage == ()
    for number in range(4):
        bench.build(SCATTER.replace("COUNT", "3").replace("jq .n", f"jq  {'-S ' * (number + 1)} .n"))
    found = collect(bench.home)
    assert len(garbage(found, "labs")) == 1
    # of five items three are those of the Lab that stays; a scatter and two branches go, with their records
    assert len([path for path in garbage(found, "branches") if "/records/" not in path]) == 3
    assert len(garbage(found, "branches/records")) == 3
    bench.build(SCATTER.replace("COUNT", "3"))
    assert bench.run() is None

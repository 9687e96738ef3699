"""A project that is moved keeps its jobs: files and folders of a sweep count by their content and their place in it."""

from __future__ import annotations

import shutil
from pathlib import Path

from stageline.lab.model import Job
from tests.contract.lab.lab_runs import Bench

LAB = """
from stageline.lab import dirs, files, quote

@stage(outputs={"n": "$out/n"}, params={"table": "", "unused": 1})
def count(inputs, outputs, params):
    return f'''
    echo counted >> "$out/../../../../times"
    wc -l < {quote(params.table)} > "{outputs.n}"'''

@stage(outputs={"n": "$out/n"}, params={"table": ""})
def read(inputs, outputs, params):
    return f'''
    echo read >> "$out/../../../../times"
    wc -l < "${{params[table]}}" > "{outputs.n}"'''

@stage(outputs={"names": "$out/names"}, params={"folder": ""})
def look(inputs, outputs, params):
    return f'''
    echo looked >> "$out/../../../../times"
    ls {quote(params.folder)} > "{outputs.names}"'''

lab = Lab(version="1", runs=[
    Run("tables", [count, read], params={"table": files("data/*.csv")}),
    Run("folders", look, params={"folder": dirs("da*")}),
])
"""


def begin(bench: Bench) -> None:
    (bench.folder / "data").mkdir(parents=True)
    for name, lines in (("a.csv", 1), ("it's b.csv", 2)):
        (bench.folder / "data" / name).write_text("x\n" * lines)
    bench.build(LAB)
    assert bench.run() is not None
    assert len(bench.times) == 5


def moved(bench: Bench, name: str) -> Bench:
    place = bench.folder.parent / name
    shutil.move(bench.folder, place)
    return Bench(place, bench._tools)


def of(bench: Bench, stage: str, file: str) -> Job:
    (job,) = [
        job for job in bench.plan.jobs.values() if job.stage == stage and job.params["table"].value == f"data/{file}"
    ]
    return job


def test_nothing_runs_again_when_a_project_was_moved(bench: Bench) -> None:
    begin(bench)
    before = set(bench.plan.jobs)
    again = moved(bench, "it's elsewhere")
    again.build(LAB)
    assert set(again.plan.jobs) == before
    assert again.run() is None


def test_what_runs_there_finds_its_files_there(bench: Bench) -> None:
    begin(bench)
    again = moved(bench, "elsewhere")
    again.build(LAB)
    assert again.run(force=True) is not None
    assert again.text(of(again, "count", "it's b.csv"), "n") == "2\n"
    assert again.text(of(again, "read", "a.csv"), "n") == "1\n"


def test_other_content_and_another_name_make_jobs_new(bench: Bench) -> None:
    begin(bench)
    again = moved(bench, "elsewhere")
    (again.folder / "data/a.csv").write_text("y\n")
    again.build(LAB)
    before = len(again.times)
    again.run()
    assert sorted(again.times[before:]) == ["counted", "looked", "read"]
    (again.folder / "data/a.csv").rename(again.folder / "data/c.csv")
    again.build(LAB)
    before = len(again.times)
    again.run()
    assert sorted(again.times[before:]) == ["counted", "looked", "read"]


def test_two_files_that_begin_alike_are_two(bench: Bench) -> None:
    (bench.folder / "data").mkdir(parents=True)
    for name in ("a", "a.csv", "a.csv.csv"):
        (bench.folder / "data" / name).write_text("the same\n")
    lab = bench.build(LAB.replace('files("data/*.csv")', 'files("data/*")'))
    assert len(lab.plan.jobs) == 3 * 2 + 1


def test_files_that_are_named_from_the_root_count_by_their_whole_path(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "far/a.csv").write_text("x\n")
    text = LAB.replace("data/*.csv", f"{tmp_path}/far/*.csv").replace('Run("folders"', '# Run("folders"')
    before = set(bench.build(text).plan.jobs)
    shutil.move(tmp_path / "far", tmp_path / "further")
    assert not before & set(bench.build(text.replace("/far/", "/further/")).plan.jobs)

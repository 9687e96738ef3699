"""Files and folders of a sweep are taken into the Lab: jobs find them there, wherever they run."""

from __future__ import annotations

from stageline.lab.verify import verify
from tests.contract.lab import swept
from tests.contract.lab.lab_runs import Bench


def test_every_runtime_shows_them_to_jobs(anywhere: Bench) -> None:
    swept.built(anywhere)
    assert anywhere.run() is not None
    assert swept.found(anywhere) == swept.FOUND


def test_nothing_of_a_lab_tells_where_they_were(bench: Bench) -> None:
    swept.built(bench)
    files = [path for folder in ("jobs", "labs") for path in (bench.home / folder).rglob("*") if path.is_file()]
    texts = [path.read_text() for path in files]
    assert len(texts) > 20
    assert not [text for text in texts if str(bench.folder) in text]
    (job,) = [job for job in bench.plan.jobs.values() if job.stage == "written"]
    assert job.params["folder"].value == "data"


def test_a_changed_one_is_noticed(bench: Bench) -> None:
    swept.built(bench)
    (taken,) = bench.home.glob("inputs/*/a.csv")
    taken.chmod(0o644)
    taken.write_text("other\n")
    (bad,) = verify(bench.lab)
    assert str(taken.relative_to(bench.home)) in str(bad)

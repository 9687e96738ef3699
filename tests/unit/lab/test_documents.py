"""What is written of a plan: the same bytes for the same plan, and an id that stands for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from stageline.lab.define import Run
from stageline.lab.documents import Facts, documents_of
from stageline.lab.layout import FILES, LAB_METADATA, METADATA
from stageline.lab.manifest import FileMark, LabMetadata, Metadata, RunManifest, Tools
from stageline.lab.model import Environment, FromFile, LabPlan, PlannedRun
from stageline.lab.portable import Portable, texts_of
from stageline.lab.stage import stage
from stageline.lab.tools_image import image_key
from tests.unit.lab.labs import HERE, body, only, plan

FACTS = Facts(version="1", revision="", checked=True, tools=(), machine="x86_64", image="")
MARKS = {"jobs/x": FileMark("0" * 64, 3)}


@stage(inputs={"table": "table.csv"}, outputs={"n": "$out/n"}, params={"n": 1, "unread": "default", "read": "default"})
def one(inputs: Any, outputs: Any, params: Any) -> str:
    return f'cat "{inputs.table}" "${{params[read]}}" | head -n {params.n} > "{outputs.n}"'


def planned(**params: Any) -> LabPlan:
    return plan(Run("r", one, params=params), files={"table.csv": "0123456789abcdef" * 4})


def documents(of: LabPlan, marks: dict[str, FileMark] | None = None, facts: Facts = FACTS) -> dict[str, bytes]:
    portable = Portable(HERE)
    jobs = {job.id: portable.job(job) for job in of.jobs.values()}
    return documents_of(facts, [portable.run(run) for run in of.runs.values()], jobs, marks or MARKS)


def lab_id(of: dict[str, bytes]) -> str:
    return msgspec.json.decode(of[LAB_METADATA], type=LabMetadata).id


def test_one_document_names_the_next_by_its_digest() -> None:
    made = documents(planned(n=[1, 2]))
    metadata = msgspec.json.decode(made[METADATA], type=Metadata)
    (run,) = metadata.runs
    assert set(made) == {LAB_METADATA, METADATA, FILES, run.manifest.path}
    assert run.manifest.path == f"revision/{run.manifest.digest[:32]}.json"
    manifest = msgspec.json.decode(made[run.manifest.path], type=RunManifest)
    assert (manifest.name, run.jobs, len(manifest.jobs)) == ("r", 2, 2)


def test_the_same_plan_is_the_same_bytes() -> None:
    assert documents(planned(n=[1, 2], read="x")) == documents(planned(read="x", n=[1, 2]))


@pytest.mark.parametrize(
    "other",
    [
        lambda: documents(planned(n=[1, 2, 3])),
        lambda: documents(planned(n=[1, 2]), {"jobs/x": FileMark("0" * 64, 4)}),
        lambda: documents(planned(n=[1, 2]), facts=replace(FACTS, checked=False)),
        lambda: documents(planned(n=[1, 2]), facts=replace(FACTS, revision="abc")),
    ],
)
def test_the_labs_id_stands_for_all_of_it(other: Callable[[], dict[str, bytes]]) -> None:
    assert lab_id(other()) != lab_id(documents(planned(n=[1, 2])))


def test_a_portable_job_says_nothing_of_where_it_was_built() -> None:
    portable = Portable(HERE)
    job = portable.job(only(planned(), "one"))
    text = msgspec.json.encode(job).decode()
    assert HERE not in text
    assert job.place.file == "test_documents.py"
    assert body(job).script == body(job).program == ""
    wire = body(job).inputs["table"]
    assert isinstance(wire, FromFile)
    assert wire.path == "inputs/0123456789abcdef0123456789abcdef/table.csv"
    assert portable.taken[wire.path].source == f"{HERE}/table.csv"


def test_of_a_file_elsewhere_only_the_name_is_told() -> None:
    run = next(iter(planned().runs.values()))
    assert Portable("/other").run(run).place.file == "test_documents.py"


def test_runs_keep_what_they_need() -> None:
    first = Run("first", one, groups=["g"])
    of = plan(first, Run("second", one, params={"n": 2}, depends_on=first), files={"table.csv": "0" * 64})
    metadata = msgspec.json.decode(documents(of)[METADATA], type=Metadata)
    assert [(run.name, dict(run.needs), run.groups) for run in metadata.runs] == [
        ("first", {}, ("g",)),
        ("second", {"first": "hard"}, ()),
    ]


def test_scripts_have_only_the_parameters_that_leave_a_trace() -> None:
    job = only(planned(), "one")
    starts, script = texts_of(job)
    assert (starts.executable, script.executable) == (True, False)
    assert script.content == body(job).script.encode()
    assert b"[read]=default" in starts.content
    assert b"unread" not in starts.content


def test_equal_ids_have_equal_scripts() -> None:
    plain, given = only(planned(n=2), "one"), only(planned(n=2, unread="default"), "one")
    assert plain.id == given.id
    reordered = replace(given, body=replace(given.body, ingredients=_backwards(body(given))))  # type: ignore[type-var]
    assert list(texts_of(plain)) == list(texts_of(reordered))


def test_the_images_name_is_that_of_its_tools() -> None:
    host, more = Tools(Environment(), ("base",)), Tools(Environment(tools=("x",)), ("x", "base"))
    assert image_key([host, more]) == image_key([more, host]) != image_key([host])
    assert image_key([]) == ""


def _backwards(of: Any) -> Any:
    return replace(of, params=dict(reversed(of.params.items())))


def test_a_run_with_no_jobs_can_be_written() -> None:
    run = next(iter(planned().runs.values()))
    empty: PlannedRun = replace(run, uses=())
    metadata = msgspec.json.decode(documents_of(FACTS, [empty], {}, {})[METADATA], type=Metadata)
    assert metadata.runs[0].jobs == 0

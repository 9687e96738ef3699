"""What is made anew with other content has its readers run again; with the same content, it has not."""

from __future__ import annotations

from pathlib import Path

import msgspec

from stageline.lab.planned import planned
from stageline.lab.record import Record
from stageline.lab.why import why
from stageline.model.status import Status
from tests.contract.lab.lab_runs import Bench, statuses

CHAIN = """
@stage(outputs={"x": "$out/x"}, params={"n": 0})
def first(inputs, outputs, params):
    return f'''
    echo first >> "$out/../../../../times"
    cat "$out/../../../../fate" > "{outputs.x}"'''

@stage(inputs={"x": ""}, outputs={"y": "$out/y"})
def second(inputs, outputs, params):
    return f'''
    echo second >> "$out/../../../../times"
    head -c 1 "{inputs.x}" > "{outputs.y}"'''

@stage(inputs={"y": ""}, outputs={"z": "$out/z"})
def third(inputs, outputs, params):
    return f'''
    echo third >> "$out/../../../../times"
    cat "{inputs.y}" > "{outputs.z}"'''

@stage(inputs={"metadata__r": "", "store__base": ""}, outputs={"all": "$out/all"})
def look(inputs, outputs, params):
    return f'''
    echo look >> "$out/../../../../times"
    cat "{inputs.store__base}"/*-first-*/out/x > "{outputs.all}"'''

@pipeline
def chain():
    return third(second(first()))

lab = Lab(version="1", runs=[Run("r", chain), Run("looking", look, depends_on="r")])
"""

SCATTERED = """
@stage(outputs={"x": "$out/x"})
def source(inputs, outputs, params):
    return f'''cat "$out/../../../../fate" > "{outputs.x}"'''

@stage(inputs={"x": ""}, outputs={"work__items": "$out/items.json", "worker__arg": {"n": 0}})
def scatter(inputs, outputs, params):
    return f'''
    echo scatter >> "$out/../../../../times"
    head -c 1 "{inputs.x}" | jq -c '[range(.) | {{n: .}}]' > "{outputs.work__items}"'''

@stage(inputs={"worker__item": "", "x": ""}, outputs={"kept": "$out/kept"})
def keep(inputs, outputs, params):
    return f'''
    echo "keep$(jq .n < "{inputs.worker__item}")" >> "$out/../../../../times"
    head -c 2 "{inputs.x}" > "{outputs.kept}"'''

@stage(inputs={"kept": ""}, outputs={"part": "$out/part"})
def take(inputs, outputs, params):
    return f'''
    echo take >> "$out/../../../../times"
    cat "{inputs.kept}" > "{outputs.part}"'''

@stage(inputs={"worker__outs": ""}, outputs={"all": "$out/all"})
def gather(inputs, outputs, params):
    return f'''
    echo gather >> "$out/../../../../times"
    jq -r '.[].part' "{inputs.worker__outs}" | while read -r part; do cat "$part"; done > "{outputs.all}"'''

many = scatter_gather("many", scatter=scatter, steps={"keep": keep, "take": take}, deps={"take": ["keep"]},
                      gather=gather)

@pipeline
def scattered():
    return many(x=source()["x"])

lab = Lab(version="1", runs=[Run("r", scattered)])
"""


def begin(bench: Bench, text: str, fate: str) -> None:
    bench.folder.mkdir()
    decide(bench, fate)
    bench.build(text)
    run = bench.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    assert bench.run() is None


def decide(bench: Bench, fate: str) -> None:
    """What the script that nobody can foresee will write."""
    (bench.folder / "fate").write_text(fate)


def lose(bench: Bench, stage: str, output: str) -> None:
    Path(bench.lab.out(bench.job(stage)), output).unlink()


def again(bench: Bench, *names: str, force: bool = False) -> list[str]:
    """What runs now."""
    before = len(bench.times)
    run = bench.run(*names, force=force)
    assert run is None or run.status is Status.SUCCEEDED, run
    return bench.times[before:]


def test_readers_run_as_far_as_content_is_another(bench: Bench) -> None:
    begin(bench, CHAIN, "ab")
    decide(bench, "ac")
    lose(bench, "first", "x")
    assert again(bench) == ["first", "second", "look"]
    assert bench.text(bench.job("look"), "all") == "ac"
    assert bench.run() is None
    decide(bench, "bc")
    lose(bench, "first", "x")
    assert sorted(again(bench)) == ["first", "look", "second", "third"]
    assert bench.text(bench.job("third"), "z") == "b"


def test_the_same_content_again_runs_no_reader(bench: Bench) -> None:
    begin(bench, CHAIN, "ab")
    lose(bench, "first", "x")
    run = bench.run()
    assert bench.times[4:] == ["first"]
    assert statuses(run)["first"] == "SUCCEEDED"
    assert statuses(run)["second"] == "SKIPPED"
    assert bench.run() is None


def test_what_was_forced_alone_has_its_readers_run_the_next_time(bench: Bench) -> None:
    begin(bench, CHAIN, "ab")
    decide(bench, "xy")
    assert again(bench, bench.job("first").id[:12], force=True) == ["first"]
    asked = bench.asked()
    told = {one.stage: one for one in planned(asked.about.plan, asked.selection, asked.standing)}
    assert (told["second"].reason, told["second"].why) == ("input", "the input 'x' has other content now")
    assert told["third"].why == "the input 'y' is made anew: it runs if that has other content"
    assert told["look"].why == "the outputs of run 'r' are others now"
    assert why(bench.lab, bench.job("second").id).todo == "the input 'x' has other content now"
    assert why(bench.lab, bench.job("third").id).todo == told["third"].why
    assert sorted(again(bench)) == ["look", "second", "third"]
    assert bench.run() is None


def test_a_record_without_what_was_read_still_counts(bench: Bench) -> None:
    begin(bench, CHAIN, "ab")
    for path in (bench.home / "records").iterdir():
        record = msgspec.json.decode(path.read_bytes())
        path.write_bytes(msgspec.json.encode({key: record[key] for key in record if key != "read"}))
    decide(bench, "xy")
    assert again(bench, bench.job("first").id[:12], force=True) == ["first"]
    assert bench.run() is None


def test_a_record_tells_the_content_of_what_its_job_has_read(bench: Bench) -> None:
    begin(bench, CHAIN, "ab")
    first, second = bench.records[bench.job("first").id], bench.records[bench.job("second").id]
    assert second.read == {"x": first.outputs["x"].digest}
    assert first.read == Record(job="", exit_code=0, started=0, ended=0, host="").read == {}


def test_inside_a_scatter_gather_steps_run_as_far_as_content_is_another(bench: Bench) -> None:
    begin(bench, SCATTERED, "2ab")
    assert sorted(bench.times) == ["gather", "keep0", "keep1", "scatter", "take", "take"]
    decide(bench, "2ac")
    lose(bench, "source", "x")
    assert sorted(again(bench)) == ["keep0", "keep1", "scatter"]
    assert bench.run() is None
    decide(bench, "2bc")
    lose(bench, "source", "x")
    assert sorted(again(bench)) == ["gather", "keep0", "keep1", "scatter", "take", "take"]
    assert bench.text(bench.job("many"), "all") == "2b2b"
    decide(bench, "3bc")
    lose(bench, "source", "x")
    assert "keep2" in again(bench)
    assert bench.text(bench.job("many"), "all") == "3b3b3b"
    assert bench.run() is None


def test_a_step_that_is_made_anew_with_other_content_has_the_next_run_again(bench: Bench) -> None:
    begin(bench, SCATTERED, "1ab")
    kept = next(path for path in (bench.home / "branches").glob("*/out/kept"))
    record = bench.home / "branches/records" / f"{kept.parent.parent.name}.json"
    told = msgspec.json.decode(record.read_bytes(), type=Record)
    other = msgspec.structs.replace(told, read={"x": "of another time"})
    record.write_bytes(msgspec.json.encode(other))
    Path(bench.lab.out(bench.job("many")), "all").unlink()
    assert again(bench) == ["keep0", "gather"]

"""Jobs of a Lab, run on this machine: the contract of scripts, what is skipped, what failures mean."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from stageline.engine.queue_processor import QueueProcessor
from stageline.errors import DomainError, UnknownName
from stageline.lab.at_work import Onlooker
from stageline.lab.run_lock import Busy, run_lock
from stageline.model.status import Status
from stageline.runtimes.sandbox import Runtime
from stageline.schedulers.admission import Amount, TooLarge
from tests.contract.lab.lab_runs import Bench, run_through, statuses
from tests.proc import proc_files

CHAIN = """
@stage(outputs={"data": "$out/data.csv"}, params={"slope": 1, "note": ""})
def producer(inputs, outputs, params):
    return f'''
    echo p >> "$out/../../../../times"
    seq {params.slope} > "{outputs.data}"; printf %s "${{params[note]}}" > note'''

@stage(inputs={"data": ""}, outputs={"total": "$out/total.txt"})
def summer(inputs, outputs, params):
    return f'''
    echo s >> "$out/../../../../times"
    awk '{{s += $1}} END {{print s}}' "{inputs.data}" > "{outputs.total}"'''

@pipeline
def simulate():
    return summer(producer())

lab = Lab(version="1", runs=[Run("simulation", simulate, params={"slope": [1, 2, 3], "note": [NOTE]})])
"""
ODD = "a 'b' \"c\" $d\n ü \\"
FAILING = """
@stage(outputs={"x": "$out/x"}, params={"n": 0})
def work(inputs, outputs, params):
    return f'''[[ -e "$out/../../../../repaired" || {params.n} != 1 ]] || {{ echo oh no >&2; exit 3; }}
    echo {params.n} > "{outputs.x}"'''

@stage(inputs={"x": ""}, outputs={"y": "$out/y"})
def after(inputs, outputs, params):
    return f'''cat "{inputs.x}" > "{outputs.y}"'''

@stage(inputs={"metadata__first": "", "store__base": ""}, outputs={"count": "$out/count"})
def analyse(inputs, outputs, params):
    return f'''
    [[ -f "{inputs.metadata__first}" ]]
    cat "{inputs.store__base}"/*-work-*/out/x | wc -l > "{outputs.count}"'''

@pipeline
def chain():
    return after(work())

@pipeline
def look():
    return analyse()

lab = Lab(version="1", runs=[
    Run("first", chain, params={"n": [0, 1, 2]}, groups=["all"]),
    Run("second", look, after="first"),
])
"""


def chain(note: str = "") -> str:
    return CHAIN.replace("NOTE", repr(note))


def test_jobs_run_in_order_with_their_inputs_and_parameters(bench: Bench) -> None:
    bench.build(chain(ODD))
    run = bench.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED
    sums = {bench.text(job, "total").strip() for job in bench.plan.jobs.values() if job.stage == "summer"}
    assert sums == {"1", "3", "6"}
    assert Path(bench.lab.out(bench.job("producer", slope=2)), "note").read_text() == ODD
    assert len(bench.times) == 6
    assert all(record.succeeded for record in bench.records.values())


def test_what_is_done_is_not_run_again(bench: Bench) -> None:
    bench.build(chain())
    bench.run()
    assert bench.run() is None
    assert len(bench.times) == 6


def test_an_output_that_was_changed_or_removed_is_made_again_alone(bench: Bench) -> None:
    bench.build(chain())
    bench.run()
    out = bench.lab.out(bench.job("producer", slope=3))
    (out / "data.csv").unlink()
    run = bench.run()
    assert statuses(run) == {"producer": "SUCCEEDED", "summer": "SKIPPED"}
    assert bench.times[6:] == ["p"]
    (out / "data.csv").write_text("3\n2\n1\n")
    assert bench.run() is None
    assert statuses(bench.run(verify=True)) == {"producer": "SUCCEEDED", "summer": "SKIPPED"}
    assert bench.times[7:] == ["p"]
    assert (out / "data.csv").read_text() == "1\n2\n3\n"


def test_what_was_done_in_one_runtime_is_done_for_all(bench: Bench) -> None:
    bench.build(chain())
    bench.run()
    for runtime in Runtime:
        bench.runtime = runtime
        assert bench.run() is None


def test_force_runs_what_was_named_and_nothing_else(bench: Bench) -> None:
    bench.build(chain())
    bench.run()
    run = bench.run(bench.job("producer", slope=1).id[:10], force=True)
    assert statuses(run) == {"producer": "SUCCEEDED"}
    assert bench.times[6:] == ["p"]


def test_a_job_brings_along_what_it_needs(bench: Bench) -> None:
    bench.build(chain())
    total = next(job for job in bench.plan.jobs.values() if job.stage == "summer")
    assert statuses(bench.run(total.id[:12])) == {"producer": "SUCCEEDED", "summer": "SUCCEEDED"}


def test_what_is_not_in_the_lab_is_told(bench: Bench) -> None:
    bench.build(chain())
    with pytest.raises(UnknownName, match=r"'simulatoin' is no run and no job of the Lab; did you mean 'simulation'"):
        bench.asked("simulatoin")
    with pytest.raises(UnknownName, match="the Lab has no group 'x'"):
        bench.asked("@x")


def test_after_a_failure_nothing_more_begins_and_the_next_time_only_that_is_run(bench: Bench) -> None:
    bench.build(FAILING)
    bench.capacity = Amount(1, 1)
    run = bench.run("first")
    assert run is not None
    assert run.status is Status.FAILED
    failed = next(stage for stage in run.stages if stage.status is Status.FAILED)
    assert failed.failure is not None
    assert failed.failure.message == "work (n=1) ended with exit code 3"
    assert failed.failure.detail == "oh no"
    assert Path(failed.failure.log).read_text() == "oh no\n"
    (bench.folder / "repaired").touch()
    done = sum(record.succeeded for record in bench.records.values())
    again = bench.run("first")
    assert again is not None
    assert again.status is Status.SUCCEEDED
    assert len(again.stages) == 6 - done


def test_with_continue_on_failure_all_runs_that_can(bench: Bench) -> None:
    bench.build(FAILING)
    run = bench.run("first", keep_going=True)
    assert run is not None
    assert run.status is Status.FAILED
    assert sorted(str(stage.status) for stage in run.stages) == ["FAILED", "NOT_STARTED", *["SUCCEEDED"] * 4]


def test_a_run_behind_a_failed_one_waits_for_its_success_or_only_for_its_end(bench: Bench) -> None:
    third = 'Run("second", look, after="first"),\n    Run("third", work, params={"n": 5}, depends_on="first"),'
    bench.build(FAILING.replace('Run("second", look, after="first"),', third))
    run = bench.run("third", keep_going=True)
    assert run is not None
    assert run.status is Status.FAILED
    soft, hard = bench.job("analyse"), bench.job("work", n=5)
    assert hard.id not in bench.records
    bench.run(keep_going=True)
    assert (soft.id in bench.records, hard.id in bench.records) == (True, False)
    (bench.folder / "repaired").touch()
    bench.run("third")
    assert bench.records[hard.id].succeeded


def test_an_analysis_of_what_has_ended_is_made_again_when_more_has_succeeded(bench: Bench) -> None:
    bench.build(FAILING)
    with pytest.raises(DomainError, match=r"run 'second' begins when run 'first' has ended, and 6 of its 6 jobs"):
        bench.asked("second")
    bench.run(keep_going=True)
    assert bench.text(bench.job("analyse"), "count") == "2\n"
    (bench.folder / "repaired").touch()
    bench.run()
    assert bench.text(bench.job("analyse"), "count") == "3\n"
    assert bench.run() is None


def test_a_missing_output_fails_the_job(bench: Bench) -> None:
    bench.build("""
@stage(outputs={"x": "$out/x"})
def work(inputs, outputs, params):
    return "true"

lab = Lab(version="1", runs=[Run("r", work)])
""")
    run = bench.run()
    assert run is not None
    assert run.failure is not None
    assert "work ended well, but did not make its output 'x' ($out/x)" in run.failure.message


def test_a_job_that_dies_of_a_signal_has_failed_by_its_name(bench: Bench) -> None:
    bench.build("""
@stage(outputs={"x": "$out/x"})
def work(inputs, outputs, params):
    return "kill -SEGV $$"

lab = Lab(version="1", runs=[Run("r", work)])
""")
    run = bench.run()
    assert run is not None
    assert "work was killed by signal SEGV" in str(run.failure)


def test_what_was_in_out_before_is_gone(bench: Bench) -> None:
    bench.build(chain())
    out = bench.lab.out(bench.job("producer", slope=1))
    (out / "deep").mkdir(parents=True)
    (out / "deep/old").touch()
    (out / ".hidden").touch()
    bench.run()
    assert sorted(path.name for path in out.iterdir()) == ["data.csv", "note"]


def test_a_second_run_is_told_who_runs_jobs(bench: Bench) -> None:
    bench.build(chain())
    asked = bench.asked()
    with run_lock(str(bench.home), "other"), pytest.raises(Busy, match=rf"process {os.getpid()} on .* with run other"):
        run_through(asked)
    assert run_through(asked).status is Status.SUCCEEDED


def test_a_job_that_is_too_large_is_told_before_anything_runs(bench: Bench) -> None:
    bench.build(chain().replace('params={"slope": 1,', 'resources={"cpus": 9, "mem": "2G"}, params={"slope": 1,'))
    with pytest.raises(TooLarge, match=r"of stage 'producer' asks for 9 cpus, and there are 4: give -j 9"):
        bench.asked()
    bench.capacity = Amount(9, 1 << 30)
    with pytest.raises(TooLarge, match="asks for 2G of memory, and there are 1G"):
        bench.asked()


def test_never_more_run_than_fit(bench: Bench) -> None:
    bench.build("""
@stage(outputs={"x": "$out/x"}, params={"n": 0}, resources={"cpus": 2})
def work(inputs, outputs, params):
    return '''cd ../../../..; mkdir lock; sleep 0.05; rmdir lock; touch "$out/x"'''

lab = Lab(version="1", runs=[Run("r", work, params={"n": list(range(8))})])
""")
    bench.capacity = Amount(3, 1)
    run = bench.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED


def test_a_stopped_run_leaves_no_process_and_no_record(bench: Bench) -> None:
    bench.build("""
@stage(outputs={"x": "$out/x"}, params={"n": 0})
def work(inputs, outputs, params):
    return '''touch ../../../../begun; sleep 1000 & sleep 1000; touch "$out/x"'''

lab = Lab(version="1", runs=[Run("r", work, params={"n": [1, 2]})])
""")

    def stop_soon(processor: QueueProcessor) -> None:
        closer = threading.Thread(target=_until, args=(bench.folder / "begun",))
        closer.start()
        while closer.is_alive():
            processor.process_all(0.05)

    run = run_through(bench.asked(), within=stop_soon)
    assert run.status is Status.RUNNING
    assert bench.records == {}
    assert str(bench.home) not in _environments()
    onlooker = Onlooker(str(bench.home))
    onlooker.look()
    assert [onlooker.since(id, 0) for id in bench.plan.jobs] == [None, None]


def _until(path: Path) -> None:
    while not path.exists():
        threading.Event().wait(0.01)


def _environments() -> str:
    texts = []
    for process in proc_files("environ"):
        try:
            texts.append(process.read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return "".join(text for text in texts if "PYTEST" not in text)

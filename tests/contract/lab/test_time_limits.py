"""A job that is over its time is ended, with all that it has started, and says so."""

from __future__ import annotations

import time

from stageline.model.failure import Cause
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from stageline.schedulers.admission import Amount
from tests.contract.lab.lab_runs import Bench, statuses

LAB = """
@stage(outputs={"x": "$out/x"}, params={"n": 0}, resources={"time": "1s"})
def slow(inputs, outputs, params):
    return f'''
    trap 'echo asked to end; exit 0' TERM
    touch "{outputs.x}"
    echo working
    sleep 1000 & wait'''

@stage(outputs={"x": "$out/x"}, resources={"time": "100s"})
def quick(inputs, outputs, params):
    return f'''touch "{outputs.x}"'''

@stage(outputs={"x": "$out/x"}, resources={"time": "1s"})
def stubborn(inputs, outputs, params):
    return f'''
    trap '' TERM
    touch "{outputs.x}"
    while true; do sleep 0.1; done'''

lab = Lab(version="1", runs=[Run("slow", slow), Run("quick", quick), Run("stubborn", stubborn)])
"""


def failure_of(run: Workflow | None) -> tuple[Cause, str]:
    assert run is not None
    assert run.status is Status.FAILED
    (failure,) = [stage.failure for stage in run.stages if stage.failure is not None]
    return failure.cause, failure.message


def test_a_job_over_its_time_is_ended_and_has_failed(bench: Bench) -> None:
    bench.build(LAB)
    begun = time.monotonic()
    cause, message = failure_of(bench.run("slow"))
    assert time.monotonic() - begun < 10
    assert cause is Cause.TIMEOUT
    assert message == "slow (n=0) was ended: it had not come to its end within the 1s that its resources give it"
    record = bench.records[bench.job("slow").id]
    assert (record.succeeded, record.time_limit) == (False, 1)
    log = bench.home / "jobs" / bench.job("slow").folder / "log"
    assert log.read_text() in ("working\nasked to end\n", "working\n")  # a slow machine has no time to say so


def test_who_does_not_listen_is_killed(bench: Bench) -> None:
    bench.build(LAB)
    assert failure_of(bench.run("stubborn"))[0] is Cause.TIMEOUT


def test_who_ends_in_time_does_not_notice(bench: Bench) -> None:
    bench.build(LAB)
    assert statuses(bench.run("quick")) == {"quick": "SUCCEEDED"}
    assert bench.records[bench.job("quick").id].time_limit == 0


def test_time_that_is_waited_for_room_does_not_count(bench: Bench) -> None:
    bench.build("""
@stage(outputs={"x": "$out/x"}, params={"n": 0}, resources={"time": "2s"})
def work(inputs, outputs, params):
    return f'''sleep 0.9; touch "{outputs.x}"'''

lab = Lab(version="1", runs=[Run("r", work, params={"n": [1, 2, 3, 4]})])
""")
    bench.capacity = Amount(1, 1)
    run = bench.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED

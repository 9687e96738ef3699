"""What an element is doing, and why it failed, from all that is said of it."""

import pytest

from stageline.model.failure import Cause, Failure
from stageline.schedulers.slurm_parse import Seen, read_accounts, read_jobs, read_queue
from stageline.schedulers.slurm_state import Evidence, Phase, judge
from stageline.targets.target import Stand, State
from tests.unit.schedulers.recorded import ACCOUNTS, JOBS, LOG, QUEUE

ENDED = Stand.ENDED
RUNNING = State(stand=Stand.RUNNING)


def ended(code: int, signal: str = "", told: bool = False) -> State:
    return State(stand=ENDED, code=code, signal=signal, told=told)


def seen(state: str, reason: str = "", node: str = "") -> Seen:
    return Seen(job="1", index=0, state=state, reason=reason, node=node)


def failure_of(**evidence: object) -> Failure:
    element = judge(Evidence(id="1_0", **evidence))  # type: ignore[arg-type]
    assert element is not None
    assert element.phase is Phase.FAILED
    assert element.failure is not None
    return element.failure


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        ("PENDING", Phase.PENDING),
        ("CONFIGURING", Phase.RUNNING),
        ("RUNNING", Phase.RUNNING),
        ("COMPLETING", Phase.RUNNING),
    ],
)
def test_what_has_not_ended(state: str, phase: Phase) -> None:
    element = judge(Evidence(id="1_0", seen=seen(state, reason="Resources", node="n1")))
    assert element is not None
    assert (element.phase, element.node) == (phase, "n1")
    assert element.reason == ("Resources" if phase is Phase.PENDING else "")


def test_the_record_of_an_undisturbed_end_is_enough() -> None:
    for said in (None, seen("RUNNING"), seen("COMPLETED"), seen("OUT_OF_MEMORY")):
        element = judge(Evidence(id="1_0", record=ended(0), seen=said))
        assert element is not None
        assert element.phase is Phase.SUCCEEDED


def test_an_exit_code_is_told_by_the_record_when_slurm_knows_no_better() -> None:
    failure = failure_of(record=ended(7), seen=seen("FAILED"), log_name="run/x/stderr")
    assert (failure.cause, failure.code, failure.log) == (Cause.EXIT, 7, "run/x/stderr")
    failure = failure_of(record=ended(137, "KILL"), seen=seen("FAILED"))
    assert (failure.cause, failure.names) == (Cause.SIGNAL, ("KILL", "SIGKILL"))


def test_a_failure_that_slurm_may_explain_waits_for_its_words() -> None:
    assert judge(Evidence(id="1_0", record=ended(7))) is None
    assert judge(Evidence(id="1_0", record=RUNNING, seen=seen("FAILED"))) is None
    assert judge(Evidence(id="1_0")) is None
    assert failure_of(record=ended(7), asked=True).cause is Cause.EXIT


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        ("OUT_OF_MEMORY", Cause.OUT_OF_MEMORY),
        ("TIMEOUT", Cause.TIMEOUT),
        ("NODE_FAIL", Cause.NODE),
        ("PREEMPTED", Cause.PREEMPTED),
        ("CANCELLED", Cause.CANCELED),
        ("DEADLINE", Cause.TIMEOUT),
    ],
)
def test_what_slurm_did_is_told_by_the_queue_or_by_accounting(state: str, cause: Cause) -> None:
    told = State(stand=ENDED, code=143, signal="TERM", told=True)
    assert failure_of(seen=seen(state)).cause is cause
    assert failure_of(account=seen(state), record=told).cause is cause
    assert failure_of(seen=seen(state), record=ended(1)).names == (state,)


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        ("memory", Cause.OUT_OF_MEMORY),
        ("timeout", Cause.TIMEOUT),
        ("node", Cause.NODE),
        ("preempted", Cause.PREEMPTED),
        ("canceled", Cause.CANCELED),
    ],
)
def test_without_accounting_and_once_the_controller_has_forgotten_the_log_tells(log: str, cause: Cause) -> None:
    assert failure_of(log=LOG[log]).cause is cause
    assert failure_of(log=LOG[log], record=ended(137, "KILL")).cause is cause


def test_the_words_say_what_was_asked_for_and_who_did_it() -> None:
    accounts = read_accounts(ACCOUNTS)
    assert failure_of(account=accounts["2", 0]).message == "job 1_0 needed more memory than it had asked for (50M)"
    assert "(00:01:00)" in failure_of(account=accounts["4", 0]).message
    assert failure_of(account=accounts["1", 4]).message == "job 1_0 was canceled by user 1000"
    assert failure_of(seen=read_queue(QUEUE)["5", 0]).message == "job 1_0 lost its node, n28904"


def test_without_a_record_accounting_or_the_controller_tells_the_code() -> None:
    assert failure_of(account=read_accounts(ACCOUNTS)["1", 1], asked=True).code == 7
    assert failure_of(account=read_accounts(ACCOUNTS)["1", 2], asked=True).name == "KILL"
    assert failure_of(account=read_jobs(JOBS)["1", 3], asked=True).name == "TERM"


def test_what_nobody_can_tell_is_said_so() -> None:
    assert "neither its record nor Slurm tells" in failure_of(asked=True).message
    assert failure_of(asked=True, record=State(stand=Stand.LOST)).cause is Cause.NODE
    assert failure_of(asked=True, seen=seen("COMPLETED")).cause is Cause.TASK


def test_memory_that_the_node_lacked_is_told_by_the_record() -> None:
    record = State(stand=ENDED, code=137, signal="KILL", out_of_memory=True)
    assert failure_of(record=record, seen=seen("FAILED")).cause is Cause.OUT_OF_MEMORY


def test_work_that_heard_term_and_ended_well_all_the_same_has_succeeded_unless_slurm_ended_it() -> None:
    record = ended(0, told=True)
    assert judge(Evidence(id="1_0", record=record)) is None
    element = judge(Evidence(id="1_0", record=record, seen=seen("COMPLETED")))
    assert element is not None
    assert element.phase is Phase.SUCCEEDED
    assert failure_of(record=record, seen=seen("TIMEOUT")).cause is Cause.TIMEOUT

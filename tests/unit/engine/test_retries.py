"""Failed tasks are tried again as their stage says: so often, after so long, for these causes."""

from stageline.engine.messages import SetTimer
from stageline.model.failure import Cause, Failure
from stageline.model.record import Waiting
from stageline.model.result import TaskResult
from stageline.model.retry import Retry
from stageline.model.status import Status
from tests.unit.engine.play import SECOND, Play, stage, tasks

S = Status
STEADY = Retry(2, delay=10, backoff=2, jitter=0)


def test_a_failed_task_is_tried_again_after_its_delay() -> None:
    play = Play(stage("a", retry=STEADY)).start()
    assert play.fail("a") == [SetTimer(0, 1, 11 * SECOND)]
    assert play.node("a").record.waiting is Waiting.RETRY
    assert str(play.node("a").record.failure) == "broken"
    play.wait(10)
    play.ring("a")
    assert play.executing == ["a"]
    assert play.node("a").record.attempt == 2
    play.succeed("a")
    assert play.ended() is S.SUCCEEDED
    assert play.node("a").record.failure is None


def test_the_delay_grows_and_the_attempts_end() -> None:
    play = Play(stage("a", retry=STEADY)).start()
    for delay in (10, 20):
        before = play.run.now
        play.fail("a")
        assert play.node("a").record.wake_at == before + delay * SECOND
        play.wait(delay)
        play.ring("a")
    play.fail("a", "for the third time")
    assert play.ended() is S.FAILED
    assert str(play.run.record.failure) == "stage 'a' failed: for the third time"


def test_only_the_causes_that_are_named_are_tried_again() -> None:
    retry = Retry(5, on=("exit:75", "signal"))
    busy = Play(stage("a", retry=retry)).start()
    busy.answer("a", TaskResult.failed(Failure("exit code 75", Cause.EXIT, code=75)))
    assert busy.status("a") is S.RUNNING
    wrong = Play(stage("a", retry=retry)).start()
    wrong.answer("a", TaskResult.failed(Failure("exit code 1", Cause.EXIT, code=1)))
    assert wrong.status("a") is S.FAILED


def test_a_terminal_failure_is_never_tried_again() -> None:
    play = Play(stage("a", retry=5)).start()
    play.answer("a", TaskResult.terminal("never"))
    assert play.ended() is S.FAILED


def test_a_rung_timer_before_its_time_is_set_again() -> None:
    play = Play(stage("a", retry=STEADY)).start()
    play.fail("a")
    play.wait(9.9)
    assert play.ring("a") == [SetTimer(0, 1, 11 * SECOND)]
    assert play.executing == []


def test_outputs_of_a_failed_attempt_are_gone_and_its_context_stays() -> None:
    play = Play(stage("a", retry=STEADY)).start()
    play.answer("a", TaskResult.failed("broken", {"half": 1}, {"offset": 7}))
    assert play.node("a").record.outputs == {}
    assert play.node("a").record.context == {"offset": 7}


def test_each_task_of_a_stage_has_its_own_attempts() -> None:
    play = Play(stage("a", tasks=tasks("one", "two"), retry=Retry(1, delay=0))).start()
    for _ in range(2):
        play.fail("a")
        play.ring("a")
        assert play.node("a").record.attempt == 2
        play.succeed("a")
    assert play.ended() is S.SUCCEEDED


def test_what_is_being_stopped_is_not_tried_again() -> None:
    play = Play(stage("a", retry=5), stage("b")).start()
    play.fail("b")
    play.fail("a")
    assert play.ended() is S.FAILED


def test_the_delays_of_stages_are_spread_by_their_jitter() -> None:
    play = Play(*(stage(str(n), retry=Retry(1, delay=100, jitter=0.5)) for n in range(9))).start()
    for n in range(9):
        play.fail(str(n))
    wakes = {node.record.wake_at for node in play.run.root.nodes}
    assert len(wakes) == 9
    assert all(wake is not None and 50 * SECOND <= wake - play.run.now <= 150 * SECOND for wake in wakes)

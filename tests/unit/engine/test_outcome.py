"""Whatever a task does becomes a result: answers are checked, what it raises is a failure with its cause."""

from collections.abc import Callable
from math import nan
from pathlib import Path
from typing import Any

import pytest

from stageline.engine.blobs import Blobs
from stageline.engine.inputs import Surroundings, running_stage, view_of
from stageline.engine.outcome import Outcome
from stageline.errors import DocumentError, MissingDependency
from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.tasks.task import RunningStage
from tests.unit.engine.play import Play, stage

BLOBS = Blobs(Path("/nowhere"))
S = Status


def a_stage() -> RunningStage:
    play = Play(stage("a", timeout=2.5)).start()
    return running_stage(view_of(play.run, play.node("a"), BLOBS.expand), Surroundings("/nowhere", BLOBS, lambda: 0))


def outcome_of(work: Callable[[], Any], stop: str = "", *, timed_out: bool = False) -> TaskResult:
    """What becomes of `work`, which is stopped for the reason `stop` while it runs."""
    running = a_stage()
    with Outcome(running, BLOBS) as outcome:
        if stop:
            running.execution.cancellation.cancel(stop, timed_out=timed_out)
        outcome.answer(work())
    return outcome.result


def failure_of(result: TaskResult) -> Failure:
    assert result.status is S.FAILED
    assert result.failure is not None
    return result.failure


def raising(error: BaseException) -> Callable[[], Any]:
    def work() -> Any:
        raise error

    return work


def test_an_answer_is_taken_as_it_is() -> None:
    result = TaskResult.success({"n": 1}, {"k": [None]})
    assert outcome_of(lambda: result) == result


def test_outputs_are_a_private_copy() -> None:
    rows = [1]
    result = outcome_of(lambda: TaskResult.success({"rows": rows}))
    rows.append(2)
    assert result.outputs == {"rows": [1]}


@pytest.mark.parametrize(
    ("error", "cause", "message", "names"),
    [
        (ValueError("odd"), Cause.EXCEPTION, "ValueError: odd", ("ValueError", "Exception")),
        (KeyError("k"), Cause.EXCEPTION, "KeyError: 'k'", ("KeyError", "LookupError", "Exception")),
        (FileNotFoundError(), Cause.EXCEPTION, "FileNotFoundError", ("OSError",)),
        (MemoryError(), Cause.OUT_OF_MEMORY, "MemoryError", ("MemoryError",)),
        (SystemExit(3), Cause.EXCEPTION, "SystemExit: 3", ("SystemExit",)),
    ],
    ids=lambda part: type(part).__name__,
)
def test_what_is_raised_is_a_failure_that_a_retry_may_name(
    error: BaseException, cause: Cause, message: str, names: tuple[str, ...]
) -> None:
    failure = failure_of(outcome_of(raising(error)))
    assert (failure.cause, failure.message, failure.permanent) == (cause, message, False)
    assert set(names) <= set(failure.names)
    assert all(failure.matches(f"{cause}:{name}") for name in names)


def test_a_failure_shows_where_it_was_raised() -> None:
    assert "in work" in failure_of(outcome_of(raising(ValueError("odd")))).detail


@pytest.mark.parametrize(
    ("error", "cause"), [(DocumentError("no script"), Cause.DOCUMENT), (MissingDependency("no docker"), Cause.MISSING)]
)
def test_mistakes_of_the_author_and_lacks_of_the_machine_are_not_tried_again(error: Exception, cause: Cause) -> None:
    failure = failure_of(outcome_of(raising(error)))
    assert (failure.cause, failure.message, failure.permanent) == (cause, str(error), True)


def test_an_interrupt_is_not_swallowed() -> None:
    with pytest.raises(KeyboardInterrupt):
        outcome_of(raising(KeyboardInterrupt()))


@pytest.mark.parametrize("answer", [None, {"n": 1}, "done", 0])
def test_what_is_no_result_is_refused_with_the_remedy(answer: object) -> None:
    failure = failure_of(outcome_of(lambda: answer))
    assert (failure.cause, failure.permanent) == (Cause.OUTPUT, True)
    assert failure.message == (
        f"execute returned {type(answer).__name__}, not a TaskResult: return TaskResult.success(outputs={{...}})"
    )


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (TaskResult.success({"mean": nan}), "outputs['mean'] is NaN or infinite"),
        (TaskResult.success({"f": print}), "outputs['f'] is not JSON"),
        (TaskResult.running(context={"f": print}), "context['f'] is not JSON"),
        (TaskResult.failed("no", {"f": print}), "outputs['f'] is not JSON"),
        (TaskResult.success([1, 2]), "outputs is a mapping of names to values, not list"),  # type: ignore[arg-type]
        (TaskResult.success("text"), "outputs is a mapping of names to values, not str"),  # type: ignore[arg-type]
        (TaskResult.success(context=7), "context is a mapping of names to values, not int"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_kept_fails_with_its_place(result: TaskResult, words: str) -> None:
    failure = failure_of(outcome_of(lambda: result))
    assert (failure.cause, failure.permanent) == (Cause.OUTPUT, True)
    assert words in failure.message


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (TaskResult.running("soon"), "after is a number of seconds, not str"),  # type: ignore[arg-type]
        (TaskResult(S.FAILED, failure="text"), "failure is a Failure, not str"),  # type: ignore[arg-type]
        (TaskResult.jump_to(7), "jump is the ref of a stage, not int"),  # type: ignore[arg-type]
        (TaskResult("DONE"), "status is a Status, not str"),  # type: ignore[arg-type]
    ],
    ids=["after", "failure", "jump", "status"],
)
def test_a_field_of_another_type_is_refused_by_name(result: TaskResult, words: str) -> None:
    failure = failure_of(outcome_of(lambda: result))
    assert (failure.cause, failure.permanent) == (Cause.OUTPUT, True)
    assert words in failure.message


def test_what_ran_too_long_has_failed_for_that() -> None:
    failure = failure_of(
        outcome_of(lambda: TaskResult.failed("killed", {"n": 1}), stop="timed out after 2.5 s", timed_out=True)
    )
    assert (failure.cause, failure.message) == (Cause.TIMEOUT, "timed out after 2.5 s")


def test_a_timeout_keeps_what_was_put_out_and_where_the_log_is() -> None:
    killed = TaskResult.failed(Failure("killed", log="/the/log"), {"stdout": "half"})
    result = outcome_of(lambda: killed, stop="late", timed_out=True)
    assert result.outputs == {"stdout": "half"}
    assert failure_of(result).log == "/the/log"


@pytest.mark.parametrize(
    "result", [TaskResult.failed("killed"), TaskResult.running(), TaskResult.suspend(), TaskResult.jump_to("a")]
)
def test_what_was_stopped_is_canceled(result: TaskResult) -> None:
    stopped = outcome_of(lambda: result, stop="enough")
    assert (stopped.status, str(stopped.failure)) == (S.CANCELED, "enough")


@pytest.mark.parametrize("timed_out", [True, False])
@pytest.mark.parametrize("result", [TaskResult.success({"n": 1}), TaskResult.skipped()])
def test_what_was_done_all_the_same_is_done(result: TaskResult, timed_out: bool) -> None:
    assert outcome_of(lambda: result, stop="enough", timed_out=timed_out) == result


def test_a_reason_is_words_and_no_more() -> None:
    assert outcome_of(lambda: TaskResult.failed("killed"), stop="timeout").status is S.CANCELED


@pytest.mark.parametrize("answer", [TaskResult.failed("\udcff"), TaskResult.canceled("half \udcff")])
def test_half_a_character_in_a_failure_can_be_written(answer: TaskResult) -> None:
    failure = outcome_of(lambda: answer).failure
    assert failure is not None
    assert "?" in failure.message


def test_what_cannot_be_written_anywhere_in_an_answer_is_a_failure_of_the_task() -> None:
    plan = {"scopes": [{"key": "a", "names": {"x": object()}}]}
    failure = failure_of(outcome_of(lambda: TaskResult(S.RUNNING, plan=plan)))
    assert (failure.cause, "cannot be written" in failure.message) == (Cause.OUTPUT, True)


@pytest.mark.parametrize("status", [S.PAUSED, S.NOT_STARTED])
def test_a_task_cannot_answer_what_only_runs_can_be(status: Status) -> None:
    assert failure_of(outcome_of(lambda: TaskResult(status))).cause is Cause.OUTPUT


def test_an_exception_on_being_stopped_is_a_cancel_too() -> None:
    assert outcome_of(raising(RuntimeError("interrupted")), stop="enough").status is S.CANCELED

"""A run that was taken over goes on where it was: what was being executed is so again, what waits goes on waiting.

Executions that are offered to all processors, or held by another one, are not touched: their answers will come.
"""

from stageline.engine.events import TaskExecuted
from stageline.engine.graph import Node, above
from stageline.engine.handlers.await_signal import hand_over
from stageline.engine.handlers.calling import start_called
from stageline.engine.handlers.fail_stage import end_stopped
from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.messages import (
    CompleteWorkflow,
    Effect,
    Message,
    RecoverWorkflow,
    RunTask,
    SetTimer,
)
from stageline.engine.run import Run
from stageline.model.status import Status


class RecoverWorkflowHandler(Handler):
    """Takes up a run that its processor left or lost."""

    message = RecoverWorkflow

    def handle(self, run: Run, message: RecoverWorkflow) -> Answer:
        if run.record.status.ended or run.record.status is Status.NOT_STARTED:
            return ()
        answers: list[Message | Effect] = []
        for node in list(run.nodes.values()):
            if node.is_executing and node.seq not in message.held:
                answers += _execute_again(run, node)
        return [*answers, *continue_waits(run), *start_all(run), CompleteWorkflow()]


def _execute_again(run: Run, node: Node) -> Answer:
    if any(each.begins_anew for each in above(node)):
        return ()
    if node.record.stopping and node.inner is None:
        return end_stopped(run, node, {})
    run.apply(TaskExecuted(run.now, node.seq, node.record.attempt))
    return (RunTask(node.seq),)


def continue_waits(run: Run) -> list[Message | Effect]:
    """Set the timers of all waiting stages again; hand over the signals that have come in the meantime."""
    answers: list[Message | Effect] = []
    for node in list(run.nodes.values()):
        record = node.record
        if not node.is_active or record.waiting is None:
            continue
        if record.status is Status.SUSPENDED and record.kept_signals and run.lets(node):
            answers += hand_over(run, node, record.kept_signals[0])
        elif record.wake_at is not None:
            answers.append(SetTimer(node.seq, record.execution, record.wake_at))
    return answers


def start_all(run: Run) -> list[Message | Effect]:
    """Start every stage that may start and has not, also what was held back."""
    run.call_again()
    return start_called(run)

"""The present task of a stage is to be executed: the effect, under the number of this execution."""

from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.messages import Execute, RunTask
from stageline.engine.run import Run


class RunTaskHandler(Handler):
    """Has the present task of a stage executed. The registry that it is given is where the processor finds the task."""

    message = RunTask

    def handle(self, run: Run, message: RunTask) -> Answer:
        node = run.nodes[message.stage]
        return (Execute(node.seq, node.record.execution),) if node.is_executing else ()

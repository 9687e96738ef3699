"""A task begins when the one before it in its stage is done. The first one begins with its stage."""

from stageline.engine.events import TaskStarted
from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.messages import RunTask, StartTask
from stageline.engine.run import Run


class StartTaskHandler(Handler):
    """Begins the next task of a stage."""

    message = StartTask

    def handle(self, run: Run, message: StartTask) -> Answer:
        node = run.nodes[message.stage]
        if not node.is_executing or node.record.task not in (message.task, message.task - 1):
            return ()
        if message.task > node.record.task:
            run.apply(TaskStarted(run.now, node.seq, message.task))
        return (RunTask(node.seq),)

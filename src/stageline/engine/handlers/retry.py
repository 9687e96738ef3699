"""A run that has ended may go on, with its failed and canceled stages or from a given one. What succeeded is kept,
also below a stage that can resume.
"""

from collections.abc import Iterable

from stageline.engine.events import RunRetried, StageReopened, StageReset
from stageline.engine.graph import Node, descendants, is_fatal
from stageline.engine.handlers.handler import Answer, Handler
from stageline.engine.handlers.recover import start_all
from stageline.engine.messages import CompleteWorkflow, RetryWorkflow
from stageline.engine.run import Run
from stageline.model.status import Status


class RetryWorkflowHandler(Handler):
    """Begins another round of an ended run."""

    message = RetryWorkflow

    def handle(self, run: Run, message: RetryWorkflow) -> Answer:
        chosen = run.find(message.ref)
        if not run.record.status.ended or (message.ref and chosen is None):
            return ()
        run.apply(RunRetried(run.now, message.names))
        if chosen:
            _begin_anew(run, (node for node in descendants(chosen) if node.record.status is not Status.NOT_STARTED))
        else:
            _try_again(run, run.root.nodes, resume=not message.names)
        run.recount(run.root)
        return [*start_all(run), CompleteWorkflow()]


def _begin_anew(run: Run, nodes: Iterable[Node]) -> None:
    for node in nodes:
        run.apply(StageReset(run.now, node.seq))


def _try_again(run: Run, nodes: Iterable[Node], *, resume: bool = True) -> None:
    """Have those of a group's stages that ended badly run again: from nothing, or with what is below them."""
    for node in [node for node in nodes if _is_unmet(node) and is_fatal(node)]:
        if resume and _can_go_on(node):
            _reopen(run, node)
        else:
            _begin_anew(run, [node])


def _can_go_on(planner: Node) -> bool:
    """Whether what a planner has planned accounts for its end; one that failed by itself would only do so again."""
    if planner.inner is None:
        return False
    return planner.record.status is Status.CANCELED or any(_is_unmet(scope) for scope in planner.inner.nodes)


def _reopen(run: Run, planner: Node) -> None:
    assert planner.inner is not None
    run.apply(StageReopened(run.now, planner.seq))
    for scope in planner.inner.nodes:
        if _is_unmet(scope) and scope.inner is not None:
            run.apply(StageReopened(run.now, scope.seq))
            _try_again(run, scope.inner.nodes)
            run.recount(scope.inner)
    run.recount(planner.inner)


def _is_unmet(node: Node) -> bool:
    return node.record.status.ended and not node.record.status.met

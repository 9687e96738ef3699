"""Every step that a run or a stage may take. What is not in these tables raises, and changes nothing.

A stage leaves NOT_STARTED once per round; a jump back or a retry (StageReset) begins the next round. A run that has
ended may be retried. Stages never pause: a paused run starts none, and lets finish those that run.
"""

from collections.abc import Mapping

from stageline.errors import IllegalTransition
from stageline.model.status import Status

_Table = Mapping[Status, frozenset[Status]]

_S = Status

RUN_STEPS: _Table = {
    _S.NOT_STARTED: frozenset({_S.RUNNING, _S.CANCELED}),
    _S.RUNNING: frozenset({_S.PAUSED, _S.SUCCEEDED, _S.FAILED, _S.CANCELED, _S.SKIPPED}),
    _S.PAUSED: frozenset({_S.RUNNING, _S.SUCCEEDED, _S.FAILED, _S.CANCELED, _S.SKIPPED}),
    _S.SUCCEEDED: frozenset({_S.RUNNING}),
    _S.FAILED: frozenset({_S.RUNNING}),
    _S.CANCELED: frozenset({_S.RUNNING}),
    _S.SKIPPED: frozenset({_S.RUNNING}),
}

STAGE_STEPS: _Table = {
    _S.NOT_STARTED: frozenset({_S.RUNNING, _S.CANCELED, _S.NOT_STARTED}),
    _S.RUNNING: frozenset(
        {
            _S.RUNNING,
            _S.SUSPENDED,
            _S.SUCCEEDED,
            _S.FAILED,
            _S.FAILED_CONTINUE,
            _S.CANCELED,
            _S.SKIPPED,
            _S.NOT_STARTED,
        }
    ),
    _S.SUSPENDED: frozenset({_S.RUNNING, _S.SUSPENDED, _S.FAILED, _S.FAILED_CONTINUE, _S.CANCELED, _S.NOT_STARTED}),
    _S.SUCCEEDED: frozenset({_S.NOT_STARTED}),
    _S.FAILED: frozenset({_S.NOT_STARTED}),
    _S.FAILED_CONTINUE: frozenset({_S.NOT_STARTED}),
    _S.CANCELED: frozenset({_S.NOT_STARTED}),
    _S.SKIPPED: frozenset({_S.NOT_STARTED}),
}


def check_step(table: _Table, before: Status, after: Status, stage: str = "") -> None:
    """Raise IllegalTransition unless the table has the step, of this stage or, without a ref, of the run."""
    if after not in table.get(before, ()):
        what = f"stage '{stage}'" if stage else "the run"
        raise IllegalTransition(f"{what} cannot go from {before} to {after}")

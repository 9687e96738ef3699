"""What became of a stage, for those who call stages one by one: a state, outputs, and why it failed if it did."""

from collections.abc import Mapping
from typing import Any

import msgspec

from stageline.model.failure import Failure
from stageline.model.status import Status

SUCCESS = Status.SUCCESS
FAILED = Status.FAILED
SKIP = Status.SKIP
CANCEL = Status.CANCEL
WAIT = Status.WAIT


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of a stage. `updated` are its outputs; `context` is what was handed in, with this outcome in it."""

    status: Status = SUCCESS
    run_id: str = ""
    parent_run_id: str | None = None
    context: Mapping[str, Any] = {}
    updated: Mapping[str, Any] = {}
    failure: Failure | None = None

    @property
    def outputs(self) -> dict[str, Any]:
        """What the stage has put out."""
        return dict(self.updated)

    @property
    def is_success(self) -> bool:
        return self.status is SUCCESS

"""How the jobs of one run are executed, as the run itself tells whoever goes on with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from stageline.lab.resource_rules import ResourceRules
from stageline.runtimes.sandbox import Runtime
from stageline.schedulers.admission import Amount

Fetch: TypeAlias = Literal["declared", "all", "none"]


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The Lab's folder, within which capacity and in which runtime its jobs run, and what they are given.

    `target` is empty for this machine; of what is made on another, `fetch` says what comes here.
    """

    lab: str
    cpus: int
    memory: int
    runtime: Runtime = Runtime.NATIVE
    keep_going: bool = False
    rules: ResourceRules = ResourceRules()
    target: str = ""
    fetch: Fetch = "declared"

    @property
    def capacity(self) -> Amount:
        """What all jobs that run at a time may take together."""
        return Amount(self.cpus, self.memory)


def terms_in(names: Mapping[str, Any]) -> Terms:
    """The terms that a run tells in its names."""
    return msgspec.convert({key: names[key] for key in Terms.__struct_fields__ if key in names}, Terms)

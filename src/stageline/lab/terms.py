"""How the jobs of one run are executed, as the run itself tells whoever goes on with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from stageline.lab.resource_rules import ResourceRules
from stageline.runtimes.sandbox import Runtime
from stageline.schedulers.admission import Amount


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The Lab's folder, within which capacity and in which runtime its jobs run, and what they are given."""

    lab: str
    cpus: int
    memory: int
    runtime: Runtime = Runtime.NATIVE
    keep_going: bool = False
    rules: ResourceRules = ResourceRules()

    @property
    def capacity(self) -> Amount:
        """What all jobs that run at a time may take together."""
        return Amount(self.cpus, self.memory)


def terms_in(names: Mapping[str, Any]) -> Terms:
    """The terms that a run tells in its names."""
    return msgspec.convert({key: names[key] for key in Terms.__struct_fields__}, Terms)

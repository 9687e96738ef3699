"""What an author should look at."""

from __future__ import annotations

import msgspec

from stageline.load.source import Place


class Concern(msgspec.Struct, frozen=True):
    """A warning about a script: worth a look, no reason to refuse."""

    place: Place
    stage: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.stage}: {self.message}"

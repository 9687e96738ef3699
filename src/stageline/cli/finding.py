"""What one look of `doctor` came to."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """One thing that was looked at. `found` says what is there, or is empty."""

    name: str
    purpose: str
    found: str
    remedy: str
    required: bool = False

    @property
    def is_missing(self) -> bool:
        return not self.found

"""Copies of what expressions come to: what one stage changes in its own, no other sees."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import msgspec

_KEPT = (date, datetime, time, timedelta, Decimal, bytes)


def own_copy(value: Any) -> Any:
    """The value, and for lists and mappings, a copy through and through."""
    if isinstance(value, list | Mapping):
        return msgspec.to_builtins(value, builtin_types=_KEPT, enc_hook=_plain)
    return value


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value

"""What is looked at before and while something runs."""

import time


def rows() -> dict[str, int]:
    """How many rows are good."""
    return {"good": 7}


def answers(of: str) -> dict[str, object]:
    """Whether a service answers; it takes a while."""
    started = time.time()
    time.sleep(0.3)
    return {"of": of, "started": started, "ended": time.time()}


def set_up(what: str = "the database") -> str:
    """Make something ready."""
    return f"{what} is ready"

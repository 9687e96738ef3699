"""What ends work that takes longer than it may, where no scheduler does: `timeout` of coreutils, around its command."""

from __future__ import annotations

from stageline.targets.target import State

GRACE = 5
_TIMED_OUT = (124, 137)


def limit_argv(seconds: int, folder: str = "") -> tuple[str, ...]:
    """The words before a command; the program is in this folder, or else where the PATH leads."""
    return (f"{folder}/timeout" if folder else "timeout", f"--kill-after={GRACE}", str(seconds))


def ran_out(state: State, seconds: int) -> bool:
    """Whether work with this limit ended so because its time was over."""
    return state.code in _TIMED_OUT and state.ended - state.started >= seconds * 1_000_000

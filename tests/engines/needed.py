"""Has an engine running for tests that need it, or says once and for all why they cannot run here."""

from tests.engines.control import CannotRun, Engines
from tests.not_run import not_run


def up(engines: Engines, name: str) -> dict[str, str]:
    """The environment that the engine's clients need."""
    try:
        return engines.up(name)
    except CannotRun as error:
        reason = str(error)
    not_run(reason)

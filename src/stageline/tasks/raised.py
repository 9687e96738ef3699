"""What an exception says, as a failure: its cause, its class and bases by name, and where it was raised."""

from stageline.errors import ConfigError, DocumentError, MissingDependency
from stageline.model.failure import Cause, Failure
from stageline.tasks.python_driver import in_words

__all__ = ["DETAIL_LIMIT", "cause_of", "in_words", "raised"]

DETAIL_LIMIT = 32_000


def raised(error: BaseException, detail: str = "", where: str = "") -> Failure:
    """The failure that `error` is. A wrong document or a missing program is not cured by trying again."""
    cause = cause_of(error)
    ours = cause in (Cause.DOCUMENT, Cause.MISSING)
    return Failure(
        str(error) if isinstance(error, ConfigError) else in_words(error) + where,
        cause,
        names=tuple(one.__name__ for one in type(error).__mro__ if one is not object),
        detail="" if ours else shortened(detail),
        permanent=ours,
    )


def cause_of(error: BaseException) -> Cause:
    """What a retry rule calls it."""
    match error:
        case DocumentError():
            return Cause.DOCUMENT
        case MissingDependency():
            return Cause.MISSING
        case MemoryError():
            return Cause.OUT_OF_MEMORY
        case TimeoutError():
            return Cause.TIMEOUT
        case _:
            return Cause.EXCEPTION


def shortened(detail: str) -> str:
    """The first and the last part of what is long."""
    half = DETAIL_LIMIT // 2
    return detail if len(detail) <= DETAIL_LIMIT else f"{detail[:half]}\n…\n{detail[-half:]}"

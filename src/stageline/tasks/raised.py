"""What an exception says, as a failure: its cause, its class and bases by name, and where it was raised."""

import traceback

from stageline.errors import DocumentError, MissingDependency
from stageline.model.failure import Cause, Failure

MESSAGE_LIMIT = 4000
DETAIL_LIMIT = 32_000


def raised(error: BaseException, detail: str = "", where: str = "") -> Failure:
    """The failure that `error` is. A wrong document or a missing program is not cured by trying again."""
    cause = cause_of(error)
    ours = cause in (Cause.DOCUMENT, Cause.MISSING)
    return Failure(
        str(error) if ours else in_words(error) + where,
        cause,
        names=tuple(one.__name__ for one in type(error).__mro__ if one is not object),
        detail="" if ours else _shortened(detail),
        permanent=ours,
    )


def in_words(error: BaseException) -> str:
    """`ValueError: no such thing`, whatever the exception's own `__str__` may do."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error}"
    return "".join(traceback.format_exception_only(error)).strip()[:MESSAGE_LIMIT]


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


def _shortened(detail: str) -> str:
    half = DETAIL_LIMIT // 2
    return detail if len(detail) <= DETAIL_LIMIT else f"{detail[:half]}\n…\n{detail[-half:]}"

"""Where something stands in the user's Python: the call, the stage's first line, the line that raised.

Frames of this room are ours; the first one outside is the user's.
"""

import sys
import traceback
from collections.abc import Callable
from itertools import islice
from types import CodeType, FrameType, FunctionType
from typing import Any

from stageline.load.source import Place

OURS = "stageline.lab."
NOWHERE = Place("?", 1, 1)


def here() -> Place:
    """The place of the user's call that is going on."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    return NOWHERE if frame is None else _place(frame.f_code, frame.f_lasti, frame.f_lineno)


def of_function(function: Callable[..., Any]) -> Place:
    """The first line of a function, its decorators included."""
    if not isinstance(function, FunctionType):
        return here()
    return Place(function.__code__.co_filename, function.__code__.co_firstlineno, 1)


def of_error(error: BaseException, otherwise: Place) -> Place:
    """The innermost line of the user's own files that an exception passed through."""
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return Place(error.filename, error.lineno, error.offset or 1)
    found = otherwise
    for frame, line in traceback.walk_tb(error.__traceback__):
        if not _is_ours(frame) and _is_beside(frame, otherwise):
            found = Place(frame.f_code.co_filename, line, 1)
    return found


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith(OURS)


def _is_beside(frame: FrameType, place: Place) -> bool:
    """Is the frame's file one that lies in the folder of the user's? Python's own that are built in have none."""
    return (
        not frame.f_code.co_filename.startswith("<")
        and frame.f_code.co_filename.rpartition("/")[0] == place.file.rpartition("/")[0]
    )


def _place(code: CodeType, instruction: int, line: int) -> Place:
    positions = next(islice(code.co_positions(), instruction // 2, None), (None,) * 4)
    first, _, column, _ = positions
    return Place(code.co_filename, first or line, (column or 0) + 1)

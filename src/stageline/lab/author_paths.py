"""A path or a pattern as an author gives it: a text, or a path of pathlib. Anything else is refused."""

from __future__ import annotations

from pathlib import PurePath


def author_path(given: object, example: str) -> str:
    """The text; the TypeError shows how one looks."""
    if isinstance(given, PurePath):
        given = str(given)
    if not isinstance(given, str) or not given or "\0" in given:
        raise TypeError(f"{given!r} is no path; write one as text, such as '{example}'")
    return str.__str__(given)

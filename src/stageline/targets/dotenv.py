"""Reads a file of secrets or variables: lines of `NAME=value`, as shells and other tools write them. Pure."""

import re

from stageline.errors import DocumentError

_ASSIGNMENT = re.compile(r"(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*")
_BARE = re.compile(r"[^\n]*")
_COMMENT = re.compile(r"(?:^|[ \t])#.*")
_SINGLE = re.compile(r"'([^']*)'")
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_REST = re.compile(r"[ \t]*(?:#[^\n]*)?(?=\n|\Z)")
_SKIPPED = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\n)*[ \t]*(?:#[^\n]*)?")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$", "`": "`", "\n": ""}


def parse_dotenv(text: str, file: str = ".env") -> dict[str, str]:
    """The variables in order; DocumentError with `file:line` for the first line that is none, without its value.

    A value in quotes may go over several lines; in double quotes `\\n`, `\\t`, `\\"` and the like are escapes. Without
    quotes a ` #` begins a comment. Nothing is ever put in for `$NAME`.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    found: dict[str, str] = {}
    at = _end(_SKIPPED, text, 0)
    while at < len(text):
        place = f"{file}:{text.count(chr(10), 0, at) + 1}"
        head = _ASSIGNMENT.match(text, at)
        if not head:
            raise DocumentError(f"{place}: this is no 'NAME=value'")
        if head[1] in found:
            raise DocumentError(f"{place}: '{head[1]}' is already set above")
        found[head[1]], at = _value(text, head.end(), f"{place}: the value of '{head[1]}'")
        at = _end(_SKIPPED, text, at)
    return found


def _value(text: str, at: int, what: str) -> tuple[str, int]:
    """The value that begins here, and where its line ends."""
    quote = text[at : at + 1]
    if quote not in ("'", '"'):
        end = _end(_BARE, text, at)
        return _COMMENT.sub("", text[at:end]).strip(), end
    quoted = (_SINGLE if quote == "'" else _DOUBLE).match(text, at)
    if not quoted:
        raise DocumentError(f"{what} has no closing {quote}")
    rest = _REST.match(text, quoted.end())
    if not rest:
        raise DocumentError(f"{what} goes on after its closing {quote}: only a comment may follow")
    return quoted[1] if quote == "'" else _ESCAPED.sub(_meant, quoted[1]), rest.end()


def _meant(escape: re.Match[str]) -> str:
    return _MEANT.get(escape[1], escape[0])


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at

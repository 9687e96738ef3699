"""What was captured, as text for people and outputs: all of it when it is short, else its first and its last part."""

import os
from pathlib import Path

LIMIT = 64 * 1024


def read_ends(path: Path, limit: int = LIMIT) -> str:
    """The file's text; of more than `limit` bytes the first and the last half of `limit`, and how many were cut."""
    try:
        if not os.stat(path).st_size:  # noqa: PTH116, most have said nothing
            return ""
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= limit:
                return as_text(file.read(limit))
            half = limit // 2
            first = file.read(half)
            file.seek(size - half)
            last = file.read(half)
    except FileNotFoundError:
        return ""
    return f"{as_text(first)}\n[… {size - 2 * half} bytes cut; all of it is in {path} …]\n{as_text(last)}"


def as_text(raw: bytes) -> str:
    """UTF-8; what is not, and NUL (which some databases cannot keep), becomes a replacement character."""
    return raw.decode("utf-8", "replace").replace("\0", "�")


def last_lines(text: str, count: int = 5, width: int = 300) -> list[str]:
    """The last lines that are not blank, cut to a readable width."""
    lines = [line.rstrip() for line in text[-count * width * 2 :].splitlines()]
    return [line[:width] for line in lines if line][-count:]

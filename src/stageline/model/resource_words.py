"""Reading what work asks of a machine.

Amounts have units (`4G`, `90m`): a plain number means other things to other schedulers, so it is refused.
"""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from stageline.errors import DocumentError, did_you_mean
from stageline.model.resources import Resources
from stageline.model.sbatch_options import checked_options

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT])(?:i?B)?", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"(?:\d+[dhms])+")
_CLOCK = re.compile(r"(?:(\d+)-)?(\d+):(\d\d):(\d\d)")


class BadResource(Exception):
    """An amount that cannot be read; `key` says which, the message what would be right."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def resources_of(given: Mapping[str, object]) -> Resources:
    """The hints as an author writes them; BadResource names the first that is wrong."""
    read: dict[str, Any] = {}
    for key, value in given.items():
        name = str(key).replace("-", "_")
        if name not in _READERS:
            raise BadResource(str(key), f"unknown resource '{key}'{did_you_mean(name, FIELDS) or _known()}")
        try:
            read[name] = _READERS[name](value)
        except ValueError as error:
            raise BadResource(str(key), str(error)) from error
    return Resources(**read)


def read_memory(value: object) -> int:
    """`4G` in bytes."""
    found = _MEMORY.fullmatch(value.strip()) if isinstance(value, str) else None
    if not found:
        raise ValueError(f"{value!r} is no amount of memory; write a number and its unit: '512M' or '4G'")
    return int(float(found[1]) * _UNITS[found[2].upper()])


def memory_in_words(size: int) -> str:
    """`4G`, `23G`: in the largest unit in which it is a whole number, or at least ten."""
    for name, unit in reversed(_UNITS.items()):
        if size >= unit > 1 and (size % unit == 0 or size >= 10 * unit):
            return f"{size // unit}{name}"
    return f"{size} bytes"


def read_time(value: object) -> int:
    """`90m`, `1h30m`, `01:30:00` or `1-12:00:00` in seconds."""
    text = value.replace(" ", "") if isinstance(value, str) else ""
    if clock := _CLOCK.fullmatch(text):
        days, hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds
    if not _SPAN.fullmatch(text):
        raise ValueError(f"{value!r} is no length of time; write '90m', '1h30m' or '01:30:00'")
    return sum(int(number) * _SECONDS[unit] for number, unit in re.findall(r"(\d+)([dhms])", text))


def time_in_words(seconds: int) -> str:
    """`1h30m`: what `read_time` reads as these seconds."""
    words = ""
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        words += f"{count}{unit}" if count else ""
    return words or "0s"


def _read_cpus(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{value!r} is no number of cpus; write a whole number of at least 1")
    return value


def _read_partition(value: object) -> str:
    if not isinstance(value, str) or not value or any(one.isspace() for one in value):
        raise ValueError(f"{value!r} is no partition; write its name")
    return value


def _read_words(value: object) -> tuple[str, ...]:
    words = shlex.split(value) if isinstance(value, str) else value
    if not isinstance(words, Sequence) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{value!r} is no list of options; write ['--exclusive', '--account=me']")
    try:
        return tuple(checked_options(words))
    except DocumentError as error:
        raise ValueError(str(error).partition(": ")[2]) from error


def _read_paths(value: object) -> tuple[str, ...]:
    paths = [value] if isinstance(value, str) else value
    if not isinstance(paths, Sequence) or not all(isinstance(path, str) and path.startswith("/") for path in paths):
        raise ValueError(f"{value!r} is no list of folders; write absolute paths: ['/data']")
    return tuple(paths)


def _read_truth(value: object) -> bool:
    if value is True or value is False:
        return value
    raise ValueError(f"{value!r} is neither true nor false")


def _known() -> str:
    return f"; known: {', '.join(FIELDS)}"


_READERS: Mapping[str, Callable[[object], object]] = {
    "cpus": _read_cpus,
    "mem": read_memory,
    "time": read_time,
    "partition": _read_partition,
    "sbatch_opts": _read_words,
    "mount_paths": _read_paths,
    "network": _read_truth,
}
FIELDS = tuple(_READERS)

"""How a job ended: one file, written aside and then renamed, which alone says that the job was done, on any target.

All records of a store are in one folder, named by job, so that one scan reads them. What cannot be read as the record
of the job that its name says counts as none: the job runs again.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path

import msgspec

from stageline.errors import ConfigError
from stageline.lab.disk import content_digest

_END = ".json"
_USUAL = 1 << 13
_MOST = 1 << 24
_SMALL = 1 << 16


class Output(msgspec.Struct, frozen=True):
    """What an output was when its job ended: its path below `$out`, the digest of its content, and its bytes in all."""

    path: str
    digest: str
    size: int


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The end of a job. Times are microseconds since 1970, in UTC; memory is in bytes.

    `missing` are the declared outputs that were not made. `seen` stands for the jobs that had succeeded, for one that
    looks at others without needing their success. `read` has the digests of what it read that other jobs had made. One
    that was out of time was ended after `time_limit` seconds.
    """

    job: str
    exit_code: int
    started: int
    ended: int
    host: str
    signal: str = ""
    out_of_memory: bool = False
    time_limit: int = 0
    cpu_seconds: float = 0.0
    peak_memory: int | None = None
    outputs: Mapping[str, Output] = {}
    missing: tuple[str, ...] = ()
    seen: str = ""
    read: Mapping[str, str] = {}

    @property
    def succeeded(self) -> bool:
        return self.exit_code == 0 and not (self.signal or self.missing or self.time_limit)


class Examined(msgspec.Struct, frozen=True):
    """The declared outputs of a job that has ended, and the names of those that it has not made."""

    outputs: Mapping[str, Output]
    missing: tuple[str, ...]


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Record)


def examine(out: str | Path, declared: Mapping[str, str]) -> Examined:
    """Look at what a job has made; `declared` are its outputs, as paths that begin with `$out`."""
    outputs: dict[str, Output] = {}
    for name, path in declared.items():
        inside = path.partition("/")[2]
        try:
            found = _small_file(f"{out}/{inside}") or _anything(Path(out, inside))
        except OSError as error:
            raise ConfigError(f"the output '{name}' cannot be read: {error.filename}: {error.strerror}") from error
        if found is not None:
            outputs[name] = Output(inside, *found)
    return Examined(outputs, tuple(name for name in declared if name not in outputs))


def examine_small(out: str, declared: Mapping[str, str]) -> Examined | None:
    """The same, if all of it is read at once; None when it would take longer."""
    outputs: dict[str, Output] = {}
    for name, path in declared.items():
        inside = path.partition("/")[2]
        try:
            found = _small_file(f"{out}/{inside}")
        except OSError:
            return None
        if found is None:
            return None
        outputs[name] = Output(inside, *found)
    return Examined(outputs, ())


def _small_file(path: str) -> tuple[str, int] | None:
    """Digest and size of a file that is read at once: most outputs are small, and there may be very many."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    try:
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode) or about.st_size >= _SMALL:
            return None
        content = os.read(file, _SMALL)
        return sha256(content).hexdigest(), len(content)
    finally:
        os.close(file)


def _anything(path: Path) -> tuple[str, int] | None:
    digest = content_digest(path)
    return None if digest is None else (digest, _size(str(path)) or 0)


def changes(record: Record, out: str, verify: bool = False) -> dict[str, str]:
    """The outputs that are not what they were, by name, each with what is known; `verify` reads their content."""
    found: dict[str, str] = {}
    for name, output in record.outputs.items():
        path = f"{out}/{output.path}"
        size = _size(path)
        if size is None:
            found[name] = f"{path} is not there any more"
        elif size != output.size:
            found[name] = f"{path} has {size} bytes, and had {output.size}"
        elif verify and content_digest(Path(path)) != output.digest:
            found[name] = f"the content of {path} is another"
    return found


def write_record(folder: str | Path, record: Record) -> None:
    """Put the record in its place, whole."""
    unnamed = f"{folder}/.{record.job}-{os.urandom(8).hex()}"
    try:
        _write(unnamed, _ENCODER.encode(record))
        os.replace(unnamed, f"{folder}/{record.job}{_END}")  # noqa: PTH105, after every job
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(unnamed)  # noqa: PTH108
        raise ConfigError(f"the record of job {record.job} cannot be written to {folder}: {error.strerror}") from error


def remove_record(folder: Path, job: str) -> None:
    """From now on the job is not done."""
    (folder / f"{job}{_END}").unlink(missing_ok=True)


def read_record(folder: Path, job: str) -> Record | None:
    """The record of a job; None when there is none that can be read."""
    try:
        return _decode((folder / f"{job}{_END}").read_bytes(), job)
    except OSError:
        return None


def read_records(folder: Path) -> dict[str, Record]:
    """All records of a folder, by job."""
    return {record.job: record for record in _all(folder)}


def read_text(text: str) -> Record | None:
    """The record in a text, if it is one."""
    try:
        return _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeEncodeError):
        return None


def record_text(record: Record) -> bytes:
    """A record as it is kept, in the file of this name."""
    return _ENCODER.encode(record)


def record_name(job: str) -> str:
    """What the file of a job's record is called."""
    return f"{job}{_END}"


def _all(folder: Path) -> Iterator[Record]:
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        for name in os.listdir(opened):  # noqa: PTH208, by the descriptor
            if name.endswith(_END):
                record = _decode(_read(opened, name), name.removesuffix(_END))
                if record is not None:
                    yield record
    finally:
        os.close(opened)


def _write(path: str, content: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    try:
        file = os.open(path, flags, 0o644)
    except FileNotFoundError:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        file = os.open(path, flags, 0o644)
    try:
        if os.write(file, content) != len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    finally:
        os.close(file)


def _read(folder: int, name: str) -> bytes:
    """Ten thousand of these are read while somebody waits."""
    try:
        file = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
    except OSError:
        return b""
    try:
        content = os.read(file, _USUAL)
        return content if len(content) < _USUAL else content + os.read(file, _MOST)
    except OSError:
        return b""
    finally:
        os.close(file)


def _decode(content: bytes, job: str) -> Record | None:
    try:
        record = _DECODER.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    return record if record.job == job else None


def _size(path: str) -> int | None:
    """The bytes of a file, or of all files in a folder; None when there is neither."""
    try:
        status = os.stat(path)  # noqa: PTH116, one for each output of every job
    except OSError:
        return None
    if not stat.S_ISDIR(status.st_mode):
        return status.st_size
    return sum(inside.stat().st_size for inside in Path(path).rglob("*") if inside.is_file())

"""Logging of the program: on stderr what somebody should know, in a rotating file what may be looked up later.

The library itself only says things to its loggers. Secrets are taken out of every line.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import click

from stageline.cli.session import Session
from stageline.config.layers import user_cache_folder
from stageline.errors import ConfigError, InternalError, StagelineError

log = logging.getLogger("stageline")

_LOUDER = {-1: logging.ERROR, 1: logging.INFO, 2: logging.DEBUG}


def begin_logging(session: Session) -> None:
    """Let the loggers of the library be heard as the settings say."""
    config = session.config
    level = _level(session)
    formatter = JsonLines() if config["log.format"] == "json" else TextLines()
    handlers: list[logging.Handler] = [ToStderr(level)]
    if (path := log_file(session)) is not None:
        handlers.append(LateFile(path, config["log.max-size"], config["log.keep"], min(level, logging.INFO)))
    for handler in handlers:
        handler.setFormatter(formatter)
    _forget(log)
    log.setLevel(min(handler.level for handler in handlers))
    log.propagate = False
    for handler in handlers:
        log.addHandler(handler)
    for warning in config.warnings:
        log.warning("%s", warning)


def _forget(logger: logging.Logger) -> None:
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()


def _level(session: Session) -> int:
    if session.verbosity:
        return _LOUDER[max(-1, min(2, session.verbosity))]
    return int(getattr(logging, session.config["log.level"].upper()))


def log_file(session: Session) -> Path | None:
    """Where the log is written; None when it is not wanted."""
    if session.config.is_default("log.file"):
        return user_cache_folder(session.environ) / "log" / "stageline.log"
    path: Path | None = session.config["log.file"]
    return path


def hide_in_log(secrets: Collection[str]) -> None:
    """From now on, no line shows one of these."""
    if not secrets:
        return
    from stageline.targets.masking import Mask

    mask = Mask(secrets).text
    for handler in log.handlers:
        if isinstance(handler.formatter, TextLines | JsonLines):
            handler.formatter.mask = mask


def _as_it_is(text: str) -> str:
    return text


class TextLines(logging.Formatter):
    """A line for people: when, how bad, who says it, what."""

    mask: Callable[[str], str] = staticmethod(_as_it_is)

    def format(self, record: logging.LogRecord) -> str:
        return self.mask(f"{_when(record)} {record.levelname.lower():7} {record.name}: {super().format(record)}")


class JsonLines(logging.Formatter):
    """A line for programs."""

    mask: Callable[[str], str] = staticmethod(_as_it_is)

    def format(self, record: logging.LogRecord) -> str:
        import json

        line = {
            "time": _when(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self.mask(record.getMessage()),
        }
        if record.exc_info:
            line["exception"] = self.mask(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def _when(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class ToStderr(logging.StreamHandler):  # type: ignore[type-arg]
    """What is said on stderr: always the one that is there now."""

    def __init__(self, level: int) -> None:
        super().__init__(sys.stderr)
        self.setLevel(level)

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


class LateFile(logging.Handler):
    """A rotating file that is opened with the first line; when that cannot be, this is said once, and no more."""

    def __init__(self, path: Path, max_size: int, kept: int, level: int) -> None:
        super().__init__(level)
        self.path = path
        self._sizes = max_size, kept
        self._file: logging.Handler | None = None
        self._broken = False

    def emit(self, record: logging.LogRecord) -> None:
        if self._file is None and not self._broken:
            self._file = self._opened()
        if self._file is not None:
            self._file.handle(record)

    def _opened(self) -> logging.Handler | None:
        from logging.handlers import RotatingFileHandler

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = RotatingFileHandler(self.path, maxBytes=self._sizes[0], backupCount=self._sizes[1], encoding="utf-8")
        except OSError as error:
            self._broken = True
            click.echo(f"no log is written: {self.path}: {error.strerror}; set log.file to another, or none", err=True)
            return None
        file.setFormatter(self.formatter)
        return file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        super().close()


def report(error: StagelineError) -> None:
    """Say on stderr what went wrong; with `-v`, or when it is our own fault, write down where."""
    click.echo(_words(error), err=True)
    if isinstance(error, InternalError):
        _write_down(error)
    elif _is_verbose():
        click.echo("".join(traceback.format_exception(error)).rstrip(), err=True)


def _words(error: StagelineError) -> str:
    """What went wrong. Lines that begin with places are left so, for editors that look for them."""
    if error.has_places:
        return error.details() if sys.stderr.isatty() else str(error)
    return click.style("error: ", fg="red", bold=True) + error.details()


def _is_verbose() -> bool:
    return any(isinstance(handler, ToStderr) and handler.level <= logging.INFO for handler in log.handlers)


def _write_down(error: InternalError) -> None:
    if not log.handlers:
        try:
            begin_logging(Session())
        except ConfigError as broken:
            click.echo(f"no log can be written: {broken}", err=True)
    record = log.makeRecord(log.name, logging.ERROR, __file__, 0, "%s", (error,), _traced(error))
    for handler in log.handlers:
        if isinstance(handler, LateFile):
            handler.handle(record)
            click.echo(f"it is written down in {handler.path}; please report it", err=True)
        elif _is_verbose():
            handler.handle(record)


def _traced(error: BaseException) -> tuple[type[BaseException], BaseException, TracebackType | None]:
    return type(error), error, error.__traceback__

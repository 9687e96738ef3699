"""A target on which `together.sh` and `agent.sh`, one script, do the work. Who starts a bash there builds on this."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from stageline.errors import Canceled, ConfigError, StagelineError, TargetLost
from stageline.targets.agent import (
    CUT,
    FAILED,
    INSTALL,
    checked_name,
    checked_token,
    framed,
    names_bytes,
    order_bytes,
    read_arrays,
    read_names,
    read_parts,
    read_shared,
    read_states,
    read_submitted,
)
from stageline.targets.cancellation import Cancellation
from stageline.targets.logs import as_text, last_lines
from stageline.targets.process import Command, Ended, run
from stageline.targets.target import LOG_LIMIT, Answer, Order, Shared, State, Submitted, Takes
from stageline.targets.tree import GRACE

_Item = TypeVar("_Item")
_PATIENCE = 60.0
_LONG = 300.0
_NO_SCRIPT = 127
_IN_ONE_CALL = 500
_AT_A_TIME = 8  # sshd allows ten sessions of a connection


class AgentTarget(ABC):
    """All of a target but the way there, and how files go it."""

    def __init__(self, name: str, base: str) -> None:
        self.name = name
        self._given = base
        self._base = ""
        self._lock = threading.Lock()
        self._calls = threading.BoundedSemaphore(_AT_A_TIME)

    @property
    def base(self) -> str:
        """The full path of its base folder. The first call makes it, with the script in it."""
        with self._lock:
            if not self._base:
                self._base = self._install()
            return self._base

    @abstractmethod
    def _command(self, words: Sequence[str]) -> tuple[str, ...]:
        """What runs these words there."""

    @abstractmethod
    def _lost(self, ended: Ended, said: str) -> StagelineError:
        """What it means that no answer came."""

    def call(self, argv: Sequence[str], *, stdin: bytes = b"", timeout: float = 60.0) -> Answer:
        """Run a short command there."""
        return self._ask("call", *argv, data=stdin, timeout=timeout)

    def share(self, name: str, argv: Sequence[str], age: float, items: Collection[str] = ()) -> Shared:
        """What a short command says to all."""
        microseconds = str(int(age * 1_000_000))
        answer = self._ask("share", checked_token(name), microseconds, *argv, names=map(checked_token, items))
        return read_shared(answer)

    def prepare(self, orders: Sequence[Order]) -> None:
        """Keep orders for somebody else to carry out."""
        for some in _some_at_a_time(orders):
            self._ask("prepare", data=order_bytes(some), timeout=_LONG)

    def perform_argv(self, token: str) -> tuple[str, ...]:
        """What carries out a prepared order."""
        return ("bash", self._script, self.base, "0", "supervise", checked_token(token))

    def element_argv(self, token: str) -> tuple[str, ...]:
        """What carries out one element of a submission."""
        return (self._script, self.base, "0", "element", checked_token(token))

    def submit(self, token: str, elements: Sequence[str], argv: Sequence[str]) -> Submitted:
        """Hand an array to a batch system, once."""
        listed = "".join(f"{checked_token(one)}\n" for one in elements)
        answer = self._ask("submit", checked_token(token), *argv, data=listed.encode(), timeout=_LONG)
        return read_submitted(answer.out, answer.err)

    def arrays(self, tokens: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Which submissions hold them."""
        if not tokens:
            return {}
        return read_arrays(self._ask("arrays", names=map(checked_token, tokens), timeout=_LONG).out)

    def adopt(self, token: str, job: str) -> None:
        """The submission is this job."""
        self._ask("adopt", checked_token(token), job)

    def retract(self, token: str, who: str) -> None:
        """The submission has come to nothing."""
        self._ask("retract", checked_token(token), who)

    def start(self, orders: Sequence[Order]) -> None:
        """Begin each of them, detached."""
        for some in _some_at_a_time(orders):
            self._ask("start", data=order_bytes(some), timeout=_LONG)

    def admit(self, orders: Sequence[Order], takes: Mapping[str, Takes], room: Takes, engine: str) -> tuple[str, ...]:
        """Begin them as there is room; once there is none, nothing more."""
        new = {order.token: order for order in orders}
        full: list[str] = []
        for some in _some_at_a_time(list(takes)):
            sent = order_bytes(new[token] for token in some if token in new)
            words = (word for token in some for word in (checked_token(token), *map(str, takes[token])))
            if full:
                self._ask("prepare", data=sent, timeout=_LONG)
                full += some
            else:
                answer = self._ask("admit", checked_token(engine), *map(str, room), *words, data=sent, timeout=_LONG)
                full += as_text(answer.out).split()
        return tuple(full)

    def look(
        self, tokens: Collection[str], patience: float = 0.0, cancellation: Cancellation | None = None
    ) -> dict[str, State]:
        """How they stand."""
        if not tokens:
            return {}
        microseconds = str(int(patience * 1_000_000))
        timeout = patience + _PATIENCE
        wanted = map(checked_token, tokens)
        answer = self._ask("look", microseconds, names=wanted, timeout=timeout, cancellation=cancellation)
        return read_states(answer.out)

    def cancel(self, tokens: Collection[str]) -> tuple[int, ...]:
        """End them with all that they have started."""
        left: list[int] = []
        for some in _some_at_a_time(list(tokens)):
            wanted = map(checked_token, some)
            answer = self._ask("cancel", str(int(GRACE * 1_000_000)), names=wanted, timeout=_LONG)
            left += map(int, answer.out.split())
        return tuple(left)

    def forbid(self, tokens: Collection[str]) -> None:
        """Keep those from beginning that have not begun."""
        for some in _some_at_a_time(list(tokens)):
            self._ask("forbid", names=map(checked_token, some), timeout=_LONG)

    def read(self, name: str, offset: int = 0, limit: int = LOG_LIMIT) -> bytes:
        """A part of a file."""
        return self._ask("part", name, str(offset), str(limit)).out

    def read_on(self, offsets: Mapping[str, int], limit: int = LOG_LIMIT) -> dict[str, bytes]:
        """Parts of files."""
        names = list(offsets)
        words = [word for name in names for word in (name, str(offsets[name]))]
        parts = read_parts(self._ask("parts", str(limit), names=words, timeout=_LONG).out) if names else {}
        return {names[number]: part for number, part in parts.items()}

    def keep(self, name: str, content: bytes) -> None:
        """A file that is there once."""
        self._ask("keep", checked_name(name), data=content, timeout=_LONG)

    def remove(self, names: Sequence[str]) -> None:
        """Delete files and folders."""
        self._ask("remove", names=map(checked_name, names), timeout=600)

    def _missing(self, names: Sequence[str]) -> tuple[str, ...]:
        return read_names(self._ask("missing", names=names).out)

    @property
    def _script(self) -> str:
        return f"{self.base}/agent/{_agent()[1]}"

    def _ask(
        self,
        verb: str,
        *words: str,
        data: bytes = b"",
        names: Iterable[str] = (),
        timeout: float = _PATIENCE,
        cancellation: Cancellation | None = None,
    ) -> Answer:
        line = ("bash", self._script, self.base, str(len(data)), verb, *words)
        return self._run(line, data or names_bytes((*names, "")), timeout, cancellation)

    def _install(self) -> str:
        text, digest = _agent()
        line = ("bash", "-c", INSTALL, "-", self._given, digest, str(len(text)))
        return as_text(self._run(line, text, _PATIENCE, None).out)

    def _run(
        self, line: Sequence[str], data: bytes, timeout: float, cancellation: Cancellation | None = None
    ) -> Answer:
        with self._calls, tempfile.TemporaryDirectory(prefix="stageline-") as folder:
            command = Command(argv=self._command(line), folder=Path(folder), stdin=data)
            ended = run(command, cancellation, timeout)
            out = ended.stdout.read_bytes()
            said = as_text(ended.stderr.read_bytes())
        answer = framed(out)
        if answer is not None:
            return Answer(answer.code, answer.body, said)
        if cancellation is not None and cancellation.requested:
            raise Canceled(cancellation.reason)
        if ended.stopped:
            raise TargetLost(f"{self.name} has not answered within {timeout:g} seconds")
        if ended.code == _NO_SCRIPT and f"/agent/{_agent()[1]}" in said:
            with self._lock:
                self._base = ""  # the next call makes it anew
            raise TargetLost(f"{self.name}: its base folder has been removed meanwhile")
        if ended.code == CUT:
            raise TargetLost(f"{self.name}: {self._words(said)}")
        if ended.code == FAILED:
            raise ConfigError(f"{self.name}: {self._words(said)}")
        raise self._lost(ended, said)

    def _words(self, said: str) -> str:
        return "; ".join(last_lines(said, 2)) or "it does not say why"


def _some_at_a_time(items: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    """So that one call does not take for ever."""
    return (items[at : at + _IN_ONE_CALL] for at in range(0, len(items), _IN_ONE_CALL))


@cache
def _agent() -> tuple[bytes, str]:
    """The script, and its name: another script has another name."""
    text = b"".join(Path(__file__).with_name(name).read_bytes() for name in ("together.sh", "agent.sh"))
    return text, hashlib.sha256(text).hexdigest()[:16]

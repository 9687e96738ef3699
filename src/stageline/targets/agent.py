"""How the script on a target is spoken to: orders as bytes, answers between two marks, states as lines. Pure."""

import re
import signal
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

import msgspec

from stageline.errors import DocumentError, InternalError
from stageline.targets.target import Answer, Order, Shared, Stand, State, Submitted

FAILED, CUT = 70, 71
_BEGIN = b"\1stageline\n"
_DONE = re.compile(rb"\x01done (\d+)\n\Z")
_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SIGNALS = {int(one): one.name.removeprefix("SIG") for one in signal.Signals}
_TIME = re.compile(r"(\d+)m([\d.]+)s")

INSTALL = """\
case $1 in /*) b=$1 ;; "~") b=$HOME ;; "~/"*) b=$HOME/${1#"~/"} ;; *) b=$HOME/$1 ;; esac
a=$b/agent/$2
if [ ! -e "$a" ]; then
  umask 077
  mkdir -p "$b/agent" && cat >"$a.$$" && [ "$(stat -c %s "$a.$$")" = "$3" ] && mv -f "$a.$$" "$a" || exit 70
fi
printf '\\001stageline\\n%s\\001done 0\\n' "$b"
"""


class Framed(msgspec.Struct, frozen=True):
    """What stood between the marks; without the second one, the answer did not come to its end."""

    code: int
    body: bytes


def framed(said: bytes) -> Framed | None:
    """The answer in what was said; start-up files of the other side may have said something before it."""
    at, done = said.find(_BEGIN), _DONE.search(said)
    if at < 0 or done is None:
        return None
    return Framed(int(done[1]), said[at + len(_BEGIN) : done.start()])


def checked_token(token: str) -> str:
    """The token, if it is one."""
    if not _TOKEN.fullmatch(token):
        raise DocumentError(f"{token!r} is no token: letters, digits, '.', '_' and '-', at most 128 of them")
    return token


def checked_name(name: str) -> str:
    """The name of a file below the base, if it stays there."""
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in name:
        raise DocumentError(f"{name!r} is no name of a file below the base folder: a relative path without '..'")
    return str(path)


def order_bytes(orders: Iterable[Order]) -> bytes:
    """Orders as the script reads them."""
    return b"".join(_order_bytes(order) for order in orders)


def names_bytes(names: Iterable[str]) -> bytes:
    """Names, each with its NUL."""
    return b"".join(name.encode("utf-8", "surrogateescape") + b"\0" for name in names)


def check_order(order: Order) -> None:
    """DocumentError unless a shell can carry it out. Of orders that are handed over together, one would spoil all."""
    checked_token(order.token)
    for name in order.env:
        if not _VARIABLE.fullmatch(name):
            raise DocumentError(f"{name!r} is no name of a variable that a shell can hand on")
    if not order.argv:
        raise DocumentError(f"the order {order.token} has no command")
    if any("\0" in word for word in _words(order)):
        raise DocumentError("the command, or a variable of it, holds a NUL character, which none can")


def _order_bytes(order: Order) -> bytes:
    check_order(order)
    return names_bytes([order.token, *_words(order)]) + order.stdin


def _words(order: Order) -> list[str]:
    env = [f"{name}={value}" for name, value in order.env.items()]
    return [order.cwd, str(len(env)), *env, str(len(order.argv)), *order.argv, str(len(order.stdin))]


def read_names(body: bytes) -> tuple[str, ...]:
    """The names in an answer."""
    return tuple(name.decode("utf-8", "surrogateescape") for name in body.split(b"\0") if name)


def read_states(body: bytes) -> dict[str, State]:
    """The states in an answer, by token."""
    lines = [line.split() for line in body.decode("utf-8", "replace").splitlines() if line.strip()]
    return {words[0]: _state(words[1:]) for words in lines}


def read_arrays(body: bytes) -> dict[str, tuple[str, ...]]:
    """The submissions in an answer, with their elements in order."""
    arrays: dict[str, list[str]] = {}
    for line in body.decode("utf-8", "replace").splitlines():
        name, element = line.split()
        arrays.setdefault(name, []).append(element)
    return {name: tuple(elements) for name, elements in arrays.items()}


def read_parts(body: bytes) -> dict[int, bytes]:
    """The parts of files in an answer, by the number of the file."""
    parts: dict[int, bytes] = {}
    at = 0
    while at < len(body):
        head = body.index(b"\n", at) + 1
        number, size = map(int, body[at:head].split())
        parts[number], at = body[head : head + size], head + size
    return parts


def read_shared(answer: Answer) -> Shared:
    """An answer that was given to all: what went wrong was said in the same place as what did not."""
    ago, _, said = answer.out.partition(b"\n")
    good = answer.code == 0
    told = Answer(answer.code, said if good else b"", "" if good else said.decode("utf-8", "replace"))
    return Shared(told, int(ago) / 1_000_000)


def read_submitted(body: bytes, said: str) -> Submitted:
    """What came of a submission."""
    match body.decode("utf-8", "replace").split():
        case ["job", job]:
            return Submitted(job=job)
        case ["busy"]:
            return Submitted(busy=True)
        case ["uncertain", *who]:
            return Submitted(who=" ".join(who))
        case ["failed", *who]:
            return Submitted(who=" ".join(who), said=said.strip() or "it does not say why")
        case words:
            raise InternalError(f"a target's submission is not understood: {' '.join(words)}")


def _state(words: Sequence[str]) -> State:
    match words:
        case ["ended", code, oom, told, stopped, started, ended, host, cpu, *how]:
            number = int(code)
            exited = how == ["exit"] and oom != "1"
            return State(
                stand=Stand.ENDED,
                code=number,
                signal="" if exited else _SIGNALS.get(number - 128, ""),
                out_of_memory=oom == "1",
                told=told == "1",
                stopped="" if stopped == "-" else stopped,
                started=int(started),
                ended=int(ended),
                host=host,
                cpu_seconds=sum(int(minutes) * 60 + float(seconds) for minutes, seconds in _TIME.findall(cpu)),
            )
        case [("running" | "lost" | "elsewhere") as stand, host, started]:
            return State(stand=Stand(stand), host=host, started=int(started))
        case [("none" | "waiting") as stand]:
            return State(stand=Stand(stand))
        case _:
            raise InternalError(f"a target's state is not understood: {' '.join(words)}")

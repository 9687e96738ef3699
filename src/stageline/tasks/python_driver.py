"""Runs one Python text as `__main__`, and says how it ended and which names it has left. Standard library alone.

This file works by itself on Python 3.8 and newer, copied or mounted where Stageline is not installed:
`python python_driver.py REQUEST ANSWER`. The request (`-` is standard input) is JSON with `text`, `name`, `vars` and
`path`; the answer has `outputs`, `left_out` and `failure`. Stageline's warm workers use the same functions.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import linecache
import math
import os
import sys
import traceback
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

MESSAGE_LIMIT = 4000
DEPTH_LIMIT = 200
BITS_LIMIT = 4096
_CODE = (
    types.ModuleType,
    type,
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodType,
    types.MethodDescriptorType,
    types.MethodWrapperType,
    type(functools.lru_cache(maxsize=1)(len)),
)
_T = TypeVar("_T")


class NotJson(Exception):
    """A value that JSON cannot hold; says which part of it, and why."""


def attempt(work: Callable[[], _T]) -> _T | BaseException:
    """What the user's code gives, or what it raised."""
    try:
        return work()
    except BaseException as error:  # noqa: BLE001, here the user's text runs: whatever it raises is its outcome
        return error


def fresh_main(text: str, name: str) -> dict[str, Any]:
    """The names of a new `__main__` for this text; tracebacks will show its lines."""
    module = types.ModuleType("__main__")
    module.__dict__["__builtins__"] = builtins
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    sys.modules["__main__"] = module
    sys.argv = [name]
    return module.__dict__


def run_text(text: str, name: str, names: dict[str, Any]) -> None:
    """Execute it among these names. Exit code 0 is an end like any other; what else it raises is passed on."""
    try:
        exec(compile(text, name, "exec", dont_inherit=True), names)  # noqa: S102
    except SystemExit as end:
        if exit_code(end):
            raise


def run_for_names(text: str, name: str, names: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Execute it; then its `outputs`, and what is `left_out` of them because JSON cannot hold it.

    `given` is a second copy of the variables among `names`: one that the text neither assigns nor changes is not put
    out again.
    """
    run_text(text, name, names)
    assigned, imported = _bound(text, name)
    outputs, left_out = {}, {}
    for each, value in list(names.items()):
        if each.startswith("_") or each in imported or isinstance(value, _CODE):
            continue
        try:
            plain = as_json(value)
        except NotJson as problem:
            left_out[each] = str(problem)
            continue
        if each in assigned or each not in given or plain != given[each]:
            outputs[each] = plain
    return {"outputs": outputs, "left_out": left_out}


def as_json(value: object, depth: int = 0) -> Any:
    """The value as JSON would give it back, with tuples as lists; NotJson for all that would not come back."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (int, float)):
        return _number(value)
    if depth > DEPTH_LIMIT:
        raise NotJson("nested too deeply, or inside itself")
    if isinstance(value, (list, tuple)):
        return [_part(place, item, depth) for place, item in enumerate(value)]
    if isinstance(value, dict):
        return {_key(key): _part(key, item, depth) for key, item in value.items()}
    raise NotJson(type(value).__name__)


def _part(place: object, item: object, depth: int) -> Any:
    try:
        return as_json(item, depth + 1)
    except NotJson as problem:
        raise NotJson(f"[{place!r}]: {problem}" if depth == 0 else str(problem)) from None


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise NotJson(f"the key {key!r}")
    return _text(key)


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise NotJson("text with half a character") from None
    return str.__str__(value)


def _number(value: float) -> float:
    if isinstance(value, int):
        if value.bit_length() > BITS_LIMIT:
            raise NotJson("too large a number")
        return int(value)
    if not math.isfinite(value):
        raise NotJson("NaN or infinite")
    return float(value)


def _bound(text: str, name: str) -> tuple[set[str], set[str]]:
    """The top-level names that the text assigns, also from inside functions; and those that it only imports."""
    import symtable  # only here: the engine imports this module too

    assigned: set[str] = set()
    imported: set[str] = set()
    top = symtable.symtable(text, name, "exec")
    tables = [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if table is top or symbol.is_declared_global():
                assigned.update([symbol.get_name()] if symbol.is_assigned() else [])
                imported.update([symbol.get_name()] if symbol.is_imported() else [])
    if "*" in text and "import" in text:
        imported.update(_star_names(text))
    return assigned, imported - assigned


def _star_names(text: str) -> set[str]:
    import ast

    names: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*" and node.module in sys.modules:
            names.update(vars(sys.modules[node.module]))
    return names


def left_out_line(left_out: Mapping[str, str]) -> str:
    """The line of the log that names what was left out; empty when nothing was."""
    named = ", ".join(f"{name} ({why})" for name, why in left_out.items())
    return f"not among the outputs, because JSON cannot hold it: {named}\n" if named else ""


def exit_code(end: SystemExit) -> int:
    """As Python would end with it."""
    if end.code is None:
        return 0
    return end.code if isinstance(end.code, int) else 1


def describe(error: BaseException, is_own: Callable[[str], bool]) -> dict[str, Any]:
    """The failure as data. The traceback begins at the first frame in a file of the user's own; `line` is the last.

    `traceback` is what Python itself would print at the end.
    """
    kind = type(error)
    if isinstance(error, SystemExit):
        code, said = exit_code(error), "" if isinstance(error.code, int) else str(error.code)
        message = f"ended with exit code {code}" + (f": {said}" if said else "")
        return {"type": "SystemExit", "message": message, "traceback": f"{said}\n" if said else "", "code": code}
    trace = error.__traceback__ = _own_part(error, is_own)
    if error.__cause__ is not None:
        error.__cause__.__traceback__ = _own_part(error.__cause__, is_own)
    places = [(at.filename, at.lineno) for at in traceback.extract_tb(trace) if is_own(at.filename)]
    file, line = places[-1] if places else ("", None)
    return {
        "type": kind.__name__,
        "message": in_words(error),
        "traceback": "".join(traceback.format_exception(kind, error, trace)),
        "file": file,
        "line": line,
        "bases": [one.__name__ for one in kind.__mro__ if one is not object],
    }


def _own_part(error: BaseException, is_own: Callable[[str], bool]) -> types.TracebackType | None:
    trace = error.__traceback__
    while trace is not None and not is_own(trace.tb_frame.f_code.co_filename):
        trace = trace.tb_next
    return trace


def in_words(error: BaseException) -> str:
    """`ValueError: no such thing`, whatever the exception's own `__str__` may do."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error}"
    return "".join(traceback.format_exception_only(type(error), error)).strip()[:MESSAGE_LIMIT]


def print_error(text: str) -> None:
    """Where Python itself would print it: standard error, even if the script has replaced `sys.stderr`."""
    with contextlib.suppress(OSError):  # closed, or no space left: the answer says it too
        os.write(2, text.encode("utf-8", "backslashreplace"))


def main(request_path: str, answer_path: str) -> int:
    """Answer a request; the exit code is the script's."""
    import json

    answer_file, pid = Path(answer_path).absolute(), os.getpid()
    data = _request(request_path)
    request = json.loads(data)
    _settle(request.get("path", []))
    text, name, given = request["text"], request["name"], request.get("vars", {})
    names = fresh_main(text, name)
    names.update(json.loads(data).get("vars", {}))
    answer = attempt(lambda: run_for_names(text, name, names, given))
    if isinstance(answer, BaseException):
        failure = describe(answer, name.__eq__)
        answer = {"outputs": {}, "left_out": {}, "failure": failure}
    for stream in (sys.stdout, sys.stderr):
        attempt(stream.flush)
    code: int = answer["failure"].get("code", 1) if "failure" in answer else 0
    if os.getpid() != pid:
        os._exit(code & 0xFF)  # a child that the script forked, and that ran on to the script's end
    print_error(answer["failure"]["traceback"] if "failure" in answer else left_out_line(answer["left_out"]))
    _write(answer_file, json.dumps(answer))
    return code


def _request(path: str) -> bytes:
    if path != "-":
        return Path(path).read_bytes()
    data = sys.stdin.buffer.read()
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdin = os.fdopen(0, closefd=False)
    return data


def _settle(path: list[str]) -> None:
    """Have the script look for modules in these folders first, never beside this file; and print line by line."""
    if sys.path and Path(sys.path[0]).absolute() == Path(__file__).absolute().parent:
        del sys.path[0]
    sys.path[:0] = path or [""]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True, errors="backslashreplace")  # type: ignore[union-attr]


def _write(path: Path, answer: str) -> None:
    """All at once: who looks for the answer finds none, or a whole one."""
    passed = path.parent == Path("/dev/fd")
    part = path if passed else path.with_name(f"{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(answer)
    if not passed:
        part.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))

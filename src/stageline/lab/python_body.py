"""A Python function as the body of a stage: its text, in a program of its own that python3 runs with typed arguments.

A `Path` argument is an input, an output or a parameter that names a file; a text, number or truth value is a parameter.
The function stands alone: it sees what it imports and defines itself, never the file that it is written in.
"""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType
from typing import Any, TypeAlias, get_type_hints

import msgspec

from stageline.lab.scalar import Scalar, TakenPath, dashed

Names: TypeAlias = Mapping[str, str]
KINDS = (bool, int, float, str)
_INHERENT = frozenset(dir(builtins)) | {"__name__", "__builtins__"}
_READ = {
    bool: 'sys.argv[{at}] == "true"',
    int: "int(sys.argv[{at}])",
    float: "float(sys.argv[{at}])",
    str: "sys.argv[{at}]",
    Path: "Path(sys.argv[{at}])",
}
_ACCEPTED = {bool: (bool,), int: (int,), float: (int, float), str: (str, TakenPath), Path: (str, TakenPath)}


class Argument(msgspec.Struct, frozen=True):
    """One argument of the function: its type (Path, or one of KINDS), and its default where it has one."""

    name: str
    type: type
    default: Scalar | None = None


class PythonBody(msgspec.Struct, frozen=True):
    """A function's arguments and its text, from the name to the end."""

    name: str
    arguments: tuple[Argument, ...]
    lines: str


class BadBody(Exception):
    """The function cannot stand alone; the message says why, `hint` what to do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def python_body(function: Callable[..., Any], params: Mapping[str, object]) -> PythonBody:
    """The function as a body. `params` are those its stage declares, for arguments without annotation."""
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise BadBody("the body of a stage is a plain function, neither async nor a generator")
    hints = get_type_hints(function)
    arguments = [_argument(one, hints.get(one.name), params) for one in inspect.signature(function).parameters.values()]
    code = function.__code__
    if outside := sorted({*code.co_freevars, *_outside(code)} - {function.__name__}):
        raise BadBody(
            f"the body of a stage runs alone, and '{outside[0]}' is defined outside of it",
            f"import or define it inside of '{function.__name__}'",
        )
    return PythonBody(function.__name__, tuple(arguments), _lines(function))


def script_of(file: str, words: Sequence[str]) -> str:
    """The script that runs the program `file`, which stands beside it, with these words."""
    return " ".join(["python3", f'"${{BASH_SOURCE[0]%/*}}/{file}"', *words]) + "\n"


def word_for(argument: Argument, inputs: Names, outputs: Names, values: Mapping[str, Scalar]) -> str | None:
    """What the script hands over for an argument; None when nothing of its type has its name."""
    if argument.type is Path:
        if (output := spelled(argument.name, outputs)) is not None:
            return f'"{outputs[output]}"'
        if (name := spelled(argument.name, inputs)) is not None:
            return f'"${{inputs[{name}]}}"'
    name = spelled(argument.name, values)
    if name is None or type(values[name]) not in _ACCEPTED[argument.type]:
        return None
    return f'"${{params[{name}]}}"'


def paths_beside(body: PythonBody, declared: Iterable[str]) -> dict[str, str]:
    """The inputs that only the function's arguments tell of; they must be wired."""
    known = tuple(declared)
    paths = [argument.name for argument in body.arguments if argument.type is Path]
    return {name: "" for name in paths if spelled(name, known) is None}


def spelled(name: str, declared: Iterable[str]) -> str | None:
    """How a name is spelled where it was declared: dashes and underscores are the same."""
    return next((one for one in declared if dashed(one) == dashed(name)), None)


def program_of(body: PythonBody) -> str:
    """The program: the function, and its call with what the script hands over."""
    names = ", ".join(argument.name for argument in body.arguments)
    values = [
        f"{argument.name}={_READ[argument.type].format(at=at)}" for at, argument in enumerate(body.arguments, start=1)
    ]
    head = "import sys\nfrom pathlib import Path\n\n\n" if values else ""
    call = f"{body.name}({', '.join(values)})"
    return f'{head}def {body.name}({names}):\n{body.lines}\n\nif __name__ == "__main__":\n    {call}\n'


def _argument(one: inspect.Parameter, hint: object, params: Mapping[str, object]) -> Argument:
    if one.kind not in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY):
        raise BadBody(f"the argument '{one.name}' stands for any number of values", "name each argument")
    default = None if one.default is one.empty else one.default
    if isinstance(default, Path):
        raise BadBody(f"the argument '{one.name}' has a path as its default", "write it under inputs= of the stage")
    declared = params.get(one.name, default)
    kind = hint or next((kind for kind in KINDS if type(declared) is kind), Path if declared is None else None)
    if kind not in _READ:
        raise BadBody(
            f"the argument '{one.name}' is a {getattr(kind, '__name__', kind)}",
            "annotate it as Path (inputs and outputs), str, int, float or bool (params)",
        )
    return Argument(one.name, kind, default)


def _outside(code: CodeType) -> Iterator[str]:
    """The names that a function and those inside it look for outside."""
    made = {one.argval for one in dis.get_instructions(code) if one.opname == "STORE_GLOBAL"}
    for one in dis.get_instructions(code):
        if one.opname in ("LOAD_GLOBAL", "LOAD_NAME") and one.argval not in _INHERENT | made:
            yield one.argval
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from (name for name in _outside(inner) if name not in made)


def _lines(function: Callable[..., Any]) -> str:
    """The text of the body, as it stands; what follows the colon on its own line is set in."""
    text = textwrap.dedent(inspect.getsource(function))
    node = next((one for one in ast.parse(text).body if isinstance(one, ast.FunctionDef)), None)
    if node is None:
        raise BadBody("the body of a stage is a function made by def")
    lines, first = text.splitlines(), node.body[0].lineno - 1
    column = len(lines[first].encode()[: node.body[0].col_offset].decode())
    if lines[first][:column].strip():
        lines[first] = "    " + lines[first][column:]
    return "\n".join(lines[first : node.end_lineno]) + "\n"

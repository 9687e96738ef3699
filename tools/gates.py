"""The size gates of this house, without exemptions: functions, classes and files stay small, broad excepts stay two.

Prints `file:line: what: measured, limit` for each excess and ends with 1 when there is one.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

FILE_LINES = 500
CLASS_LINES = 250
FUNCTION_LINES = 50
BRANCHES = 10
PARAMETERS = 6
BROAD_EXCEPTS = 2  # in the whole of src: where tasks run, and in the command line's main

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("src", "tests", "tools", "benchmarks", "examples")
GUARDED = "src"

Function = ast.FunctionDef | ast.AsyncFunctionDef
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
FORKS = (ast.If, ast.IfExp, ast.For, ast.AsyncFor, ast.While, ast.ExceptHandler)


@dataclass(frozen=True)
class Excess:
    """One place that is larger than the house allows."""

    path: Path
    line: int
    what: str
    measured: int
    limit: int

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}: {self.measured}, limit {self.limit}"


@dataclass(frozen=True)
class Source:
    """A Python file that has been read and parsed."""

    path: Path
    lines: int
    tree: ast.Module

    @classmethod
    def parse(cls, path: Path, text: str) -> Source:
        return cls(path, len(text.splitlines()), ast.parse(text, str(path)))


def excesses(source: Source) -> Iterator[Excess]:
    """What is too large in one file."""
    yield from _over(source.path, 1, {"lines in this file": (source.lines, FILE_LINES)})
    for node, name, bound in _definitions(source.tree):
        if isinstance(node, ast.ClassDef):
            measures = {f"lines in class {name}": (_lines(node), CLASS_LINES)}
        else:
            measures = {
                f"lines in function {name}": (_lines(node), FUNCTION_LINES),
                f"branches in function {name}": (_branches(node), BRANCHES),
                f"parameters of function {name}": (_parameters(node, bound), PARAMETERS),
            }
        yield from _over(source.path, node.lineno, measures)


def broad_excepts(source: Source) -> Iterator[int]:
    """The lines that catch everything: `except:`, `except Exception`, `except BaseException`, `suppress(Exception)`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = [node.type]
        elif isinstance(node, ast.Call) and _name(node.func) == "suppress":
            caught = list(node.args)
        else:
            continue
        if any(map(_is_broad, caught)):
            yield node.lineno


def check(sources: Iterable[Source]) -> Iterator[Excess]:
    """All excesses of all files; broad excepts are counted over the guarded folder as a whole."""
    broad: list[tuple[Path, int]] = []
    for source in sources:
        yield from excesses(source)
        if source.path.parts[0] == GUARDED:
            broad += [(source.path, line) for line in broad_excepts(source)]
    if len(broad) > BROAD_EXCEPTS:
        for path, line in broad:
            yield Excess(path, line, f"broad excepts in {GUARDED}, this is one", len(broad), BROAD_EXCEPTS)


def read(root: Path) -> Iterator[Source]:
    """The Python files of the house, in a fixed order, with their paths relative to `root`."""
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*.py")):
            yield Source.parse(path.relative_to(root), path.read_text(encoding="utf-8"))


def main() -> int:
    sources = list(read(ROOT))
    found = list(check(sources))
    for excess in found:
        print(excess)
    print(f"gates: {len(sources)} files, {len(found)} over a limit")
    return 1 if found else 0


def _over(path: Path, line: int, measures: dict[str, tuple[int, int]]) -> Iterator[Excess]:
    for what, (measured, limit) in measures.items():
        if measured > limit:
            yield Excess(path, line, what, measured, limit)


def _definitions(
    parent: ast.AST, prefix: str = "", in_class: bool = False
) -> Iterator[tuple[Function | ast.ClassDef, str, bool]]:
    """Every class and function below `parent` with its qualified name, and whether its first parameter is bound."""
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            name = prefix + node.name
            yield node, name, in_class and not _is_static(node)
            yield from _definitions(node, f"{name}.", isinstance(node, ast.ClassDef))
        else:
            yield from _definitions(node, prefix, in_class)


def _is_static(node: Function | ast.ClassDef) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id == "staticmethod" for mark in node.decorator_list)


def _lines(node: Function | ast.ClassDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


def _parameters(node: Function, bound: bool) -> int:
    args = node.args
    named = len(args.posonlyargs) + len(args.args) + len(args.kwonlyargs)
    return named + (args.vararg is not None) + (args.kwarg is not None) - bound


def _branches(node: ast.AST) -> int:
    """The forks of a function's own body; what is defined inside it is measured by itself."""
    inside = [child for child in ast.iter_child_nodes(node) if not isinstance(child, SCOPES)]
    return sum(_is_fork(child) + _branches(child) for child in inside)


def _is_fork(node: ast.AST) -> bool:
    match node:
        case ast.match_case(pattern=ast.MatchAs(pattern=None), guard=None):
            return False  # `case _:` is an else
        case ast.match_case():
            return True
        case _:
            return isinstance(node, FORKS)


def _is_broad(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(map(_is_broad, caught.elts))
    return caught is None or _name(caught) in ("Exception", "BaseException")


def _name(node: ast.expr) -> str | None:
    """`E` of both `E` and `module.E`."""
    match node:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
        case _:
            return None


if __name__ == "__main__":
    sys.exit(main())

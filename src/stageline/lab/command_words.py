"""The command words of a bash script, found in its syntax tree: what it calls, and the functions that it defines.

A word that is put together at run time has no name yet, and is left out. So is what a text in quotes might call.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from stageline.errors import MissingDependency

if TYPE_CHECKING:
    from tree_sitter import Node

_NAMES = """\
. : [ alias bg bind break builtin caller cd command compgen complete compopt continue coproc declare dirs disown echo
enable eval exec exit export false fc fg getopts hash help history jobs kill let local logout mapfile popd printf pushd
pwd read readarray readonly return set shift shopt source suspend test time times trap true type typeset ulimit umask
unalias unset wait"""
BUILTINS = frozenset(_NAMES.split())
LOADING = frozenset((".", "source", "eval"))
_PASSING_ON = frozenset(("builtin", "command", "env", "exec", "nohup", "time", "xargs"))
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_QUERY = """\
(command) @command
(function_definition name: (word) @function)
(raw_string) @unfilled
"""
_GIVEN = re.compile(r"\$\{#?(?:inputs|params)\[[^]]+\]\}")
_LATER = frozenset(("eval", "trap"))
_FIXED = frozenset(("command_name", "word", "string", "string_content", "raw_string", "concatenation", "number", '"'))


class CommandWord(msgspec.Struct, frozen=True):
    """A word that names a command, and where it stands; lines and columns begin with 1."""

    name: str
    line: int
    column: int


class Words(msgspec.Struct, frozen=True):
    """What a script calls, in order. Scripts that differ only in the words that they hand over have the same `shape`.

    `unread` is the first line that the grammar does not know, or 0; with `loads`, functions may come from elsewhere.
    `unfilled` are inputs and parameters in single quotes, where bash leaves them as they are.
    """

    called: tuple[CommandWord, ...]
    functions: frozenset[str]
    shape: str
    unread: int
    loads: bool
    unfilled: tuple[CommandWord, ...] = ()


def command_words(script: str) -> Words:
    """Read a script."""
    parse, query = _grammar()
    source = script.encode()
    root = parse(source).root_node
    found = query(root)
    lines = source.split(b"\n")
    words = [word for node in found.get("command", ()) for word in _names(node, lines)]
    called = tuple(sorted(words, key=lambda word: (word.line, word.column)))
    return Words(
        called=called,
        functions=frozenset(_text(node) for node in found.get("function", ())),
        shape=f"{root} {' '.join(word.name for word in called)}",
        unread=_first_error(root) if root.has_error else 0,
        loads=any(word.name in LOADING for word in called),
        unfilled=tuple(word for node in found.get("unfilled", ()) for word in _unfilled(node, lines)),
    )


@cache
def _grammar() -> tuple[Any, Any]:
    try:
        import tree_sitter_bash
        from tree_sitter import Language, Parser, Query, QueryCursor
    except ImportError as error:
        raise MissingDependency(
            "scripts are checked with tree-sitter-bash, which is not installed: pip install 'stageline[check]', "
            "or build with --no-check"
        ) from error
    language = Language(tree_sitter_bash.language())
    query = Query(language, _QUERY)
    return Parser(language).parse, lambda node: QueryCursor(query).captures(node)


def _names(command: Node, lines: list[bytes]) -> Iterator[CommandWord]:
    """The word of a command, and of the one that it is asked to execute."""
    words = [node for node in command.named_children if _is_word(node)]
    while words:
        word, *words = words
        name = _fixed(word)
        if name is None:
            return
        yield _placed(name, word, lines)
        if name not in _PASSING_ON:
            return
        while words and name == "env" and _ASSIGNMENT.match(_text(words[0])):
            words = words[1:]
        if words and _text(words[0]).startswith("-"):
            return


def _unfilled(quoted: Node, lines: list[bytes]) -> Iterator[CommandWord]:
    """What the script is given and stands in single quotes, unless that is a command for later."""
    parent = quoted.parent
    if parent is None or not any(_text(child) in _LATER for child in parent.children[:1]):
        yield from (_placed(name, quoted, lines) for name in dict.fromkeys(_GIVEN.findall(_text(quoted))))


def _is_word(node: Node) -> bool:
    """Neither an assignment before the command nor a redirection."""
    return node.type != "variable_assignment" and "redirect" not in node.type


def _fixed(node: Node) -> str | None:
    """The text of a word without its quotes; None when it is put together at run time."""
    if not _is_fixed(node):
        return None
    try:
        parts = shlex.split(_text(node))
    except ValueError:
        return None
    return parts[0] if len(parts) == 1 and not parts[0].startswith("~") else None


def _is_fixed(node: Node) -> bool:
    return node.type in _FIXED and all(map(_is_fixed, node.children))


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _placed(name: str, node: Node, lines: list[bytes]) -> CommandWord:
    row, column = node.start_point
    return CommandWord(name, row + 1, len(lines[row][:column].decode("utf-8", "replace")) + 1)


def _first_error(node: Node) -> int:
    """The line of the first piece that the grammar could not read."""
    if node.is_error or node.is_missing:
        return int(node.start_point[0]) + 1
    return next((_first_error(child) for child in node.children if child.has_error), int(node.start_point[0]) + 1)

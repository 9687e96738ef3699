"""Scripts looked at before anything runs: shellcheck's errors and warnings, and commands that are nowhere.

Lines are those of the author's script. Scripts of one shape, as a sweep writes them by the thousand, are shown to
shellcheck once; what it says about values that the author's function wrote in is not passed on.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from stageline.errors import ConfigError, MissingDependency, did_you_mean
from stageline.lab.command_words import BUILTINS, CommandWord, Words, command_words
from stageline.targets.logs import last_lines, read_ends
from stageline.targets.process import Command, run

_HEADER = "set -euo pipefail; declare -A inputs params; export inputs params; export out=/out\n"
_HEADER_LINES = 1
_WRITTEN_IN = ("SC2043", "SC2050", "SC2078", "SC2157", "SC2160", "SC2161", "SC2194", "SC2335")
_ELSEWHERE = ("SC1090", "SC1091")
_UNQUOTED = 2086
_AT_ONCE = 200
_SECONDS = 600


class CheckedScript(msgspec.Struct, frozen=True):
    """A script to be checked, and the names of the programs that it will find."""

    text: str
    tools: frozenset[str]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something about a script. `code` is shellcheck's; lines and columns begin with 1."""

    line: int
    column: int
    level: Literal["error", "warning"]
    message: str
    hint: str = ""
    code: str = ""


class _Comment(msgspec.Struct, frozen=True):
    file: str
    line: int
    column: int
    level: str
    code: int
    message: str


class _Answer(msgspec.Struct, frozen=True):
    comments: list[_Comment]


class ScriptCheck:
    """Checks scripts. `path` is the PATH on which shellcheck is looked for, beside this Python."""

    def __init__(self, scratch: Path, path: str = "") -> None:
        self._scratch = scratch
        self._path = path

    def check(self, scripts: Sequence[CheckedScript]) -> list[tuple[Finding, ...]]:
        """What is found in each of the scripts, in the order of its lines."""
        read = {script.text: command_words(script.text) for script in scripts}
        first = {words.shape: text for text, words in reversed(read.items())}
        told = self._shellcheck(list(first.values()))
        by_shape = {shape: told[text] for shape, text in first.items()}
        return [_all(script, read[script.text], by_shape[read[script.text].shape]) for script in scripts]

    def _shellcheck(self, texts: Sequence[str]) -> dict[str, list[Finding]]:
        program = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}:{self._path}")
        if program is None:
            raise MissingDependency(
                "scripts are checked with shellcheck, which is not installed: pip install 'stageline[check]', "
                "or build with --no-check"
            )
        found: dict[str, list[Finding]] = {text: [] for text in texts}
        for start in range(0, len(texts), _AT_ONCE):
            for at, comment in self._ask(program, texts[start : start + _AT_ONCE]):
                text = texts[start + at]
                if comment.line > _HEADER_LINES and _matters(comment, text):
                    found[text].append(_finding(comment))
        return found

    def _ask(self, program: str, texts: Sequence[str]) -> Iterator[tuple[int, _Comment]]:
        """shellcheck's comments on these scripts, each with the number of its script."""
        folder = self._scratch / "shellcheck"
        folder.mkdir(parents=True, exist_ok=True)
        for at, text in enumerate(texts):
            (folder / str(at)).write_text(_HEADER + text, "utf-8")
        options = ("--norc", "--format=json1", "--shell=bash", "--severity=info")
        excluded = f"--exclude={','.join((*_WRITTEN_IN, *_ELSEWHERE))}"
        names = (str(at) for at in range(len(texts)))
        command = Command(argv=(program, *options, excluded, *names), folder=folder / "log", cwd=str(folder))
        ended = run(command, timeout=_SECONDS)
        try:
            answer = msgspec.json.decode(ended.stdout.read_bytes(), type=_Answer)
        except msgspec.MsgspecError as error:
            told = " ".join(last_lines(read_ends(ended.stderr))) or f"it ended with {ended.code or ended.signal}"
            raise ConfigError(f"{program} gave no answer about scripts: {told}") from error
        yield from ((int(comment.file), comment) for comment in answer.comments)


def _all(script: CheckedScript, words: Words, told: Sequence[Finding]) -> tuple[Finding, ...]:
    """What shellcheck says; and, where the script can be read, which commands there are not."""
    found = [*told, *map(_left_as_it_is, words.unfilled)]
    if not words.unread:
        found += _unknown(script.tools, words)
    elif all(finding.level != "error" for finding in told):
        message = "this line cannot be read, so it is not known which commands the script calls"
        found.append(Finding(line=words.unread, column=1, level="warning", message=message))
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.column)))


def _left_as_it_is(word: CommandWord) -> Finding:
    message = f"bash leaves {word.name} as it is in single quotes; end them before it, and write it in double ones"
    return Finding(line=word.line, column=word.column, level="warning", message=message)


def _unknown(tools: frozenset[str], words: Words) -> Iterator[Finding]:
    known = tools | BUILTINS | words.functions
    for word in words.called:
        if word.name in known or ("/" in word.name and not word.name.startswith("/")):
            continue
        message, hint = _told(word, known)
        level: Literal["error", "warning"] = "warning" if words.loads else "error"
        yield Finding(line=word.line, column=word.column, level=level, message=message, hint=hint)


def _told(word: CommandWord, known: frozenset[str]) -> tuple[str, str]:
    if word.name.startswith("/"):
        name = word.name.rpartition("/")[2]
        hint = f'write run_dependencies=["{word.name}"], and call it {name}'
        return f"'{word.name}' is a program of this machine alone", hint
    meant = did_you_mean(word.name, known).removeprefix("; ")
    declare = f'write run_dependencies=["{word.name}"]'
    message = f"'{word.name}' is no declared tool, no base tool, and no function of this script"
    return message, f"{meant} Or {declare}" if meant else declare


def _matters(comment: _Comment, text: str) -> bool:
    """Errors and warnings; and that a path or value which the script is given is cut at its blanks."""
    if comment.level in ("error", "warning"):
        return True
    if comment.code != _UNQUOTED:
        return False
    line = text.splitlines()[comment.line - _HEADER_LINES - 1]
    return line.startswith(("${inputs[", "${params["), comment.column - 1)


def _finding(comment: _Comment) -> Finding:
    return Finding(
        line=comment.line - _HEADER_LINES,
        column=comment.column,
        level="error" if comment.level == "error" else "warning",
        message=comment.message,
        code=f"SC{comment.code}",
    )

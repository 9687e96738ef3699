"""What other programs say of a document's scripts: bash of their syntax, and shellcheck of what is likely wrong.

Nothing of a script is run, and few processes are started, however many scripts there are.
"""

import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from stageline.document.definition import Document
from stageline.document.scripts import Script, scripts_of
from stageline.errors import MissingDependency
from stageline.load.problems import Problems
from stageline.load.within import within_line
from stageline.targets.process import Command, run

# Two read at a time; what bash says of a file is put beside it.
_READ_ALL = """
each() { for ((i = $1; i < $2; i += 2)); do bash -n "$i" 2>"$i.said"; done; }
each 0 "$1" & each 1 "$1" & wait
"""
# Around a script these are no mistake, whatever stands before and after; a script that leaves a quote or a bracket
# open, or closes one too many, makes them one. Only the end of a here-document could hide that.
_BEFORE, _AFTER, _HIDES = "f() { (\n", "\n) }\n# \" ) ' ) ` )\n", "<<"
_TOGETHER = 200
_SAID = re.compile(r"^[^:\n]*: (?:line (\d+): )?(?:warning: )?(.*)$")
_NOT_FOR_US = "SC1009,SC1072,SC1073,SC1090,SC1091,SC2148,SC2154"  # what bash says, and what the file cannot know
_LIMIT = 10_000


class Finding(msgspec.Struct):
    """One thing that shellcheck has found."""

    file: str
    line: int
    column: int
    code: int
    level: str
    message: str


class _Findings(msgspec.Struct):
    comments: list[Finding] = []


def check_scripts(document: Document) -> Problems:
    """The mistakes in the syntax of all bash scripts."""
    problems = Problems()
    problems.know(document.maps)
    suspects = _suspects(bash_scripts(document))
    for script, said in zip(suspects, _read([script.text for script in suspects]), strict=True):
        if found := _SAID.match(said):
            line = _line(script, int(found[1] or 1))
            problems.add(within_line(script.node, line, _indent(script, line)), f"this is not bash: {found[2]}")
    return problems


def _suspects(scripts: Sequence[Script]) -> list[Script]:
    """The scripts that may have a mistake: bash stops at the first one, so each of them must be read by itself."""
    alone = [script for script in scripts if _HIDES in script.text]
    others = [script for script in scripts if _HIDES not in script.text]
    groups = [others[first : first + _TOGETHER] for first in range(0, len(others), _TOGETHER)]
    texts = ["".join(f"{_BEFORE}{script.text}{_AFTER}" for script in group) for group in groups]
    for group, said in zip(groups, _read(texts), strict=True):
        alone += group if said else []
    return alone


def _read(texts: Sequence[str]) -> list[str]:
    """What bash says of each text when it reads it: nothing, or the first of its complaints."""
    if not texts:
        return []
    with tempfile.TemporaryDirectory(prefix="stageline-check-") as place:
        folder = Path(place)
        _write(texts, folder)
        argv = ("bash", "-c", _READ_ALL, "bash", str(len(texts)))
        run(Command(argv=argv, folder=folder / "run", cwd=place, env={"LC_ALL": "C"}))
        said = [(folder / f"{number}.said").read_text("utf-8", "replace") for number in range(len(texts))]
        return [text.partition("\n")[0] for text in said]


def shellcheck(document: Document) -> Problems | None:
    """What shellcheck warns of; None where it is not installed."""
    problems = Problems()
    problems.know(document.maps)
    scripts = bash_scripts(document)
    with tempfile.TemporaryDirectory(prefix="stageline-check-") as place:
        _write([script.text for script in scripts], Path(place))
        for finding in _findings(len(scripts), Path(place)) if scripts else ():
            if finding is None:
                return None
            script = scripts[int(finding.file)]
            if _is_of_placeholder(script, finding):
                continue
            message = f"shellcheck {finding.level} SC{finding.code}: {finding.message}"
            problems.add(within_line(script.node, _line(script, finding.line), finding.column), message)
    return problems


def bash_scripts(document: Document) -> Sequence[Script]:
    """The bash scripts of all workflows of the file."""
    written = (each for workflow in document.workflows.values() for each in workflow.all_stages())
    return [script for each in written for script in scripts_of(each) if script.language == "bash"][:_LIMIT]


def _write(texts: Sequence[str], folder: Path) -> None:
    for number, text in enumerate(texts):
        (folder / str(number)).write_text(text, encoding="utf-8", newline="")


def _is_of_placeholder(script: Script, finding: Finding) -> bool:
    """Whether it speaks of the word that stands for a placeholder: what that comes to is not known."""
    written, read = str(script.node.value).split("\n"), script.text.split("\n")
    number, column = finding.line - 1, finding.column - 1
    return number < len(read) and written[number][column : column + 1] != read[number][column : column + 1]


def _line(script: Script, line: int) -> int:
    """The line of the script that is meant: its last one, when something is missing at its end."""
    return min(line, script.text.rstrip().count("\n") + 1)


def _indent(script: Script, line: int) -> int:
    """The column in which a line of the script begins to say something."""
    lines = script.text.split("\n")
    text = lines[min(line, len(lines)) - 1]
    return len(text) - len(text.lstrip()) + 1


def _findings(count: int, folder: Path) -> Iterator[Finding | None]:
    """Found beside this interpreter, where its package puts it, or on PATH."""
    beside = Path(sys.executable).parent / "shellcheck"
    program = str(beside) if beside.is_file() else "shellcheck"
    options = ("--format=json1", "--shell=bash", f"--exclude={_NOT_FOR_US}")
    names = tuple(str(number) for number in range(count))
    try:
        ended = run(Command(argv=(program, *options, *names), folder=folder / "run", cwd=str(folder)))
    except MissingDependency:
        yield None
        return
    yield from msgspec.json.decode(ended.stdout.read_bytes() or b"{}", type=_Findings).comments

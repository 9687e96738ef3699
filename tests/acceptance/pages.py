"""The pages of the documentation as data: their code, their links, their headings.

A fence's info string says what its code is: `python` runs, `python file=NAME` is written to that file, `python
shown` cannot run by itself. `yaml` is a whole workflow or a list of stages, and must pass the check; `yaml file=NAME`
is written to that file. `output` after a block of Python, or after a `console` block, is what that prints.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.program import ROOT

_FENCE = re.compile(r"^```(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
MARK = "\x1e"
POSTGRES = "postgresql://stageline@db.example/stageline"


@dataclass(frozen=True)
class Fence:
    """A block of code or of output, and the line of the page on which it begins."""

    info: str
    text: str
    line: int


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    @property
    def fences(self) -> list[Fence]:
        found = _FENCE.finditer(self.text)
        return [Fence(one[1].strip(), one[2], self.text.count("\n", 0, one.start()) + 2) for one in found]

    @property
    def prose(self) -> str:
        """The page without its blocks."""
        return _FENCE.sub("", self.text)

    @property
    def links(self) -> list[str]:
        return [link for link in _LINK.findall(self.prose) if "://" not in link]

    @property
    def anchors(self) -> set[str]:
        return {anchor(heading) for heading in _HEADING.findall(self.prose)}

    @property
    def files(self) -> dict[str, str]:
        """The files that its code needs beside it."""
        pairs = ((fence.info.partition("file=")[2], fence.text) for fence in self.fences if "file=" in fence.info)
        return dict(pairs)

    @property
    def workflows(self) -> dict[str, str]:
        """The workflow files on the page, each under its own name or under the line on which it stands."""
        found = {}
        for fence in self.fences:
            if fence.info.partition(" ")[0] == "yaml":
                name = fence.info.partition("file=")[2] or f"line-{fence.line}.yml"
                found[name] = f"stages:\n{fence.text}" if fence.text.startswith("- ") else fence.text
        return found

    @property
    def commands(self) -> list[tuple[list[str], str]]:
        """The commands of each console block that an output follows, and that output."""
        pairs = zip(self.fences, self.fences[1:], strict=False)
        return [(_commands(one.text), two.text) for one, two in pairs if (one.info, two.info) == ("console", "output")]

    def program(self) -> str:
        """All code that runs, on the lines on which it stands; a mark is printed after each block."""
        lines: list[str] = []
        for fence in self.fences:
            if fence.info == "python":
                lines += [""] * (fence.line - 1 - len(lines))
                lines += fence.text.splitlines()
                lines.append(f"print({MARK!r}, end='', flush=True)")
        return "\n".join(lines) + "\n"

    def outputs(self) -> list[str | None]:
        """For each block of Python that runs, what it says it prints, if it says so."""
        said: list[str | None] = []
        for before, fence in zip([Fence("", "", 0), *self.fences], self.fences, strict=False):
            if fence.info == "python":
                said.append(None)
            elif fence.info == "output" and before.info != "console":
                said[-1] = fence.text
        return said


def _commands(text: str) -> list[str]:
    """What stands after the prompts."""
    return [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]


def anchor(heading: str) -> str:
    """What a link names a heading by."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def pages() -> Iterator[Page]:
    """README, CHANGELOG, CONTRIBUTING, all of docs/, and what there is in examples/."""
    for path in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "examples" / "README.md"]:
        yield Page(path, path.read_text(encoding="utf-8"))

"""What a YAML parser's complaint means to the person who wrote the file: where to look, what is wrong, what to write.

The first explanation that fits is told. Both of PyYAML's parsers are understood, though their words differ.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import yaml

from stageline.load.source import Source, Span
from stageline.load.words import TOO_DEEP, UNQUOTED_EXPRESSION, quoted, shortened

_LINE_START = re.compile(r"[ ]*(?:- +)*")
GLUED = re.compile(r"[ ]*(?:- +)*([\w-]+):([^\s:/\\][^\r\n]*)")
_KEY_VALUE = re.compile(r"(?:- +)*[^\s:][^:]*:[ \t]+(?=[^\s|>#])")


class Told(NamedTuple):
    """A problem before it has a place in a list of them."""

    where: Span
    message: str
    hint: str


class Complaint(NamedTuple):
    """What a parser said: `at` is where it gave up, `since` where what it was reading begins."""

    source: Source
    problem: str
    context: str
    at: int
    since: int

    @property
    def character(self) -> str:
        return self.source.text[self.at : self.at + 1]

    @property
    def line(self) -> int:
        return self.source.line_number(self.at)

    @property
    def before(self) -> str:
        """The part of the line before the place."""
        return self.source.text[self.source.offset(self.line) : self.at]

    def says(self, *parts: str) -> bool:
        return any(part in self.problem for part in parts)

    def told(self, message: str, hint: str, at: int | None = None) -> Told:
        start = self.at if at is None else at
        return Told(Span(self.source, start, start + 1), message, hint)


def explain(source: Source, error: yaml.MarkedYAMLError) -> Told:
    """The complaint in humane words."""
    mark = error.problem_mark or error.context_mark
    at = mark.index if mark else 0
    since = error.context_mark.index if error.context_mark else at
    complaint = Complaint(source, error.problem or "", error.context or "", at, since)
    for explanation in _EXPLANATIONS:
        if told := explanation(complaint):
            return told
    context = f" ({complaint.context})" if complaint.context else ""
    return complaint.told(f"this is not YAML: {complaint.problem}{context}", "text in quotes is never misread")


def _depth(it: Complaint) -> Told | None:
    """Some parsers look far ahead, and give up before we see how deep it goes."""
    return it.told(*TOO_DEEP) if it.says("maximum nesting depth") else None


def _tab(it: Complaint) -> Told | None:
    if it.character == "\t" or it.says("tab character"):
        return it.told("a tab stands in the indentation", "YAML is indented by spaces only; write spaces")
    return None


def _first_character(it: Complaint) -> Told | None:
    at = it.since if it.context.endswith(("an alias", "an anchor")) else it.at
    character = it.source.text[at : at + 1]
    if it.says("cannot start any token") or (at == it.since != it.at and character in ("*", "&")):
        return it.told(f"an unquoted text cannot begin with {character}", "put the text in quotes", at)
    if it.says("block sequence entries", "sequence entries are not", "mapping keys are not"):
        what = "a list begins on the line below its key" if character == "-" else "keys stand on lines of their own"
        return it.told(f"{character} followed by a blank cannot stand here", f"{what}; text needs quotes")
    if it.says("node content"):
        shown = quoted(character) if character.strip() else "nothing"
        return it.told(f"found {shown} where a value belongs", "put text that begins so in quotes, or write the value")
    return None


def _expression(it: Complaint) -> Told | None:
    line = it.source.offset(it.line)
    opened = it.source.text.rfind("{{", line, it.at + 2)
    if opened < 0 or it.context.endswith("scalar"):
        return None
    before = it.source.text[line:opened]
    if before.count('"') % 2 or before.count("'") % 2:
        return None
    start = opened - 1 if before.endswith("$") else opened
    return it.told(*UNQUOTED_EXPRESSION, start)


def _colon(it: Complaint) -> Told | None:
    if not it.says("mapping values are not allowed"):
        return None
    if _KEY_VALUE.match(it.before.lstrip(" ")):
        return it.told("a colon followed by a blank stands inside of an unquoted text", "put the text in quotes")
    return _previous_line(it) or it.told(
        "a key cannot stand here", "check the indentation of this line and the one above"
    )


def _previous_line(it: Complaint) -> Told | None:
    number = it.line - 1
    while number > 0 and not it.source.line(number).strip():
        number -= 1
    if number == 0:
        return None
    above, line = it.source.line(number), it.source.line(it.line)
    here, begin = it.source.offset(it.line) + _blanks(line), _indent(above)
    if above.lstrip().startswith("- ") and line.lstrip().startswith("- "):
        message = f"this item does not stand below the item of line {number}"
        return it.told(message, f"begin both in one column, {_blanks(above) + 1} for example", here)
    if ":" not in above or GLUED.fullmatch(above):
        return _without_colon(it, it.source.offset(number) + begin)
    message = f"this line is indented more than line {number}, which already has its value"
    return it.told(message, f"begin it in column {begin + 1} like {quoted(above.strip())}", here)


def _no_colon(it: Complaint) -> Told | None:
    return _without_colon(it, it.since) if it.says("could not find expected ':'") else None


def _without_colon(it: Complaint, at: int) -> Told:
    """The line that should hold a key, and what it lacks."""
    number = it.source.line_number(at)
    line = it.source.line(number)
    if glued := GLUED.fullmatch(line):
        hint = f"write {quoted(f'{glued[1]}: {glued[2]}')}"
        return it.told("a blank is missing after the colon", hint, it.source.offset(number) + glued.start(2) - 1)
    text = shortened(line.strip().removeprefix("- "))
    return it.told(f"the line '{text}' has no colon", "a key is followed by a colon and a blank", at)


def _unclosed(it: Complaint) -> Told | None:
    if "quoted scalar" in it.context and it.says("end of stream", "document indicator", "document separator"):
        mark = it.source.text[it.since : it.since + 1]
        return it.told(f"the quote {mark} is opened here and never closed", f"close it with {mark}", it.since)
    if it.context.endswith(("flow sequence", "flow mapping")):
        opening, closing = ("[", "]") if it.context.endswith("sequence") else ("{", "}")
        place = it.source.place(it.since)
        message = f"neither , nor {closing} follows what stands before this"
        return it.told(message, f"close the {opening} of {place.line}:{place.column}, or put the text in quotes")
    return None


def _escape(it: Complaint) -> Told | None:
    if "double-quoted" in it.context or it.says("escape", "hexdecimal"):
        at = it.source.text.rfind("\\", it.since, it.at + 1)
        shown = it.source.text[at : at + 2] if at >= 0 else "\\"
        hint = "in double quotes write \\\\ for a backslash, or put the text in single quotes"
        return it.told(f"{shown} is no escape that YAML knows", hint, max(at, it.since))
    return None


def _after_quote(it: Complaint) -> Told | None:
    before = it.before.rstrip()
    if it.says("expected key", "<block end>", "'-' indicator") and before.endswith(('"', "'")):
        hint = "put quotes around the whole; inside of ' a quote is written '', inside of \" it is \\\""
        return it.told("text follows the closing quote", hint)
    return None


def _indentation(it: Complaint) -> Told | None:
    if not it.says("expected key", "<block end>", "'-' indicator"):
        return None
    begun = it.source.place(it.since)
    what = "list" if "collection" in it.context or it.says("'-' indicator") else "map"
    if not it.before.strip(" "):
        message = f"the indentation of this line fits nothing above it (the {what} of line {begun.line} begins in "
        message += f"column {begun.column})"
        hint = f"begin this line in column {begun.column} to go on with it"
        if it.before == " " * (begun.column - 1):
            message = f"this line does not go on with the {what} that line {begun.line} begins"
            hint = "begin it with '- '" if what == "list" else "a map goes on with a key and a colon"
        return it.told(message, f"{hint}, or indent it by more")
    return it.told("this cannot follow what stands before it on the line", "put the whole text in quotes")


def _header(it: Complaint) -> Told | None:
    if it.context.endswith("a block scalar"):
        mark = it.source.text[it.since : it.since + 1]
        message = f"text stands on the line of the {mark} that announces it"
        if it.says("indentation indicator"):
            message = f"the number after {mark} is no indentation"
        return it.told(message, "begin the text on the next line, indented; or put it in quotes", it.since)
    return None


def _tag(it: Complaint) -> Told | None:
    if "tag" in it.problem or "tag" in it.context:
        return it.told("this reads as a tag, and not as one that YAML knows", "text that begins with ! needs quotes")
    return None


def _document(it: Complaint) -> Told | None:
    if it.says("<document start>"):
        if it.before.strip(" "):
            return it.told("this line goes on after its value has ended", "put the whole text in quotes")
        hint = "begin it in the column of the first line; or write --- before a new document"
        return it.told("this does not go on with what stands above it", hint)
    if it.says("incompatible"):
        return it.told("the file asks for a version of YAML other than 1.2", "take the %YAML line away")
    return None


_EXPLANATIONS: tuple[Callable[[Complaint], Told | None], ...] = (
    _depth,
    _tab,
    _expression,
    _header,
    _first_character,
    _colon,
    _no_colon,
    _escape,
    _unclosed,
    _after_quote,
    _tag,
    _indentation,
    _document,
)


def _indent(line: str) -> int:
    found = _LINE_START.match(line)
    return found.end() if found else 0


def _blanks(line: str) -> int:
    return len(line) - len(line.lstrip(" "))

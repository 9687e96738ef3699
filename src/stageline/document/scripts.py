"""Text in other languages: the syntax of Python is checked as it is loaded. Nothing is run.

Placeholders are replaced by a word of the same length first, so that a place in the text stays the same place.
"""

import sys
import warnings
from collections.abc import Iterator

import msgspec

from stageline.document.written import Written
from stageline.expressions import ExpressionError
from stageline.expressions.placeholders import OPEN, find_placeholders
from stageline.load.nodes import ScalarNode
from stageline.load.problems import Problems
from stageline.load.within import within

_THIS = f"{sys.version_info.major}.{sys.version_info.minor}"


class Script(msgspec.Struct, frozen=True, eq=False):
    """A text in some language, as it stands in a stage."""

    language: str
    node: ScalarNode
    text: str


def scripts_of(written: Written) -> Iterator[Script]:
    """The scripts of one stage, without those whose placeholders cannot be read, of which was told."""
    for name, language in written.kind.scripts.items():
        node = written.values.get(name)
        if isinstance(node, ScalarNode) and isinstance(node.value, str):
            text = neutral(node.value)
            if text is not None:
                yield Script(language, node, text)


def neutral(text: str) -> str | None:
    """The text with a plain word for each placeholder, of its length; None when they cannot be told."""
    if OPEN not in text:
        return text
    try:
        spans = find_placeholders(text)
    except ExpressionError:
        return None
    for start, end in spans:
        text = text[:start] + "x" + "_" * (end - start - 1) + text[end:]
    return text


def check_python(written: Written, problems: Problems) -> None:
    """What Python says of the syntax of the stage's scripts, unless they are for another Python than this one."""
    if getattr(written.stage, "version", _THIS) != _THIS:
        return
    for script in scripts_of(written):
        if script.language == "python" and (told := _mistake(script.text)):
            offset, message = told
            problems.add(within(script.node, offset), f"this is not Python: {message}")


def _mistake(text: str) -> tuple[int, str] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "script", "exec", dont_inherit=True)
    except SyntaxError as error:
        lines = text.split("\n")
        number = min(max(error.lineno or 1, 1), len(lines))
        before = sum(len(line) + 1 for line in lines[: number - 1])
        return before + min(max((error.offset or 1) - 1, 0), len(lines[number - 1])), error.msg
    except (ValueError, MemoryError, RecursionError, OverflowError) as error:
        return 0, str(error) or "it is nested too deeply"
    return None

"""Text to documents: the parser is PyYAML's, in C where that is installed; what it says is read by our own rules.

No text raises anything but LoadError, and no text runs anything.
"""

import codecs
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import yaml

from stageline.errors import DocumentError
from stageline.load.compose import Composer, TooMuch
from stageline.load.nodes import Node
from stageline.load.problems import Problems
from stageline.load.source import Source, Span
from stageline.load.syntax import explain

Parser: TypeAlias = "type[yaml.BaseLoader] | type[yaml.CBaseLoader]"
PARSER: Parser = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

# What YAML allows, without the characters that YAML 1.1's parsers take for line breaks and 1.2 does not.
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_documents(text: str, file_name: str) -> tuple[Node, ...]:
    """The documents of a YAML text; LoadError names everything that is wrong with it."""
    problems = Problems()
    documents = collect_documents(Source(file_name, text), problems)
    problems.raise_any()
    return documents


def collect_documents(source: Source, problems: Problems, parser: Parser = PARSER) -> tuple[Node, ...]:
    """The documents of a source as far as they can be read; what is wrong is added to the problems."""
    if source.text.startswith("\ufeff"):
        source = Source(source.name, source.text[1:])
    composer = Composer(source, problems)
    if found := _UNREADABLE.search(source.text):
        message = f"the character U+{ord(found[0]):04X} cannot stand in YAML as it is"
        hint = f'take it away, or write it as "\\U{ord(found[0]):08X}" in double quotes'
        problems.add(Span(source, found.start(), found.end()), message, hint)
        return ()
    try:
        composer.compose(_events(source.text, parser))
    except TooMuch:
        pass  # it is among the problems
    except yaml.MarkedYAMLError as error:
        problems.add(*explain(source, error))
    except (yaml.YAMLError, ValueError, OverflowError) as error:  # of the parser written in Python
        problems.add(Span(source, 0, 0), f"this is not YAML: {error}", "text in quotes is never misread")
    problems.know(composer.documents)
    return tuple(composer.documents)


def read_source(path: Path) -> Source:
    """A file's text, known by the path as it was given."""
    try:
        return decode(path.read_bytes(), str(path))
    except OSError as error:
        raise DocumentError(f"{path}: the file cannot be read: {error.strerror or error}") from error


def decode(data: bytes, file_name: str) -> Source:
    """The text of a file's bytes: UTF-8, or UTF-16 that says so; LoadError names the first byte that is neither."""
    encoding = "utf-16" if data.startswith(_UTF_16) else "utf-8-sig"
    try:
        return Source(file_name, data.decode(encoding))
    except UnicodeDecodeError as error:
        readable = Source(file_name, data.decode(encoding, errors="replace"))
        at = readable.text.find("\N{REPLACEMENT CHARACTER}")
        problems = Problems()
        message = f"byte {data[error.start]:#04x} is no {encoding.removesuffix('-sig').upper()}"
        problems.add(Span(readable, max(at, 0), max(at, 0) + 1), message, "save the file as UTF-8")
        raise problems.error() from error


def _events(text: str, parser: Parser) -> Iterator[yaml.Event]:
    stream = parser(text)
    try:
        while (event := stream.get_event()) is not None:
            yield event
    finally:
        stream.dispose()

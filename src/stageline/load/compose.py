"""Events of a YAML parser become nodes, without recursion and whatever the events say.

Each mistake is reported and composing goes on, so that all of a file's are told together. Aliases share what they name;
what they would unfold to is counted, so that a few lines cannot become a million values.
"""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec
import yaml

from stageline.load.maps import map_node
from stageline.load.nodes import AliasNode, BrokenNode, ListNode, Node, ScalarNode
from stageline.load.problems import Problems
from stageline.load.properties import Properties, properties
from stageline.load.scalars import CORE, ScalarRefused, resolve, resolve_tagged
from stageline.load.source import Source, Span
from stageline.load.words import DEPTH, TOO_DEEP

UNFOLDED: Final = 100_000
_SCALAR_TAGS = frozenset({"!", *(CORE + kind for kind in ("str", "int", "float", "bool", "null"))})
_COLLECTION_TAGS = {yaml.MappingStartEvent: CORE + "map", yaml.SequenceStartEvent: CORE + "seq"}


class TooMuch(Exception):
    """Reading stops here: the problem is reported, and going on would only cost time."""


class _Anchored(msgspec.Struct, frozen=True):
    """What an anchor names; no node while its end has not been seen."""

    node: Node | None
    size: int
    height: int


class _Open:
    """A list or map whose end has not come yet."""

    __slots__ = ("before", "children", "event", "height", "start")

    def __init__(self, event: yaml.CollectionStartEvent, start: int, before: int) -> None:
        self.event = event
        self.start = start
        self.before = before
        self.children: list[Node] = []
        self.height = 0


class Composer:
    """Takes the events of one file; `documents` are those that are complete."""

    def __init__(self, source: Source, problems: Problems) -> None:
        self.documents: list[Node] = []
        self._source = source
        self._problems = problems
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored] = {}
        self._size = 0
        self._unfolded = 0
        self._take: dict[type, Callable[..., None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.SequenceStartEvent: self._start,
            yaml.MappingStartEvent: self._start,
            yaml.SequenceEndEvent: self._end,
            yaml.MappingEndEvent: self._end,
            yaml.DocumentStartEvent: self._document,
            yaml.DocumentEndEvent: _nothing,
            yaml.StreamStartEvent: _nothing,
            yaml.StreamEndEvent: _nothing,
        }

    def compose(self, events: Iterable[yaml.Event]) -> None:
        """Read all events; raises TooMuch after reporting what makes the rest not worth reading."""
        take = self._take
        for event in events:
            take[type(event)](event)

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._anchors = {}
        if event.version and tuple(event.version) == (1, 1):
            message = "%YAML 1.1 is asked for, but files are read as YAML 1.2, where `yes` and `on` are text"
            self._problems.add(self._span(event), message, "take the line away, or write %YAML 1.2")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        (start, end), text, style = _offsets(event), event.value, event.style or ""
        place = None
        if event.tag is not None or event.anchor is not None:
            found = self._properties(event)
            start, place = found.content, self._tag_span(found)
        node = ScalarNode(self._source, start, end, style, text, text)
        if style == "" or event.tag is not None:
            node = self._resolved(node, event.tag, place)
        if style == '"' and not text.isascii():
            node = self._without_surrogates(node)
        self._size += 1
        self._add(node, 0, event.anchor, 1)

    def _resolved(self, node: ScalarNode, tag: str | None, place: Span | None) -> ScalarNode:
        if tag is not None and tag not in _SCALAR_TAGS:
            return self._broken(place or node, *_unknown_tag(tag))
        try:
            value = resolve(node.text) if tag is None else resolve_tagged(tag, node.text)
        except ScalarRefused as refused:
            return self._broken(node, str(refused), refused.hint)
        if value is node.text:
            return node
        return ScalarNode(node.source, node.start, node.end, node.style, node.text, value)

    def _without_surrogates(self, node: ScalarNode) -> ScalarNode:
        try:
            node.text.encode()
        except UnicodeEncodeError:
            return self._broken(node, "half of a character is escaped here", 'write the character, or "\\U…" in full')
        return node

    def _alias(self, event: yaml.AliasEvent) -> None:
        span, name = self._span(event), event.anchor or ""
        anchored = self._anchors.get(name)
        if anchored is None:
            meant = self._problems.suggest(name, self._anchors)
            hint = "text that begins with * needs quotes" + (meant and f"; {meant}")
            return self._add(self._broken(span, f"the alias *{name} names nothing above it", hint), 0)
        if anchored.node is None:
            return self._add(self._broken(span, f"the alias *{name} stands inside of what it names"), 0)
        self._unfold(span, anchored)
        node = anchored.node
        if isinstance(node, ScalarNode) and not isinstance(node, BrokenNode):
            copy: Node = AliasNode(self._source, span.start, span.end, node.style, node.text, node.value, node)
        else:
            copy = msgspec.structs.replace(node, start=span.start, end=span.end)
        return self._add(copy, anchored.height)

    def _unfold(self, span: Span, anchored: _Anchored) -> None:
        self._size += anchored.size
        self._unfolded += anchored.size
        if self._unfolded > UNFOLDED:
            self._problems.add(span, f"the aliases unfold to more than {UNFOLDED} values", "write out what is needed")
            raise TooMuch
        self._check_depth(span, anchored.height)

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        found = self._properties(event) if event.anchor or event.tag else None
        start = found.content if found else _offsets(event)[0]
        self._check_depth(Span(self._source, start, start + 1), 0)
        if found and event.tag not in (None, "!", _COLLECTION_TAGS[type(event)]):
            self._problems.add(self._tag_span(found), *_unknown_tag(event.tag))
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(None, 0, 0)
        self._open.append(_Open(event, start, self._size))
        self._size += 1

    def _end(self, event: yaml.CollectionEndEvent) -> None:
        opened = self._open.pop()
        span = Span(self._source, opened.start, _offsets(event)[1])
        if isinstance(event, yaml.SequenceEndEvent):
            node: Node = ListNode(self._source, span.start, span.end, tuple(opened.children))
        else:
            node = map_node(span, opened.children, self._problems)
        self._add(node, opened.height + 1, opened.event.anchor, self._size - opened.before)

    def _add(self, node: Node, height: int, anchor: str | None = None, size: int = 1) -> None:
        if anchor is not None:
            self._anchors[anchor] = _Anchored(node, size, height)
        if self._open:
            parent = self._open[-1]
            parent.children.append(node)
            if height > parent.height:
                parent.height = height
        else:
            self.documents.append(node)

    def _check_depth(self, span: Span, height: int) -> None:
        if len(self._open) + height >= DEPTH:
            self._problems.add(span, *TOO_DEEP)
            raise TooMuch

    def _broken(self, where: Span, message: str, hint: str = "") -> BrokenNode:
        self._problems.add(where, message, hint)
        return BrokenNode(self._source, where.start, where.end, "", "", None)

    def _span(self, event: yaml.Event) -> Span:
        return Span(self._source, *_offsets(event))

    def _properties(self, event: yaml.NodeEvent) -> Properties:
        return properties(self._source.text, *_offsets(event))

    def _tag_span(self, found: Properties) -> Span:
        return Span(self._source, found.tag, found.tag + 1)


def _offsets(event: yaml.Event) -> tuple[int, int]:
    start, end = event.start_mark, event.end_mark
    assert start is not None
    assert end is not None
    return start.index, end.index


def _unknown_tag(tag: str) -> tuple[str, str]:
    shown = "!!" + tag.removeprefix(CORE) if tag.startswith(CORE) else tag
    if tag.startswith(CORE + "python"):
        return f"the tag {shown} would build a Python object, which is never done", "write plain values"
    return f"the tag {shown} means nothing here", "text that begins with ! needs quotes"


def _nothing(event: yaml.Event) -> None:
    """Streams and documents begin and end."""

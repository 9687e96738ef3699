"""Which output each input of a node is wired to: by name, by whole nodes with equal names, or spelled out.

What an input is wired to twice, to nothing, or to something that does not exist is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from stageline.lab.declared import OUT
from stageline.lab.mistakes import Mistakes
from stageline.lab.node import Node, Output, Usable
from stageline.lab.python_body import spelled

Source: TypeAlias = tuple[int, str]
OutputsOf: TypeAlias = Callable[[int], Mapping[str, str]]


class Request(msgspec.Struct, frozen=True):
    """What a call asks to be wired: a producer by its number, and the output and the input where they are named."""

    producer: int
    output: str | None = None
    input: str | None = None


class Requests(msgspec.Struct, frozen=True):
    """All that a call asks for, and the parameters it fixes. `refused` says that some of it was not understood."""

    wires: tuple[Request, ...]
    params: Mapping[str, Any]
    refused: bool = False

    @property
    def producers(self) -> tuple[int, ...]:
        return tuple(dict.fromkeys(request.producer for request in self.wires))


class Wired(msgspec.Struct, frozen=True):
    """The sources of a node's inputs. `refused` says that there were wires that do not fit, which is told."""

    sources: Mapping[str, Source]
    refused: bool


def requests_of(node: Node, nodes: Sequence[Node], params: Mapping[str, object], mistakes: Mistakes) -> Requests:
    """What a call was given, understood; `params` are those that its stage declares."""
    asked = [_given(node, one, nodes, mistakes) for one in node.given]
    fixed: dict[str, Any] = {}
    for name, value in node.named.items():
        param = spelled(name, params)
        if param is None:
            asked.append(_named(node, name, value, nodes, mistakes))
        elif isinstance(value, Node | Output):
            _wrong(node, mistakes, f"'{param}' is a parameter, and is given an output", "give it a value")
        else:
            fixed[param] = value
    return Requests(tuple(one for one in asked if one is not None), fixed, None in asked)


def _given(node: Node, given: Any, nodes: Sequence[Node], mistakes: Mistakes) -> Request | None:
    match given:
        case Node():
            return _of_this(node, Request(given.number), given, nodes, mistakes)
        case Output(producer, name):
            return _of_this(node, Request(producer.number, name), producer, nodes, mistakes)
        case str():
            return _found(node, given, None, None, nodes, mistakes)
        case [Node() as producer, str(out), str(into)]:
            return _of_this(node, Request(producer.number, out, into), producer, nodes, mistakes)
        case [str(producer), str(out), str(into)]:
            return _found(node, producer, out, into, nodes, mistakes)
        case _:
            pass
    hint = _call_it(given) or 'write another node, an output (node["name"]), or [node, "output", "input"]'
    _wrong(node, mistakes, f"{_said(given)} is nothing that can be wired", hint)
    return None


def _named(node: Node, name: str, given: Any, nodes: Sequence[Node], mistakes: Mistakes) -> Request | None:
    match given:
        case Node():
            return _of_this(node, Request(given.number, None, name), given, nodes, mistakes)
        case Output(producer, output):
            return _of_this(node, Request(producer.number, output, name), producer, nodes, mistakes)
        case _:
            pass
    hint = _call_it(given) or "an input is given another stage's output; a parameter is declared by its stage"
    _wrong(node, mistakes, f"'{name}' is given {_said(given)}, and is no parameter of '{node.stage.name}'", hint)
    return None


def _of_this(node: Node, request: Request, producer: Node, nodes: Sequence[Node], mistakes: Mistakes) -> Request | None:
    """The request, if its producer is of the same pipeline."""
    if producer.number < len(nodes) and nodes[producer.number] is producer:
        return request
    _wrong(node, mistakes, f"'{producer.stage.name}' is wired from another pipeline", "call the stage in this one, too")
    return None


def _found(
    node: Node, name: str, output: str | None, into: str | None, nodes: Sequence[Node], mistakes: Mistakes
) -> Request | None:
    """The request with its producer found by the stage's name."""
    found = [one for one in nodes if name in (one.stage.name, one.stage.word) and one is not node]
    if len(found) == 1:
        return Request(found[0].number, output, into)
    if found:
        lines = " and ".join(str(one.place.line) for one in found)
        _wrong(
            node, mistakes, f"'{name}' stands in this pipeline more than once (lines {lines})", "wire the node itself"
        )
    else:
        known = dict.fromkeys(one.stage.name for one in nodes if one is not node)
        hint = mistakes.suggest(name, known) or (f"there are: {', '.join(known)}" if known else "it has no other stage")
        _wrong(node, mistakes, f"no stage of this pipeline is called '{name}'", hint)
    return None


def wire(
    node: Node,
    nodes: Sequence[Node],
    requests: Requests,
    inputs: Mapping[str, str],
    outputs_of: OutputsOf,
    mistakes: Mistakes,
) -> Wired:
    """The sources of a node's inputs; those that are not here have their defaults."""
    table = _Table(node, nodes, inputs, mistakes)
    for request in requests.wires:
        outputs = outputs_of(request.producer)
        if request.output is not None and spelled(request.output, outputs) is None:
            table.no_output(request, outputs)
        elif request.input is not None:
            table.by_input(request, outputs)
        elif request.output is not None:
            table.by_output(request, str(spelled(request.output, outputs)))
        else:
            table.whole(request, outputs)
    return Wired(table.sources, table.refused or requests.refused)


class _Table:
    """The sources found so far."""

    def __init__(self, node: Node, nodes: Sequence[Node], inputs: Mapping[str, str], mistakes: Mistakes) -> None:
        self.node = node
        self.nodes = nodes
        self.inputs = inputs
        self.mistakes = mistakes
        self.sources: dict[str, Source] = {}
        self.refused = False

    def no_output(self, request: Request, outputs: Mapping[str, str]) -> None:
        """The output that is asked for does not exist."""
        name = str(request.output)
        hint = self.mistakes.suggest(name, outputs) or _list("its outputs", outputs)
        self.wrong(f"'{self.called(request)}' has no output '{name}'", hint)

    def by_input(self, request: Request, outputs: Mapping[str, str]) -> None:
        """The input is named; the output too, or it is the one of the same name, or the only one."""
        name = str(request.input)
        into = spelled(name, self.inputs)
        if into is None:
            hint = self.mistakes.suggest(name, self.inputs) or _list("its inputs", self.inputs)
            self.wrong(f"'{self.node.stage.name}' has no input '{name}'", hint)
            return
        wanted = request.output or (into if spelled(into, outputs) else None) or _only(outputs)
        if wanted is None:
            hint = _list("name one of its outputs", outputs)
            self.wrong(f"'{into}' is wired to '{self.called(request)}', which has no output of that name", hint)
            return
        self.put(into, (request.producer, str(spelled(wanted, outputs))))

    def by_output(self, request: Request, output: str) -> None:
        """Only the output is named: it is wired to the input of the same name."""
        into = spelled(output, self.inputs)
        if into is None:
            hint = f"name the input: {next(iter(self.inputs), 'input')}=…[{output!r}]"
            self.wrong(f"'{self.node.stage.name}' has no input called '{output}'", hint)
        else:
            self.put(into, (request.producer, output))

    def whole(self, request: Request, outputs: Mapping[str, str]) -> None:
        """Nothing is named: equal names are wired, and inputs whose default is the path of an output."""
        pairs = {into: output for output in outputs if (into := spelled(output, self.inputs)) is not None}
        for into, default in self.inputs.items():
            same = [output for output, path in outputs.items() if path == default]
            if into not in pairs and default.startswith(OUT) and same:
                pairs[into] = same[0]
        if not pairs:
            hint = f"{_list('outputs', outputs)}; {_list('inputs', self.inputs)}"
            self.wrong(f"'{self.called(request)}' and '{self.node.stage.name}' have no name in common", hint)
        for into, output in pairs.items():
            self.put(into, (request.producer, output))

    def put(self, into: str, source: Source) -> None:
        """Wire an input, once."""
        first = self.sources.setdefault(into, source)
        if first != source:
            alike = self._source(first) == self._source(source)
            names = " and ".join(self._source(one, alike) for one in (first, source))
            self.wrong(f"the input '{into}' is wired twice: to {names}", "keep one")

    def _source(self, source: Source, with_line: bool = False) -> str:
        number, output = source
        node = self.nodes[number]
        line = f", line {node.place.line}" if with_line else ""
        return f"'{node.stage.name}' ({output}{line})"

    def called(self, request: Request) -> str:
        """The name of a request's producer."""
        return self.nodes[request.producer].stage.name

    def wrong(self, message: str, hint: str) -> None:
        """A wire does not fit."""
        self.refused = True
        _wrong(self.node, self.mistakes, message, hint)


def _wrong(node: Node, mistakes: Mistakes, message: str, hint: str) -> None:
    mistakes.add(node.place, node.stage.name, message, hint)


def _said(given: Any) -> str:
    """What was given, in the author's words."""
    match given:
        case Usable():
            return f"the uncalled stage '{given.name}'"
        case Node():
            return f"'{given.stage.name}'"
        case Output(producer, name):
            return f"'{producer.stage.name}' ({name})"
        case list() | tuple():
            return f"[{', '.join(map(_said, given))}]"
        case _:
            return repr(given)


def _call_it(given: Any) -> str:
    return f"call it: {given.word}()" if isinstance(given, Usable) else ""


def _only(outputs: Mapping[str, str]) -> str | None:
    return next(iter(outputs)) if len(outputs) == 1 else None


def _list(what: str, names: Mapping[str, str]) -> str:
    return f"{what}: {', '.join(names) or 'none'}"

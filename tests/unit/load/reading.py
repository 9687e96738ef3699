"""What the tests of the loader share: reading text with either parser, and what was said of it."""

from typing import TypeAlias

import pytest
import yaml

from stageline.load.nodes import ListNode, MapNode, Node, Plain, ScalarNode, plain
from stageline.load.problems import LoadError, Problems
from stageline.load.read import Parser, collect_documents
from stageline.load.source import Source

PARSERS: tuple[Parser, ...] = (yaml.CBaseLoader, yaml.BaseLoader)
both_parsers = pytest.mark.parametrize("parser", PARSERS, ids=["c", "python"])
Step: TypeAlias = str | int


def documents(text: str, parser: Parser = yaml.CBaseLoader) -> tuple[Node, ...]:
    problems = Problems()
    found = collect_documents(Source("flow.yml", text), problems, parser)
    problems.raise_any()
    return found


def document(text: str, parser: Parser = yaml.CBaseLoader) -> Node:
    (found,) = documents(text, parser)
    return found


def value(text: str, parser: Parser = yaml.CBaseLoader) -> Plain:
    return plain(document(text, parser))


def error(text: str, parser: Parser = yaml.CBaseLoader) -> LoadError:
    with pytest.raises(LoadError) as refused:
        documents(text, parser)
    return refused.value


def mistakes(text: str, parser: Parser = yaml.CBaseLoader) -> list[str]:
    """What is wrong, without the file's name."""
    return [str(problem).removeprefix("flow.yml:") for problem in error(text, parser).problems]


def at(node: Node, *steps: Step) -> Node:
    """The node that a path of keys and positions leads to."""
    for step in steps:
        if isinstance(node, MapNode):
            node = node.entries[str(step)].value
        else:
            assert isinstance(node, ListNode)
            node = node.items[int(step)]
    return node


def scalar(text: str, *steps: Step) -> ScalarNode:
    found = at(document(text), *steps)
    assert isinstance(found, ScalarNode)
    return found


def where(node: Node) -> str:
    place = node.place
    return f"{place.line}:{place.column}"

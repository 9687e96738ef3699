"""A picture of what depends on what, before anybody draws it: nodes, clusters of them, and edges. Pure data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

Tone = Literal["", "done", "failed", "some", "todo"]


class Node(msgspec.Struct, frozen=True, omit_defaults=True, tag="node"):
    """One thing. The first line of its label is its name; `many` stands for several of a kind."""

    id: str
    label: tuple[str, ...]
    many: bool = False
    tone: Tone = ""


class Cluster(msgspec.Struct, frozen=True, tag="cluster"):
    """What belongs together. Edges may end at a cluster."""

    id: str
    label: str
    items: tuple[Item, ...]


class Edge(msgspec.Struct, frozen=True, omit_defaults=True):
    """`head` comes after `tail`; a `loose` one is not a matter of data, or not of success."""

    tail: str
    head: str
    label: str = ""
    loose: bool = False


Item: TypeAlias = Node | Cluster


class Drawing(msgspec.Struct, frozen=True):
    """A whole picture; ids are unique in it."""

    title: str
    items: tuple[Item, ...]
    edges: tuple[Edge, ...]


def nodes_in(item: Item) -> Iterator[Node]:
    """The nodes of an item, in order."""
    if isinstance(item, Node):
        yield item
    else:
        for inside in item.items:
            yield from nodes_in(inside)


def ids_of(items: tuple[Item, ...]) -> Iterator[str]:
    """The ids of all nodes and clusters, in order."""
    for item in items:
        yield item.id
        if isinstance(item, Cluster):
            yield from ids_of(item.items)


def clusters_in(items: tuple[Item, ...]) -> Iterator[Cluster]:
    """All clusters, those inside of others too."""
    for item in items:
        if isinstance(item, Cluster):
            yield item
            yield from clusters_in(item.items)

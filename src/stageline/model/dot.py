"""A drawing in the language of Graphviz. Pure: the same drawing, the same text."""

from __future__ import annotations

from collections.abc import Iterator

from stageline.model.drawing import Cluster, Drawing, Edge, Item, Node, clusters_in, nodes_in

_TONES = {"": "#ffffff", "done": "#d5f0d8", "failed": "#f8d0d0", "some": "#fdf0c8", "todo": "#eeeeee"}
_HEAD = """\
digraph {{
  graph [label={title}, labelloc=t, rankdir=LR, compound=true, fontname="Helvetica", fontsize=12, nodesep=0.25]
  node [shape=box, style="rounded,filled", fillcolor="#ffffff", color="#555555", fontname="Helvetica", fontsize=10]
  edge [color="#555555", fontname="Helvetica", fontsize=9, arrowsize=0.7]
"""


def dot(drawing: Drawing) -> str:
    """The text that `dot` makes a picture of."""
    clusters = {cluster.id: cluster for cluster in clusters_in(drawing.items)}
    lines = [line for item in drawing.items for line in _item(item, "  ")]
    lines += [_edge(edge, clusters) for edge in drawing.edges]
    return _HEAD.format(title=_text(drawing.title)) + "\n".join(lines) + "\n}\n"


def _item(item: Item, indent: str) -> Iterator[str]:
    if isinstance(item, Node):
        many = ", peripheries=2" if item.many else ""
        fill = f', fillcolor="{_TONES[item.tone]}"' if item.tone else ""
        yield f"{indent}{_text(item.id)} [label={_text(*item.label)}{many}{fill}]"
        return
    yield f"{indent}subgraph {_text('cluster ' + item.id)} {{"
    yield f'{indent}  graph [label={_text(item.label)}, style="rounded", color="#999999"]'
    for inside in item.items:
        yield from _item(inside, f"{indent}  ")
    yield f"{indent}}}"


def _edge(edge: Edge, clusters: dict[str, Cluster]) -> str:
    """Graphviz has edges between nodes alone, and cuts them off at the border of a cluster."""
    about = [f"label={_text(edge.label)}"] if edge.label else []
    about += ["style=dashed"] if edge.loose else []
    tail, head = edge.tail, edge.head
    if tail in clusters:
        about.append(f"ltail={_text('cluster ' + tail)}")
        tail = list(nodes_in(clusters[tail]))[-1].id
    if head in clusters:
        about.append(f"lhead={_text('cluster ' + head)}")
        head = next(nodes_in(clusters[head])).id
    return f"  {_text(tail)} -> {_text(head)}" + (f" [{', '.join(about)}]" if about else "")


def _text(*lines: str) -> str:
    escaped = (line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for line in lines)
    return '"' + "\\n".join(escaped) + '"'

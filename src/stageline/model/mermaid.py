"""A drawing in the language of Mermaid, which web pages show. Pure: the same drawing, the same text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stageline.model.drawing import Drawing, Edge, Item, Node, ids_of

_SPECIAL = frozenset("\"'<>&#;`\\[]{}()|")
_TONES = {
    "done": "fill:#d5f0d8,stroke:#555",
    "failed": "fill:#f8d0d0,stroke:#555",
    "some": "fill:#fdf0c8,stroke:#555",
    "todo": "fill:#eee,stroke:#555",
}


def mermaid(drawing: Drawing) -> str:
    """A flowchart."""
    names = {id: f"n{number}" for number, id in enumerate(ids_of(drawing.items))}
    lines = ["flowchart LR"]
    lines += [line for item in drawing.items for line in _item(item, names, "  ")]
    lines += [_edge(edge, names) for edge in drawing.edges]
    used = "\n".join(lines)
    lines += [f"  classDef {tone} {style}" for tone, style in _TONES.items() if f":::{tone}" in used]
    return "\n".join(lines) + "\n"


def _item(item: Item, names: Mapping[str, str], indent: str) -> Iterator[str]:
    name = names[item.id]
    if isinstance(item, Node):
        opens, closes = ("[[", "]]") if item.many else ("(", ")")
        label = "<br/>".join(map(_text, item.label))
        yield f'{indent}{name}{opens}"{label}"{closes}' + (f":::{item.tone}" if item.tone else "")
        return
    yield f'{indent}subgraph {name}["{_text(item.label)}"]'
    for inside in item.items:
        yield from _item(inside, names, f"{indent}  ")
    yield f"{indent}end"


def _edge(edge: Edge, names: Mapping[str, str]) -> str:
    arrow = "-.->" if edge.loose else "-->"
    label = f'|"{_text(edge.label)}"|' if edge.label else ""
    return f"  {names[edge.tail]} {arrow}{label} {names[edge.head]}"


def _text(text: str) -> str:
    """With what Mermaid would read as more than text written by its number."""
    return "".join(f"#{ord(one)};" if one in _SPECIAL else " " if one == "\n" else one for one in text)

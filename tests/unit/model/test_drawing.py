"""Pictures as text for Graphviz and for Mermaid."""

from stageline.model.dot import dot
from stageline.model.drawing import Cluster, Drawing, Edge, Node
from stageline.model.mermaid import mermaid

DRAWING = Drawing(
    'a "title"',
    (
        Cluster("c", "run", (Node("a", ("first", 'n="1"'), tone="done"), Node("b", ("second",), many=True))),
        Cluster("d", "other", (Node("e", ("C:\\new",)),)),
    ),
    (Edge("a", "b", "x"), Edge("c", "d", loose=True)),
)


def test_dot_has_clusters_and_edges_that_end_at_them() -> None:
    lines = [line.strip() for line in dot(DRAWING).splitlines()]
    assert 'subgraph "cluster c" {' in lines
    assert '"a" [label="first\\nn=\\"1\\"", fillcolor="#d5f0d8"]' in lines
    assert '"b" [label="second", peripheries=2]' in lines
    assert '"e" [label="C:\\\\new"]' in lines
    assert '"a" -> "b" [label="x"]' in lines
    assert '"b" -> "e" [style=dashed, ltail="cluster c", lhead="cluster d"]' in lines


def test_mermaid_has_subgraphs_and_no_character_that_it_would_misread() -> None:
    assert mermaid(DRAWING).splitlines() == [
        "flowchart LR",
        '  subgraph n0["run"]',
        '    n1("first<br/>n=#34;1#34;"):::done',
        '    n2[["second"]]',
        "  end",
        '  subgraph n3["other"]',
        '    n4("C:#92;new")',
        "  end",
        '  n1 -->|"x"| n2',
        "  n0 -.-> n3",
        "  classDef done fill:#d5f0d8,stroke:#555",
    ]

"""A workflow file as a picture: its stages, what each needs, and clusters for those that hold others. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from stageline.document.definition import WorkflowDefinition
from stageline.model.drawing import Cluster, Drawing, Edge, Item, Node
from stageline.stages.case import CaseStage
from stageline.stages.definition import StageDefinition
from stageline.stages.lower import refs_of, slug


def drawing_of(definition: WorkflowDefinition) -> Drawing:
    """All stages of a workflow, those inside of others too."""
    edges: list[Edge] = []
    items = _items(definition.stages, "", edges)
    return Drawing(definition.name, items or (Node("empty", ("no stages",)),), tuple(edges))


def _items(stages: Sequence[StageDefinition], above: str, edges: list[Edge]) -> tuple[Item, ...]:
    refs = refs_of(stages)
    ids = {ref: f"{above}/{ref}" for ref in refs}
    items = []
    for number, (ref, stage) in enumerate(zip(refs, stages, strict=True)):
        items.append(_item(stage, ids[ref], edges))
        before = stage.needs if stage.needs is not None else refs[max(number - 1, 0) : number]
        label = "if" if stage.condition is not None else ""
        edges += [Edge(ids[need if need in ids else slug(need)], ids[ref], label) for need in before]
    return tuple(items)


def _item(stage: StageDefinition, id: str, edges: list[Edge]) -> Item:
    inner = {key: stages for key, stages in stage.inner().items() if stages}
    if not inner:
        return Node(id, (stage.name, f"({stage.kind()})"))
    if len(inner) == 1:
        ((key, stages),) = inner.items()
        inside = _items(stages, f"{id}/{key}", edges)
    else:
        inside = tuple(
            Cluster(f"{id}:{key}", _title(stage, key), _items(stages, f"{id}/{key}", edges))
            for key, stages in inner.items()
        )
    return Cluster(id, f"{stage.name} ({stage.kind()})", inside)


def _title(stage: StageDefinition, key: str) -> str:
    return f"case {stage.match[int(key)].case}" if isinstance(stage, CaseStage) else key

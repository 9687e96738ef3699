"""A stage beside the text that it was made of, so that whatever is found wrong later can be told at its place."""

from collections.abc import Iterator, Mapping

import msgspec

from stageline.load.nodes import MapNode, Node
from stageline.load.source import Span
from stageline.stages.definition import StageDefinition


class StageList(msgspec.Struct, frozen=True, eq=False):
    """Stages that stand in one list: under `field` of the stage that holds them, or in the workflow itself.

    It is complete when every item of it could be read.
    """

    field: str
    where: Span
    stages: tuple["Written", ...]
    complete: bool = True


class Written(msgspec.Struct, frozen=True, eq=False):
    """A stage, the map that it was written as, the values of its fields by their names, and the lists inside it.

    What could not be read is not `whole`: another stage stands for it, so that the rest can be checked all the same.
    """

    stage: StageDefinition
    kind: type[StageDefinition]
    node: MapNode
    values: Mapping[str, Node]
    lists: tuple[StageList, ...] = ()
    whole: bool = True

    @property
    def place(self) -> str:
        """`file:line`."""
        place = self.node.place
        return f"{place.file}:{place.line}"


def walk(stages: StageList) -> Iterator[Written]:
    """All stages of a list, and those inside of them."""
    for written in stages.stages:
        yield written
        for below in written.lists:
            yield from walk(below)

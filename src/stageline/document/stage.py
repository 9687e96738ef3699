"""A map of a YAML file becomes a stage: its kind is told by its keys, its fields are read as they are annotated."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from stageline.document.kinds import Kind, kind_of
from stageline.document.tell import Telling
from stageline.document.values import BAD, Reading, is_null, is_placeholder, read_value
from stageline.document.written import StageList, Written
from stageline.errors import DocumentError
from stageline.load.expect import expect_list, expect_mapping, wrong
from stageline.load.fields import Fields, dashed, fields_of
from stageline.load.nodes import Node
from stageline.load.problems import Problems
from stageline.model.graph import name_problem
from stageline.stages.base import BaseStage
from stageline.stages.definition import FIXED, StageDefinition
from stageline.stages.empty import EmptyStage
from stageline.stages.fields import Field

_UNKNOWN = kind_of(BaseStage)
_FIRST_WORD = re.compile(r"[\w-]+")


class StageReader:
    """Reads stages and lists of them; what was written is kept beside what it became."""

    def __init__(self, telling: Telling) -> None:
        self.problems: Problems = telling.problems
        self._telling = telling
        self._reading = Reading(self.problems, self._inner_list)
        self._fixed = msgspec.structs.replace(self._reading, dynamic=False)
        self._lists: list[StageList] = []
        self._field = ""

    def read_list(self, node: Node, field: str = "") -> StageList:
        """The stages of a list, as far as they can be read; what is wrong with the others is told."""
        items = expect_list(node, self.problems)
        if items is None:
            return StageList(field, node, (), False)
        if not items.items:
            wrong(node, self.problems, "at least one stage", "write '- name: …' below it")
        stages = tuple(stage for item in items.items if (stage := self.read(item)) is not None)
        complete = 0 < len(items.items) == len(stages) and all(stage.whole for stage in stages)
        return StageList(field, node, stages, complete)

    def read(self, node: Node) -> Written | None:
        """One stage."""
        mapping = expect_mapping(node, self.problems)
        if mapping is None:
            return None
        fields = fields_of(mapping, self.problems)
        told = self._telling.told(fields)
        if told is None:
            return self._read_fields(_UNKNOWN, fields, frozenset())
        kind, meant = told
        if kind.flat:
            return self._read_fields(kind, fields, meant)
        inside, meant_inside = self._inside(kind, fields)
        return self._read_fields(kind, inside or fields, meant | meant_inside, inside is not None)

    def _inside(self, kind: Kind, fields: Fields) -> tuple[Fields | None, frozenset[str]]:
        """The fields of a kind that is told by its name: what stands below that, and beside it. And what was meant."""
        value = fields.entries[kind.key].value
        entries = {name: entry for name, entry in fields.entries.items() if name != kind.key}
        if is_null(value):
            return Fields(fields.node, entries), frozenset()
        mapping = expect_mapping(value, self.problems)
        if mapping is None:
            return None, frozenset(kind.own)
        own = fields_of(mapping, self.problems)
        meant = own.refuse_unknown(kind.own, self.problems)
        return Fields(fields.node, {**own.entries, **entries}), meant

    def read_as(self, type_: type[StageDefinition], fields: Fields, given: Mapping[str, Any]) -> Written:
        """A stage whose kind is known, and of whose keys was told; `given` is what is not written there."""
        kind = kind_of(type_)
        return self._read_fields(kind, fields, frozenset(kind.fields), given=given)

    def _read_fields(
        self,
        kind: Kind,
        fields: Fields,
        meant: frozenset[str] = frozenset(),
        whole: bool = True,
        given: Mapping[str, Any] = {},
    ) -> Written:
        nodes = self._nodes(kind, fields)
        complete = self._require(kind, {**given, **nodes}, fields, meant)
        outer, self._lists = self._lists, []
        values = {**given, **{name: self._value(kind, field, node) for name, (field, node) in nodes.items()}}
        lists, self._lists = tuple(self._lists), outer
        written = {name: node for name, (_, node) in nodes.items()}
        readable = whole and complete and kind is not _UNKNOWN and BAD not in values.values()
        stage = self._made(kind, values, fields) if readable else None
        if stage is None:
            return Written(_stand_in(values), kind.type, fields.node, written, lists, whole=False)
        return Written(stage, kind.type, fields.node, written, lists)

    def _nodes(self, kind: Kind, fields: Fields) -> dict[str, tuple[Field, Node]]:
        """The values by the names of their fields; a field that is written under both of its names is told."""
        nodes: dict[str, tuple[Field, Node]] = {}
        for name, entry in fields.entries.items():
            if (field := kind.fields.get(name)) is None:
                continue
            if field.name in nodes:
                message = f"'{field.encode_name}' and '{dashed(field.name)}' are the same"
                self.problems.add(entry.key, message, "keep one of them")
            nodes.setdefault(field.name, (field, entry.value))
        return nodes

    def _require(self, kind: Kind, nodes: Mapping[str, object], fields: Fields, meant: frozenset[str]) -> bool:
        required = {field.name: dashed(field.encode_name) for field in kind.fields.values() if field.required}
        missing = [key for name, key in required.items() if name not in nodes]
        return fields.require(missing, self.problems, meant) if missing else True

    def _value(self, kind: Kind, field: Field, node: Node) -> object:
        if field.name in kind.type.nested:
            self._field = field.encode_name
            return read_value(field.type, node, self._fixed)
        if field.name not in FIXED or field.name in kind.type.conditions:
            return _checked(field.name, read_value(field.type, node, self._reading), node, self.problems)
        if is_placeholder(node):
            self.problems.add(node, f"placeholders in '{field.encode_name}' are not filled in", "write out what it is")
            return BAD
        return _checked(field.name, read_value(field.type, node, self._fixed), node, self.problems)

    def _inner_list(self, node: Node) -> object:
        field = self._field
        found = self.read_list(node, field)
        self._field = field
        self._lists.append(found)
        return [written.stage for written in found.stages] if found.complete else BAD

    def _made(self, kind: Kind, values: dict[str, Any], fields: Fields) -> StageDefinition | None:
        try:
            return kind.type(**values)
        except DocumentError as error:
            message = str(error).removeprefix(f"{kind.type.__name__} {values.get('name')!r}: ")
            word = _FIRST_WORD.match(message)
            node = fields.get(word[0]) if word else None  # what a kind says of a field begins with its key
            self.problems.add(node or fields.node, message)
            return None


def _stand_in(values: Mapping[str, Any]) -> StageDefinition:
    """A stage that is called as the one that could not be read."""
    known = {name: value for name in ("name", "id", "needs") if (value := values.get(name, BAD)) is not BAD}
    return EmptyStage(**{"name": "?", **known})


def _checked(name: str, value: object, node: Node, problems: Problems) -> object:
    problem = ""
    if name == "name" and isinstance(value, str) and not value.strip():
        problem = "a stage's name is a text that is not blank"
    elif name == "id" and isinstance(value, str):
        problem = name_problem(value, "stage's id")
    if problem:
        problems.add(node, problem)
        return BAD
    return value

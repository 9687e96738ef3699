"""A file and the files beside it, whose workflows it may trigger. They are read only when a name is not its own."""

from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import PurePath

import msgspec

from stageline.document.definition import Document, WorkflowDefinition
from stageline.document.entry_points import entry_point_modules
from stageline.document.kinds import Kinds, known_kinds
from stageline.document.stage import StageReader
from stageline.document.tell import Telling
from stageline.document.workflow import Home, is_workflow, name_of, plugins_of, read_workflow
from stageline.errors import DocumentError
from stageline.load.expect import expect_mapping
from stageline.load.nodes import BrokenNode, MapNode, Node, ScalarNode
from stageline.load.problems import Problems
from stageline.load.read import collect_documents
from stageline.load.source import Source

Siblings = Callable[[], Iterable[Source]]


class Setting(msgspec.Struct, frozen=True):
    """Where files lie, what imports the modules that they name, and whether stages may be named by their names."""

    folder: str
    plugins: Callable[[str], None]
    slugs: bool = False


class Library:
    """Reads files of one folder; mistakes of all of them are collected together."""

    def __init__(self, problems: Problems, setting: Setting, siblings: Siblings) -> None:
        self._problems = problems
        self._setting = setting
        self._siblings = siblings
        self._documents: dict[str, Document] = {}

    def document(self, source: Source) -> Document:
        """The workflows of a file, each as it stands there: what they trigger is not looked up."""
        if source.name not in self._documents:
            self._documents[source.name] = self._read(source)
        return self._documents[source.name]

    def find(self, name: str, asking: Document) -> tuple[Document, WorkflowDefinition] | None:
        """The workflow of this name: of the same file, else of another one of the folder."""
        if name in asking.workflows:
            return asking, asking.workflows[name]
        for document in self._documents.values():
            if name in document.workflows:
                return document, document.workflows[name]
        for source, names in self._others.items():
            if source.name != asking.file and name in names:
                document = self.document(source)
                found = document.workflows.get(name)
                return (document, found) if found is not None else None
        return None

    def names(self, asking: Document) -> list[str]:
        """All workflows that the file can trigger."""
        read = [name for document in self._documents.values() for name in document.workflows]
        others = [name for names in self._others.values() for name in names]
        return list(dict.fromkeys([*asking.workflows, *read, *others]))

    @cached_property
    def _others(self) -> dict[Source, list[str]]:
        return {source: list(_maps(source, Problems())) for source in self._siblings()}

    def _read(self, source: Source) -> Document:
        maps = _maps(source, self._problems)
        for node in maps.values():
            self._import(node)
        reader = StageReader(Telling(known_kinds(), self._problems, self._installed))
        home = Home(source.name, self._setting.folder, self._setting.slugs)
        workflows = {name: read_workflow(node, name, reader, home) for name, node in maps.items()}
        kept = {name: workflow for name, workflow in workflows.items() if workflow is not None}
        return Document(source.name, self._setting.folder, kept, tuple(maps.values()))

    def _import(self, node: MapNode) -> None:
        """The modules that a workflow names are imported before its stages are read."""
        for name in plugins_of(node).plugins:
            try:
                self._setting.plugins(name)
            except DocumentError as error:
                self._problems.add(node.entries["plugins"].value, str(error))

    def _installed(self) -> Kinds:
        """The kinds that there are once installed packages have brought in theirs."""
        for name in entry_point_modules():
            try:
                self._setting.plugins(name)
            except DocumentError:
                continue  # who needs it is told of the key that nobody knows
        return known_kinds()


def _maps(source: Source, problems: Problems) -> dict[str, MapNode]:
    """The workflows of a file as maps, by their names."""
    before = len(problems)
    roots = [root for root in collect_documents(source, problems) if not _is_empty(root)]
    if not roots and len(problems) == before:
        start = ScalarNode(source, 0, 0, "", "", None)
        problems.add(start, "there is nothing in this file", "write 'stages:' and a list of stages below it")
    maps: dict[str, MapNode] = {}
    for root in roots:
        for node, name in _named(root, PurePath(source.name).stem, len(roots) > 1, problems):
            if (first := maps.setdefault(name, node)) is not node:
                message = f"the workflow '{name}' stands twice in this file; the first is in line {first.place.line}"
                where = node.entries["name"].value if "name" in node.entries else node
                problems.add(where, message, "give each a name of its own")
    return maps


def _named(root: Node, stem: str, several: bool, problems: Problems) -> list[tuple[MapNode, str]]:
    mapping = expect_mapping(root, problems)
    if mapping is None:
        return []
    if is_workflow(mapping):
        if several and "name" not in mapping.entries:
            problems.add(mapping, "one of several workflows in a file needs a name", "write 'name: …'")
        return [(mapping, name_of(mapping, problems, stem))]
    return [(node, name) for name, entry in mapping.entries.items() if isinstance(node := entry.value, MapNode)]


def _is_empty(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.value is None and not isinstance(node, BrokenNode)

"""Workflows that start others: each name is one of the file or its folder, and no chain of them comes back."""

import msgspec

from stageline.document.definition import Document, WorkflowDefinition
from stageline.document.kinds import TRIGGER
from stageline.document.library import Library
from stageline.document.written import Written
from stageline.errors import did_you_mean
from stageline.load.nodes import Entry, MapNode, Node
from stageline.load.problems import Problems
from stageline.load.words import found, listed
from stageline.model.params import Refused, value_of
from stageline.stages.fields import is_dynamic

_SHOWN = 10


class Linker:
    """Gives each workflow those that it triggers."""

    def __init__(self, library: Library, problems: Problems) -> None:
        self._library = library
        self._problems = problems
        self._linked: dict[tuple[str, str], WorkflowDefinition] = {}

    def link(self, document: Document) -> Document:
        """The document with all its workflows linked."""
        linked = {name: self._link(one, document, ()) for name, one in document.workflows.items()}
        return msgspec.structs.replace(document, workflows=linked)

    def _link(self, workflow: WorkflowDefinition, document: Document, chain: tuple[str, ...]) -> WorkflowDefinition:
        key = (document.file, workflow.name)
        if key not in self._linked:
            triggered = {}
            for written in workflow.all_stages():
                if written.kind.kind() == TRIGGER and written.whole:
                    name = str(getattr(written.stage, TRIGGER))
                    target = self._target(written, name, document, (*chain, workflow.name))
                    if target is not None:
                        triggered[name] = target
            self._linked[key] = msgspec.structs.replace(workflow, triggered=triggered)
        return self._linked[key]

    def _target(
        self, written: Written, name: str, document: Document, chain: tuple[str, ...]
    ) -> WorkflowDefinition | None:
        node = written.values[TRIGGER]
        if is_dynamic(name):
            self._problems.add(node, "which workflow is triggered must be known before the run", "write out its name")
            return None
        found_ = self._library.find(name, document)
        if found_ is None:
            known = [each for each in self._library.names(document) if each not in chain]
            there = f"there is {listed(known[:_SHOWN], 'and')}" if known else "there is no other one"
            hint = did_you_mean(name, known).removeprefix("; ") or there
            self._problems.add(node, f"there is no workflow '{name}' in this file or its folder", hint)
            return None
        home, workflow = found_
        if workflow.name in chain:
            circle = " -> ".join([*chain[chain.index(workflow.name) :], workflow.name])
            self._problems.add(node, f"workflows trigger each other without an end: {circle}")
            return None
        _check_params(written, workflow, self._problems)
        return self._link(workflow, home, chain)


def _check_params(written: Written, workflow: WorkflowDefinition, problems: Problems) -> None:
    """What is handed over is what the other workflow asks for, as far as it is known by now."""
    node = written.values.get("params")
    entries = node.entries if isinstance(node, MapNode) else {}
    for name, entry in entries.items():
        if name not in workflow.params:
            hint = did_you_mean(name, workflow.params).removeprefix("; ") or _known(workflow)
            problems.add(entry.key, f"'{workflow.name}' has no parameter '{name}'", hint)
        else:
            _check_value(name, entry, getattr(written.stage, "params")[name], workflow, problems)  # noqa: B009
    missing = [name for name, param in workflow.params.items() if param.required and name not in entries]
    if missing:
        where: Node = node if node is not None else written.node
        problems.add(where, f"'{workflow.name}' needs {listed(missing, 'and')} as params")


def _check_value(name: str, entry: Entry, value: object, workflow: WorkflowDefinition, problems: Problems) -> None:
    if is_dynamic(value):
        return
    try:
        value_of(workflow.params[name], value)
    except Refused as error:
        problems.add(entry.value, f"the parameter '{name}' of '{workflow.name}' is {error}, not {found(entry.value)}")


def _known(workflow: WorkflowDefinition) -> str:
    return f"it has {listed(workflow.params, 'and')}" if workflow.params else "it has none"

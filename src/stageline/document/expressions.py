"""All expressions of a workflow, checked where they stand: they can be read, and what they name is there by then."""

from collections.abc import Iterator
from functools import lru_cache

import msgspec

from stageline.document.kinds import names_inside
from stageline.document.order import Order, order_of
from stageline.document.sight import Sight
from stageline.document.written import StageList, Written
from stageline.errors import did_you_mean
from stageline.expressions import Condition, ExpressionError, Reference, parse_condition
from stageline.expressions.placeholders import OPEN
from stageline.expressions.reference import check_roots
from stageline.load.nodes import ListNode, Node, ScalarNode
from stageline.load.problems import Problems
from stageline.load.within import within
from stageline.load.words import listed
from stageline.model.params import Param
from stageline.stages.fields import template
from stageline.stages.matrix import MatrixStage
from stageline.stages.names import SCOPE_NAMES

_NOT_EVALUATED = frozenset({"id", "needs", "timeout", "on_failure", "retry", "desc", "extras"})
_RUN = ("id", "workflow", "folder", "stage", "attempt", "key")
_OF_STAGE = ("outputs", "status", "error")
_KEPT = "no secret can stand here: what this stage comes to is kept with the run"
_PLACE_KEPT = "no secret can stand here: where a stage runs is kept with the run"
_WHERE = {
    "item": "a foreach or an until",
    "loop": "a foreach or an until",
    "key": "a foreach",
    "branch": "a branch of parallel",
    "case": "the stages of a case",
    "matrix": "a job with a matrix",
    "error": "catch and finally",
    "result": "the condition of an until",
}


class Used(msgspec.Struct, eq=False):
    """What the expressions of a workflow name, each with the first place that names it."""

    params: dict[str, ScalarNode] = msgspec.field(default_factory=dict)
    secrets: dict[str, ScalarNode] = msgspec.field(default_factory=dict)


class Check(msgspec.Struct, frozen=True, eq=False):
    """What is checked against: the declared params, if there are any, and whether stages without an id have names."""

    problems: Problems
    params: dict[str, Param] | None
    slugs: bool = False
    used: Used = msgspec.field(default_factory=Used)

    def stages(self, whole: StageList, sight: Sight | None = None) -> None:
        """All stages of a list, and those inside of them. Without a `sight` it is the workflow's own list."""
        view = sight or Sight(order_of(whole, self.problems))
        for number, written in enumerate(whole.stages):
            self._stage(written, view, number)

    def _stage(self, written: Written, view: Sight, number: int) -> None:
        kind = written.kind
        for name, node in written.values.items():
            if name in kind.conditions:
                inside = () if name == "condition" else (*names_inside(kind), "result")
                self._condition(node, _with(view, inside), number)
            elif name not in _NOT_EVALUATED and name not in kind.nested:
                self.values(node, _inside(view, written) if name in kind.late else view, number)
                if name == "runs_on":
                    self._keep_secrets_out(node, _PLACE_KEPT, "")
                elif kind.plans and name not in kind.late:
                    self._keep_secrets_out(node, _KEPT, "use the secret in the stages inside, or in the other workflow")
        orders: dict[str, Order] = {}
        for below in written.lists:
            orders[below.field] = order = order_of(below, self.problems)
            above = tuple(orders[key] for key in kind.sees.get(below.field, ()) if key in orders)
            names = view.names | set(names_inside(kind))
            self.stages(below, Sight(order, names, above, view, number, _axes(written) or view.matrix))

    def values(self, node: Node, view: Sight, number: int) -> None:
        """All texts of a value, and the keys of its maps."""
        for text in texts(node):
            try:
                references = template(str(text.value)).references()
            except ExpressionError as error:
                self._told(text, error)
            else:
                self._references(text, references, view, number)

    def _keep_secrets_out(self, node: Node, message: str, hint: str) -> None:
        """What is kept with the run holds no secret."""
        for text in texts(node):
            for reference in _read(text):
                if reference.path[0] == "secrets":
                    place = within(text, reference.start, reference.end - reference.start)
                    self.problems.add(place, message, hint)

    def _condition(self, node: Node, view: Sight, number: int) -> None:
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
            return
        try:
            references = _condition_of(node.value).references()
        except ExpressionError as error:
            self._told(node, error)
        else:
            self._references(node, references, view, number)

    def _references(self, node: ScalarNode, found: tuple[Reference, ...], view: Sight, number: int) -> None:
        for reference in found:
            message, hint = self._problem(node, reference, view, number)
            if message:
                self.problems.add(within(node, reference.start, reference.end - reference.start), message, hint)

    def _problem(self, node: ScalarNode, reference: Reference, view: Sight, number: int) -> tuple[str, str]:
        root, *path = reference.path
        if root not in view.names:
            return ("", "") if reference.optional and root in SCOPE_NAMES else _no_root(node, reference, view)
        name = path[0] if path and isinstance(path[0], str) else ""
        if not name:
            return ("", "") if root != "secrets" else ("a secret is called by its name", "write secrets.NAME")
        match root:
            case "params":
                return self._param(name, node)
            case "stages" | "jobs":
                return self._stage_reference(root, path, view, number)
            case "secrets":
                self.used.secrets.setdefault(name, node)
            case "matrix" if view.matrix is not None and name not in view.matrix:
                known = sorted(view.matrix)
                return f"'matrix' has no '{name}'", did_you_mean(name, known)[2:] or f"it has {listed(known, 'and')}"
            case "run" if name not in _RUN:
                return f"'run' has no '{name}'", did_you_mean(name, _RUN)[2:] or f"it has {listed(_RUN, 'and')}"
            case _:
                pass
        return "", ""

    def _param(self, name: str, node: ScalarNode) -> tuple[str, str]:
        self.used.params.setdefault(name, node)
        if self.params is None or name in self.params:
            return "", ""
        known = did_you_mean(name, self.params).removeprefix("; ")
        return f"no parameter '{name}' is declared", known or f"write '{name}: str' below params"

    def _stage_reference(self, root: str, path: list[str], view: Sight, number: int) -> tuple[str, str]:
        ref = path[0]
        problem, hint = view.problem(ref, number, self.slugs)
        if problem or root == "jobs" or len(path) == 1 or path[1] in _OF_STAGE:
            return problem, hint
        return f"a stage has {listed(_OF_STAGE, 'and')}, and no '{path[1]}'", f"write stages.{ref}.outputs.{path[1]}"

    def _told(self, node: ScalarNode, error: ExpressionError) -> None:
        self.problems.add(within(node, error.start, error.end - error.start), error.message)


def _read(text: ScalarNode, is_condition: bool = False) -> tuple[Reference, ...]:
    """What a text names; one that cannot be read names nothing."""
    read = _condition_of if is_condition else template
    try:
        return read(str(text.value)).references()
    except ExpressionError:
        return ()


def references_of(written: Written) -> Iterator[tuple[str, ...]]:
    """All paths that a stage and those inside of it name. What cannot be read names nothing."""
    for name, node in written.values.items():
        if name in written.kind.nested:
            continue
        for text in [node] if name in written.kind.conditions else texts(node):
            if isinstance(text, ScalarNode) and isinstance(text.value, str):
                yield from (found.path for found in _read(text, name in written.kind.conditions))
    for below in written.lists:
        for inner in below.stages:
            yield from references_of(inner)


def texts(node: Node) -> Iterator[ScalarNode]:
    """The texts with placeholders in a value, and those that are keys of maps in it."""
    if isinstance(node, ScalarNode):
        if isinstance(node.value, str) and OPEN in node.value:
            yield node
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from texts(item)
    else:
        for entry in node.entries.values():
            yield from texts(entry.key)
            yield from texts(entry.value)


def _no_root(node: ScalarNode, reference: Reference, view: Sight) -> tuple[str, str]:
    root = reference.path[0]
    if root in SCOPE_NAMES:
        return f"'{root}' is known only inside of {_WHERE[root]}", ""
    try:
        check_roots(str(node.value), [reference], sorted(view.names))
    except ExpressionError as error:
        return error.message, ""
    return "", ""


def _axes(written: Written) -> frozenset[str] | None:
    """The names of a matrix's values: of its lists, and of what is laid over them."""
    if not isinstance(written.stage, MatrixStage):
        return None
    stage = written.stage
    return frozenset(stage.matrix).union(*stage.include)


def _inside(view: Sight, written: Written) -> Sight:
    """What is seen in a field that is evaluated anew for each of the stages inside, as the variables of a job are."""
    return msgspec.structs.replace(
        view, names=view.names.union(names_inside(written.kind)), matrix=_axes(written) or view.matrix
    )


def _with(view: Sight, names: tuple[str, ...]) -> Sight:
    return msgspec.structs.replace(view, names=view.names.union(names)) if names else view


@lru_cache(maxsize=4096)
def _condition_of(text: str) -> Condition:
    return parse_condition(text)

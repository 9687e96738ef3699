"""The long form: jobs that each hold a list of stages, and run side by side unless they need each other.

A job is a group of stages; one with a matrix is the same stages for each combination of its values.
"""

from collections.abc import Mapping
from typing import Any

from stageline.document.stage import StageReader
from stageline.document.written import StageList, Written
from stageline.load.expect import expect_list, expect_mapping, wrong
from stageline.load.fields import Fields, fields_of
from stageline.load.nodes import Entry, ListNode, MapNode, Node, ScalarNode
from stageline.load.problems import Problems
from stageline.model.graph import name_problem
from stageline.stages.group import GroupStage
from stageline.stages.matrix import MatrixStage

JOB_KEYS = ("name", "desc", "needs", "if", "strategy", "runs-on", "stages", "timeout", "env", "on-failure", "retry")
STRATEGY_KEYS = ("matrix", "fail-fast", "max-parallel")
INCLUDE, EXCLUDE = "include", "exclude"


def read_jobs(node: Node, reader: StageReader) -> StageList:
    """The jobs as the stages of the workflow's own list."""
    mapping = expect_mapping(node, reader.problems)
    if mapping is None:
        return StageList("jobs", node, (), False)
    if not mapping.entries:
        wrong(node, reader.problems, "at least one job", "write 'name: {stages: …}' below it")
    jobs = [_job(name, entry, reader) for name, entry in mapping.entries.items()]
    read = tuple(job for job in jobs if job is not None)
    return StageList("jobs", node, read, len(read) == len(jobs) and all(job.whole for job in read))


def _job(name: str, entry: Entry, reader: StageReader) -> Written | None:
    problems = reader.problems
    if problem := name_problem(name, "job's name"):
        problems.add(entry.key, problem)
    mapping = expect_mapping(entry.value, problems)
    if mapping is None:
        return None
    fields = fields_of(mapping, problems)
    meant = fields.refuse_unknown(JOB_KEYS, problems)
    fields.require(["stages"], problems, meant)
    strategy = fields.get("strategy")
    given: dict[str, Any] = {"name": name, "id": name, "needs": []}
    entries = {key: one for key, one in fields.entries.items() if key in JOB_KEYS and key != "strategy"}
    if strategy is None:
        return reader.read_as(GroupStage, Fields(mapping, entries), given)
    return reader.read_as(MatrixStage, Fields(mapping, {**entries, **_strategy(strategy, problems)}), given)


def _strategy(node: Node, problems: Problems) -> Mapping[str, Entry]:
    """The entries of a strategy as those of a stage: what is laid over and left out stands beside the values."""
    mapping = expect_mapping(node, problems)
    if mapping is None:
        return {}
    fields = fields_of(mapping, problems)
    meant = fields.refuse_unknown(STRATEGY_KEYS, problems)
    fields.require(["matrix"], problems, meant)
    entries = {key: entry for key, entry in fields.entries.items() if key in STRATEGY_KEYS}
    if (matrix := entries.pop("matrix", None)) is not None:
        entries.update(_matrix(matrix, problems))
    return entries


def _matrix(entry: Entry, problems: Problems) -> dict[str, Entry]:
    mapping = expect_mapping(entry.value, problems)
    if mapping is None:
        return {}
    axes = {name: one for name, one in mapping.entries.items() if name not in (INCLUDE, EXCLUDE)}
    found = {name: mapping.entries[name] for name in (INCLUDE, EXCLUDE) if name in mapping.entries}
    if not axes and INCLUDE not in found:
        wrong(mapping, problems, "at least one list of values", "write 'name: [a, b]' below it")
    for name, axis in axes.items():
        _check_axis(name, axis, problems)
    if EXCLUDE in found:
        _check_excluded(found[EXCLUDE].value, axes, problems)
    whole = MapNode(mapping.source, mapping.start, mapping.end, axes)
    return {"matrix": Entry(entry.key, whole), **found}


def _check_axis(name: str, axis: Entry, problems: Problems) -> None:
    if not name.isidentifier():
        problems.add(axis.key, f"the name '{name}' cannot stand in an expression", "write letters, digits and _")
    if isinstance(axis.value, ScalarNode) and isinstance(axis.value.value, str) and "{{" in axis.value.value:
        return
    values = expect_list(axis.value, problems)
    if values is not None and not values.items:
        wrong(values, problems, "at least one value")


def _check_excluded(node: Node, axes: Mapping[str, Entry], problems: Problems) -> None:
    """What is left out must be among what there is: a name that is none would leave out nothing."""
    for item in node.items if isinstance(node, ListNode) else ():
        for name, entry in item.entries.items() if isinstance(item, MapNode) else ():
            if name not in axes:
                hint = problems.suggest(name, axes) or "take it away"
                problems.add(entry.key, f"'{name}' is none of the matrix's lists, so nothing is left out", hint)

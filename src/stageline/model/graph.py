"""What stages must satisfy to form a workflow. All that is wrong is reported at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from stageline.errors import GraphError, did_you_mean
from stageline.model.join import JoinKind
from stageline.model.stage import StageExecution

REF_LIMIT = 120
MISTAKES_SHOWN = 20


def check_graph(workflow: str, stages: Sequence[StageExecution]) -> None:
    """Raise a GraphError that lists every mistake: bad, duplicate or unknown refs, self edges, a cycle, flags."""
    known = {stage.ref_id: stage for stage in stages}
    mistakes = [] if stages else ["it has no stages"]
    if len(known) < len(stages):
        mistakes += _duplicates(stages)
    for stage in stages:
        hints = known if len(mistakes) < MISTAKES_SHOWN else ()
        mistakes += _mistakes_of(stage, known, hints)
    if not mistakes and (cycle := find_cycle({stage.ref_id: stage.requisite_stage_ref_ids for stage in stages})):
        mistakes.append("cycle: " + " -> ".join(cycle))
    if mistakes:
        raise GraphError(as_message(workflow, mistakes))


def as_message(workflow: str, mistakes: Sequence[str]) -> str:
    """The mistakes of a workflow, one a line; of very many the first."""
    shown = list(mistakes[:MISTAKES_SHOWN])
    if len(mistakes) > MISTAKES_SHOWN:
        shown.append(f"… and {len(mistakes) - MISTAKES_SHOWN} more")
    if len(shown) == 1:
        return f"workflow '{workflow}': {shown[0]}"
    return "\n  ".join([f"workflow '{workflow}':", *shown])


def _duplicates(stages: Sequence[StageExecution]) -> list[str]:
    first: dict[str, int] = {}
    mistakes = []
    for position, stage in enumerate(stages, 1):
        if stage.ref_id in first:
            mistakes.append(
                f"stage '{stage.ref_id}': the ref stands twice, at positions {first[stage.ref_id]} and {position}"
            )
        first.setdefault(stage.ref_id, position)
    return mistakes


def _mistakes_of(stage: StageExecution, known: Collection[str], hints: Collection[str]) -> list[str]:
    at = f"stage '{str(stage.ref_id)[:REF_LIMIT]}': "
    mistakes = []
    if problem := name_problem(stage.ref_id):
        mistakes.append(at + problem)
    for ref in stage.requisite_stage_ref_ids:
        if ref == stage.ref_id:
            mistakes.append(at + "it requires itself")
        elif ref not in known:
            mistakes.append(f"{at}requires '{ref}', which is no stage{did_you_mean(ref, hints)}")
    if not stage.type and not stage.tasks:
        mistakes.append(
            at + "it has neither a type nor tasks, so there is nothing to do; a 'noop' type does nothing on purpose"
        )
    if stage.join.kind is JoinKind.N_OF and stage.join.count > len(stage.requisite_stage_ref_ids):
        mistakes.append(
            f"{at}join n_of({stage.join.count}) can never be met by {len(stage.requisite_stage_ref_ids)} stages"
        )
    return mistakes + [at + problem for problem in _task_problems(stage)]


def name_problem(name: object, what: str = "ref") -> str:
    """What is wrong with a ref or an id, or the empty string: they name folders and are typed by people."""
    if not isinstance(name, str):
        return f"a {what} is a text, not {type(name).__name__}"
    if not name.strip():
        return f"a {what} is a text that is not blank"
    if len(name) > REF_LIMIT:
        return f"the {what} has {len(name)} characters; at most {REF_LIMIT} do as a name, the rest belongs into name="
    if not name.isprintable() or "/" in name or "\\" in name or name.startswith("."):
        return f"a {what} is printable, has no slash and does not begin with a dot"
    return ""


def _task_problems(stage: StageExecution) -> list[str]:
    last = len(stage.tasks) - 1
    problems = []
    if stage.tasks and not stage.tasks[0].type:
        problems.append(f"task '{stage.tasks[0].name}' has no type, and there is none before it that could choose one")
    for position, task in enumerate(stage.tasks):
        if task.stage_start and position > 0:
            problems.append(f"task '{task.name}' says stage_start, but is not the first")
        if task.stage_end and position < last:
            problems.append(f"task '{task.name}' says stage_end, but is not the last")
    return problems


def find_cycle(needs: Mapping[str, Collection[str]]) -> list[str]:
    """The refs of one cycle, its first repeated at the end, or nothing. Iterative: a chain of any length does."""
    done: set[str] = set()
    for start in needs:
        path: dict[str, None] = {}
        stack: list[tuple[str, bool]] = [(start, False)]
        while stack:
            ref, leaving = stack.pop()
            if leaving:
                del path[ref]
                done.add(ref)
            elif ref in path:
                members = list(path)
                cycle = members[members.index(ref) :]
                return [ref, *reversed(cycle)]
            elif ref not in done:
                path[ref] = None
                stack.append((ref, True))
                stack.extend((need, False) for need in needs[ref])
    return []

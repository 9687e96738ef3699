"""From the stages that an author wrote to those that the engine runs. Pure: the same list gives the same graph.

A stage without an id is called after its name. In a list each stage follows the one before it, unless it says what
it needs.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from stageline.errors import DocumentError, did_you_mean
from stageline.model.graph import REF_LIMIT
from stageline.model.retry import Retry
from stageline.model.stage import StageExecution, TaskExecution
from stageline.stages.definition import StageDefinition
from stageline.stages.fields import default_of, fields_of, is_dynamic
from stageline.stages.inner import INNER
from stageline.stages.runs_on import RunsOn, place_of

DYNAMIC = "dynamic"
PLACE = "at"
TYPE = "stage."
ELSEWHERE = ".elsewhere"
PLACING = "stage.placing"
STAY = "write 'runs-on: local' on it, and it runs here"
RUNS_ON = "runs-on"
_MOVED = frozenset({"id", "name", "needs", "timeout", "on_failure", "retry", "desc", "extras", "runs_on"})
_PLACED = (TaskExecution("place", PLACING), TaskExecution("work", ""))
_PLACEHOLDER = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)
_NO_WORD = re.compile(r"[^\w]+")


class Defaults(msgspec.Struct, frozen=True):
    """What stages get that say nothing of it; `place` tells where a stage was written down.

    `runs_on` is what the stage says that holds them.
    """

    timeout: float | None = None
    retry_delay: float | None = None
    place: Callable[[StageDefinition], str] | None = None
    runs_on: RunsOn | None = None


NO_DEFAULTS = Defaults()


def lower(stages: Sequence[StageDefinition], defaults: Defaults = NO_DEFAULTS) -> list[StageExecution]:
    """The stages of one list as the engine runs them."""
    refs = refs_of(stages)
    executions = []
    for number, (stage, ref) in enumerate(zip(stages, refs, strict=True)):
        needs = refs[number - 1 : number] if number else []
        if stage.needs is not None:
            needs = [_need(stage, name, refs) for name in stage.needs]
        executions.append(_execution(stage, ref, needs, defaults))
    return executions


def refs_of(stages: Sequence[StageDefinition]) -> list[str]:
    """What each stage is called in its list: its id, else its name as one word, made unique."""
    taken = {stage.id for stage in stages if stage.id}
    refs = []
    for stage in stages:
        ref = stage.id or _unique(slug(stage.name), taken)
        taken.add(ref)
        refs.append(ref)
    return refs


def slug(name: str) -> str:
    """The name as one word; what its placeholders stand for is not known yet."""
    return _NO_WORD.sub("-", _PLACEHOLDER.sub(" ", name)).strip("-_").lower()[: REF_LIMIT - 10] or "stage"


def _unique(ref: str, taken: set[str]) -> str:
    number, unique = 2, ref
    while unique in taken:
        unique, number = f"{ref}-{number}", number + 1
    return unique


def _need(stage: StageDefinition, name: str, refs: Sequence[str]) -> str:
    for ref in (name, slug(name)):
        if ref in refs:
            return ref
    raise DocumentError(f"stage '{stage.name}': needs '{name}', which is no stage here{did_you_mean(name, refs)}")


def _execution(stage: StageDefinition, ref: str, needs: Sequence[str], defaults: Defaults) -> StageExecution:
    defaults = msgspec.structs.replace(defaults, runs_on=_place(stage) or defaults.runs_on)
    moved = goes_elsewhere(stage, defaults.runs_on)
    return StageExecution(
        ref_id=ref,
        type=TYPE + stage.kind() + (ELSEWHERE if moved else ""),
        name=stage.name,
        tasks=_PLACED if moved and defaults.runs_on is not None and defaults.runs_on.is_open else (),
        requisite_stage_ref_ids=needs,
        context=_context(stage, defaults),
        retry=_retry(stage.retry_rule, defaults),
        timeout=defaults.timeout if stage.timeout is None and stage.bounded and not moved else stage.timeout,
        on_failure=stage.on_failure,
        resumes=stage.resumes,
    )


def _place(stage: StageDefinition) -> RunsOn | None:
    try:
        return place_of(stage.runs_on)
    except DocumentError as error:
        raise DocumentError(f"stage '{stage.name}': runs-on: {error}") from error


def kind_in(type: str) -> str:
    """The kind in the type of a stage, or of one of its tasks."""
    return type.removeprefix(TYPE).removesuffix(ELSEWHERE)


def goes_elsewhere(stage: StageDefinition, place: RunsOn | None) -> bool:
    """Whether the stage's own work is to be done on a target, or may be; DocumentError if it cannot be."""
    if place is None or place.is_here or stage.reach == "nowhere":
        return False
    if stage.reach == "here":
        raise DocumentError(f"stage '{stage.name}': {only_here(stage.kind(), place)}; {STAY}")
    return True


def only_here(kind: str, place: RunsOn) -> str:
    """What is wrong with a stage of a kind that runs here only."""
    return f"a {kind} stage cannot run on {place}"


def _context(stage: StageDefinition, defaults: Defaults) -> dict[str, Any]:
    """The fields as plain JSON. Which of them hold placeholders is noted; stages inside are lowered too."""
    context: dict[str, Any] = {}
    dynamic = []
    for field in fields_of(type(stage)):
        value = getattr(stage, field.name)
        if field.name in _MOVED or field.name in stage.nested or (not field.required and value == default_of(field)):
            continue
        plain = context[field.encode_name] = msgspec.to_builtins(value)
        if field.name not in stage.late and is_dynamic(plain):
            dynamic.append(field.encode_name)
    context.update(msgspec.to_builtins(stage.kept()))
    if dynamic:
        context[DYNAMIC] = dynamic
    if inner := stage.inner():
        context[INNER] = {key: msgspec.to_builtins(lower(stages, defaults)) for key, stages in inner.items()}
    if defaults.runs_on is not None and goes_elsewhere(stage, defaults.runs_on):
        context[RUNS_ON] = msgspec.to_builtins(defaults.runs_on)
    if defaults.place is not None and (place := defaults.place(stage)):
        context[PLACE] = place
    return context


def _retry(rule: Retry | int, defaults: Defaults) -> Retry | int:
    if isinstance(rule, int) and rule and defaults.retry_delay is not None:
        return Retry(rule, delay=defaults.retry_delay)
    return rule


def walk(stages: Sequence[StageDefinition]) -> Iterator[StageDefinition]:
    """All stages of a list, those inside of others too."""
    for stage in stages:
        yield stage
        for below in stage.inner().values():
            yield from walk(below)

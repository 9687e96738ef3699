"""A stage as its author wrote it: the fields that all kinds have, checked when the stage is made.

A kind is a subclass: its annotations are its fields, in Python and in YAML. A text with a placeholder may stand
wherever text or a number does; it is evaluated when the stage runs.
"""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, dataclass_transform

import msgspec

from stageline.errors import DocumentError, did_you_mean
from stageline.model.graph import name_problem
from stageline.model.retry import Retry
from stageline.stages.fields import Field, check_value, default_of, fields_of, is_dynamic
from stageline.stages.runs_on import RunsOn

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from stageline.model.result import TaskResult
    from stageline.stages.work import Work

FIXED = ("condition", "id", "needs", "timeout", "on_failure", "retry")
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass_transform(kw_only_default=True, field_specifiers=(msgspec.field,))
class StageType(msgspec.StructMeta):
    """Makes a class a kind of stage: frozen, its fields given by name, and checked when a stage of it is made."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> "StageType":
        settings = {"kw_only": True, "frozen": True, "rename": "kebab", "omit_defaults": True, **config}
        return super().__new__(mcls, name, bases, namespace, **settings)

    def __call__(cls, *args: Any, **values: Any) -> Any:
        stage = super().__call__(*args, **_named(cls, values))
        stage.check()
        return stage


def _named(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by the names of their fields, whether they are given by these or as YAML writes them."""
    known = {field.encode_name: field.name for field in fields_of(kind)}
    named = {known.get(name, name): value for name, value in values.items()}
    for name in named.keys() - set(known.values()):
        hint = did_you_mean(name, known.values()) or f"; it has {', '.join(known.values())}"
        raise TypeError(f"{kind.__name__} has no field '{name}'{hint}")
    return named


class StageDefinition(metaclass=StageType):
    """What every stage has.

    `body` is the key that tells the kind in YAML, `nested` the fields that hold stages, `late` those that are not
    evaluated when the stage starts, `hidden` those that no author writes. An `instant` kind takes no time worth a
    thread; one that `plans` is asked several times, and always answers by the same values of its fields. A `bounded`
    one gets the default timeout: what waits for others does not. `scope_names` are what the stages inside see by name
    beside what all see; `sees` says which inner lists see the stages of which. For those who check what was written,
    `conditions` are the fields that are true or false, and `scripts` those that hold text in some language.
    Its `reach` is where its work can be done: on any target, only here, or nowhere, as it has none but to plan.
    One that `resumes` can take it that scopes that ended badly run again in their place when a run is retried.
    The work of one that `travels` is Python text of the user's, for the executor of such; its subclasses may do more,
    and say so again.
    """

    body: ClassVar[str] = ""
    nested: ClassVar[tuple[str, ...]] = ()
    late: ClassVar[tuple[str, ...]] = (*FIXED, "runs_on")
    hidden: ClassVar[tuple[str, ...]] = ()
    instant: ClassVar[bool] = False
    bounded: ClassVar[bool] = True
    conditions: ClassVar[tuple[str, ...]] = ("condition",)
    scripts: ClassVar[Mapping[str, Literal["bash", "python"]]] = {}
    plans: ClassVar[bool] = False
    reach: ClassVar[Literal["anywhere", "here", "nowhere"]] = "here"
    resumes: ClassVar[bool] = False
    travels: ClassVar[bool] = False
    scope_names: ClassVar[tuple[str, ...]] = ()
    sees: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    name: str
    id: str | None = None
    desc: str | None = None
    condition: str | bool | None = msgspec.field(default=None, name="if")
    extras: dict[str, Any] = {}
    needs: list[str] | None = None
    timeout: Annotated[float, msgspec.Meta(gt=0)] | None = None
    on_failure: Literal["fail", "continue"] = "fail"
    runs_on: RunsOn | str | None = None

    @classmethod
    def kind(cls) -> str:
        """The name of the kind: `EmptyStage` is `empty`."""
        return _WORD.sub("-", cls.__name__.removesuffix("Stage") or cls.__name__).lower()

    @property
    def retry_rule(self) -> Retry | int:
        """When a failed attempt is followed by another."""
        return 0

    @classmethod
    def awaits(cls) -> bool:
        """Whether its work is a coroutine, for the event loop."""
        return False

    def inner(self) -> Mapping[str, Sequence["StageDefinition"]]:
        """The stages that this one holds, under the keys by which it plans them."""
        return {}

    def kept(self) -> Mapping[str, Any]:
        """What a running stage must know of its nested fields beside the stages in them."""
        return {}

    @property
    def is_nested(self) -> bool:
        """Whether it holds other stages."""
        return bool(self.nested)

    def perform(self, work: "Work") -> "TaskResult | Awaitable[TaskResult]":
        """Do the work of one execution."""
        raise NotImplementedError(f"{type(self).__name__} has no perform(self, work)")

    def check(self) -> None:
        """Raise DocumentError unless every field is what it must be."""
        at = f"{type(self).__name__} {self.name!r}"
        name: object = self.name
        if not isinstance(name, str) or not name.strip():
            raise DocumentError(f"{at}: name is a text that is not blank")
        if self.id is not None and (problem := name_problem(self.id, "stage's id")):
            raise DocumentError(f"{at}: id: {problem}")
        for field in fields_of(type(self)):
            value = getattr(self, field.name)
            if field.name not in self.nested and not is_dynamic(value):
                check_value(at, field, value)
        for key, stages in self.inner().items():
            _check_inner(at, key, stages)

    def __repr__(self) -> str:
        written = {field.name: getattr(self, field.name) for field in fields_of(type(self)) if self._says(field)}
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in written.items())})"

    def _says(self, field: Field) -> bool:
        """Whether a field was given, as opposed to left to its default."""
        return field.required or getattr(self, field.name) != default_of(field)


def _check_inner(at: str, key: str, stages: object) -> None:
    if problem := key and name_problem(key, "name of a branch"):
        raise DocumentError(f"{at}: {key!r}: {problem}")
    if not isinstance(stages, list | tuple) or not stages:
        raise DocumentError(f"{at}: {key or 'stages'} is a list of stages that is not empty")
    for stage in stages:
        if not isinstance(stage, StageDefinition):
            raise DocumentError(f"{at}: {key or 'stages'} holds {type(stage).__name__}, which is no stage")

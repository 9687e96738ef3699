"""What expressions in a running stage see: one mapping, each name computed when an expression asks for it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from stageline.stages.fields import evaluate, is_dynamic
from stageline.stages.tools import Tools
from stageline.tasks.task import EachWhenAsked, RunningStage, shared

RUN_NAMES = ("params", "stages", "jobs", "env", "run", "secrets")
SCOPE_NAMES = ("item", "loop", "key", "branch", "case", "matrix", "error", "result")
ROOTS = (*RUN_NAMES, *SCOPE_NAMES)

_TYPED: Mapping[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "decimal": Decimal,
}


class Over(Mapping[str, Any]):
    """One mapping laid over another."""

    def __init__(self, upper: Mapping[str, Any], lower: Mapping[str, Any]) -> None:
        self._upper = upper
        self._lower = lower

    def __getitem__(self, key: str) -> Any:
        return self._upper[key] if key in self._upper else self._lower[key]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys([*self._lower, *self._upper]))

    def __len__(self) -> int:
        return len(list(iter(self)))


class Names(Mapping[str, Any]):
    """The names that a stage's expressions may use; `more` are laid over all others.

    What is behind them is shared with others: who hands it on to somebody who may change it takes `own_copy`.
    """

    def __init__(self, stage: RunningStage, tools: Tools, more: Mapping[str, Any] | None = None) -> None:
        self._stage = stage
        self._tools = tools
        self._more = more or {}
        self._known: dict[str, Any] = {}

    @property
    def _names(self) -> Mapping[str, Any]:
        return shared(self._stage.names)

    def __getitem__(self, name: str) -> Any:
        if name in self._more:
            return self._more[name]
        if name not in self._known:
            self._known[name] = self._compute(name)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        seen = [name for name in SCOPE_NAMES if name in self._names]
        return iter(dict.fromkeys([*RUN_NAMES, *seen, *self._more]))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def over(self, more: Mapping[str, Any]) -> "Names":
        """The same names with others laid over them."""
        return Names(self._stage, self._tools, {**self._more, **more})

    def _compute(self, name: str) -> Any:
        names = self._names
        match name:
            case "params":
                return typed(names.get("params", {}), names.get("param-types", {}))
            case "stages":
                before = shared(self._stage.stages)
                return Over(before, names["stages"]) if "stages" in names else before
            case "jobs":
                return EachWhenAsked({ref: partial(_job, self["stages"], ref) for ref in self["stages"]})
            case "env":
                own = names.get("env", {})
                return {**self._tools.environ, **(evaluate(own, self) if is_dynamic(own) else own)}
            case "run":
                return run_facts(self._stage)
            case "secrets":
                return self._tools.secrets
            case _ if name in SCOPE_NAMES:
                return names[name]
            case _:
                raise KeyError(name)


def typed(values: Mapping[str, Any], types: Mapping[str, str]) -> dict[str, Any]:
    """Parameters as their types say: what JSON keeps as text is a date or a decimal number again."""
    return {
        name: _TYPED[types[name]](value) if types.get(name) in _TYPED and isinstance(value, str) else value
        for name, value in values.items()
    }


def types_of(params: Mapping[str, Any]) -> dict[str, str]:
    """The types of those parameters that JSON would keep as text."""
    named = {date: "date", datetime: "datetime", Decimal: "decimal"}
    return {name: named[type(value)] for name, value in params.items() if type(value) in named}


def _job(stages: Mapping[str, Any], ref: str) -> dict[str, Any]:
    job = stages[ref]
    return {**job["outputs"], "status": job["status"]}


def run_facts(stage: RunningStage) -> dict[str, Any]:
    """What `run` knows: the run's id, the workflow's name and folder, the stage, the number of the attempt."""
    names = shared(stage.names)
    return {
        "id": stage.execution.run,
        "workflow": names.get("workflow", ""),
        "folder": names.get("folder", ""),
        "stage": stage.ref_id,
        "attempt": stage.execution.attempt,
        "key": stage.execution.key,
    }

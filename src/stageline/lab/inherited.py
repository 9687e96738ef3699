"""The parameters that decide a job: its own, and those of all jobs before it. Pure.

Under a name stands the job's own value, else the one that all jobs before it agree upon. Where they do not agree, each
stands under `stage.name`; where even that has several values (a stage used twice), all of them stand there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from stageline.lab.model import Job
from stageline.lab.scalar import Scalar

Value: TypeAlias = Scalar | tuple[Scalar, ...]
Values: TypeAlias = dict[str, Value]
_Given: TypeAlias = dict[tuple[str, str], tuple[Scalar, ...]]


class Inherited:
    """Finds them for the jobs of a plan; what was found for a job is used for those behind it."""

    def __init__(self, jobs: Mapping[str, Job]) -> None:
        self._jobs = jobs
        self._given: dict[str, _Given] = {}

    def of(self, id: str) -> Values:
        """All parameters of a job, its own first."""
        job = self._jobs[id]
        own: Values = {name: param.value for name, param in job.params.items()}
        return {**own, **_named(self._before(id), own)} if job.needs else own

    def _before(self, id: str) -> _Given:
        """What the jobs before one were given, by stage and name."""
        todo = list(self._jobs[id].needs)
        while todo:
            job = self._jobs[todo[-1]]
            left = [need for need in job.needs if need not in self._given]
            todo += left
            if not left:
                todo.pop()
                self._given[job.id] = self._with_own(job)
        return self._joined(self._jobs[id])

    def _with_own(self, job: Job) -> _Given:
        given = self._joined(job)
        for name, param in job.params.items():
            key = (job.stage, name)
            given[key] = _joined(given.get(key, ()), (param.value,))
        return given

    def _joined(self, job: Job) -> _Given:
        first, *rest = [self._given[need] for need in job.needs] or [{}]
        found = dict(first)
        for given in rest:
            for key, values in given.items():
                found[key] = _joined(found[key], values) if key in found else values
        return found


def _named(given: _Given, own: Values) -> Values:
    by_name: dict[str, tuple[Scalar, ...]] = {}
    for (_, name), values in given.items():
        by_name[name] = _joined(by_name.get(name, ()), values)
    found: Values = {}
    for (stage, name), values in given.items():
        if name in own:
            continue
        short = len(by_name[name]) == 1
        found[name if short else f"{stage}.{name}"] = values[0] if len(values) == 1 else values
    return found


def _joined(one: tuple[Scalar, ...], other: tuple[Scalar, ...]) -> tuple[Scalar, ...]:
    """Both, each value once; `1` and `True` are two values."""
    if one == other and list(map(type, one)) == list(map(type, other)):
        return one
    return tuple(value for _, value in dict.fromkeys((type(value), value) for value in (*one, *other)))

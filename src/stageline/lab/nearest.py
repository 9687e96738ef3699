"""Which job of one Lab stands for which of another: the same stage, with the most parameters in common. Pure.

Parameters are all that decide a job, those of the jobs before it too: a sum over a table finds the sum over its like.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from stageline.lab.identity import encode
from stageline.lab.inherited import Values
from stageline.lab.model import Job


class Candidate(msgspec.Struct, frozen=True):
    """A job with all parameters that decide it; `ended` says when it did."""

    job: Job
    params: Values
    ended: int = 0


def distance(one: Candidate, other: Candidate) -> tuple[int, int]:
    """How much is different: parameters first, then the rest of what is declared."""
    names = {*one.params, *other.params}
    params = sum(_key(one.params, name) != _key(other.params, name) for name in names)
    return params, sum(a != b for a, b in zip(_declared(one.job), _declared(other.job), strict=True))


def nearest(to: Candidate, among: Iterable[Candidate]) -> Candidate | None:
    """The one that differs least, of several the one that ended last."""
    return min(among, key=lambda one: (*distance(one, to), -one.ended), default=None)


def pairs(old: Sequence[Candidate], new: Sequence[Candidate]) -> list[tuple[Candidate, Candidate]]:
    """Old and new jobs that stand for each other; each is in one pair at most.

    Equal parameters make a pair, else equal values of those that both sides have; and of a stage with one job left on
    each side these two are one.
    """
    found: list[tuple[Candidate, Candidate]] = []
    left_old, left_new = list(old), list(new)
    for names in (None, *_common(old, new)):
        by_params: dict[object, list[Candidate]] = {}
        for one in left_old:
            by_params.setdefault(_signature(one, names), []).append(one)
        rest = []
        for one in left_new:
            alike = by_params.get(_signature(one, names))
            if alike:
                other = alike.pop(0)
                found.append((other, one))
            else:
                rest.append(one)
        left_old, left_new = [one for alike in by_params.values() for one in alike], rest
    return found + _single(left_old, left_new)


def _single(old: Sequence[Candidate], new: Sequence[Candidate]) -> list[tuple[Candidate, Candidate]]:
    count = Counter(one.job.stage for one in new)
    before = Counter(one.job.stage for one in old)
    last = {one.job.stage: one for one in old if before[one.job.stage] == 1}
    return [(last[one.job.stage], one) for one in new if count[one.job.stage] == 1 and one.job.stage in last]


def _common(old: Sequence[Candidate], new: Sequence[Candidate]) -> list[frozenset[tuple[str, str]]]:
    """The names that jobs of both sides have, by stage: what else they have was added or taken away."""
    had = {(one.job.stage, name) for one in old for name in one.params}
    return [frozenset(had & {(one.job.stage, name) for one in new for name in one.params})]


def _signature(of: Candidate, names: frozenset[tuple[str, str]] | None) -> tuple[str, bytes]:
    stage = of.job.stage
    params = {name: value for name, value in of.params.items() if names is None or (stage, name) in names}
    return stage, encode(params)


def _key(params: Mapping[str, object], name: str) -> bytes:
    return encode(params[name]) if name in params else b""


def _declared(job: Job) -> tuple[object, ...]:
    environments = tuple(part.ingredients.environment for part in job.parts.values())
    return job.pname, job.version, environments, job.outputs, len(job.needs)

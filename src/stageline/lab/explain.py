"""Why two jobs of a stage have different ids: their own differences, and those of the jobs that they read. Pure.

What follows from another difference is not told beside it: an input that comes from a job with another id leads on to
that job, and a part of a scatter-gather that reads another part which is different is not different for that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import msgspec

from stageline.lab.compare import Difference, differences
from stageline.lab.identity import encode
from stageline.lab.model import FromJob, FromScatter, FromStep, Ingredients, Job

Texts: TypeAlias = Callable[[Job, str], Ingredients]


class Side(msgspec.Struct, frozen=True):
    """Where the jobs of one side are found. `texts` gives a part of a job with its scripts."""

    jobs: Mapping[str, Job]
    texts: Texts


class Explained(msgspec.Struct, frozen=True, omit_defaults=True):
    """A job, the one that it is compared with, and what is different. `upstream` are the jobs that this comes from."""

    job: str
    stage: str
    other: str
    differences: tuple[Difference, ...] = ()
    upstream: tuple[Explained, ...] = ()

    def causes(self) -> Iterator[tuple[str, Difference]]:
        """All differences, here and upstream, each with its stage."""
        yield from ((self.stage, one) for one in self.differences)
        for one in self.upstream:
            yield from one.causes()


class Explainer:
    """Compares jobs of two sides; a pair that comes up again is not compared again."""

    def __init__(self, old: Side, new: Side) -> None:
        self._old = old
        self._new = new
        self._known: dict[tuple[str, str], Explained] = {}

    def explain(self, old: Job, new: Job) -> Explained:
        """What makes the new job another than the old one."""
        key = (old.id, new.id)
        if key not in self._known:
            self._known[key] = self._explained(old, new)
        return self._known[key]

    def _explained(self, old: Job, new: Job) -> Explained:
        found: list[Difference] = []
        upstream: dict[str, Explained] = {}
        for name in dict.fromkeys([*old.parts, *new.parts]):
            if name not in old.parts or name not in new.parts:
                there = (name, "") if name in old.parts else ("", name)
                found.append(Difference("parts", name, *there))
                continue
            part = "" if new.scattered is None else name
            before, after = self._old.texts(old, name), self._new.texts(new, name)
            followed = self._followed(before, after, upstream)
            own = differences(before, after, part)
            found += [one for one in own if one.ingredient != "inputs" or one.name not in followed]
        found += _of_the_whole(old, new)
        return Explained(new.id, new.stage, old.id, tuple(found), tuple(upstream.values()))

    def _followed(self, old: Ingredients, new: Ingredients, upstream: dict[str, Explained]) -> frozenset[str]:
        """The inputs whose difference is one of what they come from; jobs among these are explained."""
        followed = set()
        for name, after in new.inputs.items():
            match old.inputs.get(name), after:
                case FromJob(one, output), FromJob(other, same) if output == same and one != other:
                    if self._explain_upstream(one, other, upstream):
                        followed.add(name)
                case FromScatter(_, output), FromScatter(_, same) if output == same:
                    followed.add(name)
                case FromStep(step, _, output), FromStep(again, _, same) if (step, output) == (again, same):
                    followed.add(name)
        return frozenset(followed)

    def _explain_upstream(self, old: str, new: str, upstream: dict[str, Explained]) -> bool:
        before, after = self._old.jobs.get(old), self._new.jobs.get(new)
        if before is None or after is None or before.stage != after.stage:
            return False
        upstream[new] = self.explain(before, after)
        return True


def _of_the_whole(old: Job, new: Job) -> Iterator[Difference]:
    """What a scatter-gather has beside its parts."""
    if old.scattered is None or new.scattered is None:
        return
    if old.version != new.version:
        yield Difference("version", "", old.version, new.version)
    if encode(old.scattered.example) != encode(new.scattered.example):
        yield Difference("item", "worker__arg", str(old.scattered.example), str(new.scattered.example))

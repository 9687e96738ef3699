"""A target whose folder has blanks in its path is told of where a gather would cut the paths of its workers' outputs.

`xargs` takes blanks, quotes and backslashes for something else than parts of a path, unless it is told how paths end.
Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from stageline.lab.concern import Concern
from stageline.lab.model import FromWorkers, Job
from stageline.lab.plain_paths import CUTTING

GATHER = "gather"
_XARGS = re.compile(r"\bxargs\b(?P<options>(?:\s+-[^\s|;&]+|\s+'[^']*'|\s+\d+)*)")
_WHOLE = re.compile(r"\s(-[a-zA-Z]*[0d]|--null|--delimiter)")


def cut_paths(home: str, jobs: Iterable[Job], script_of: Callable[[Job, str], str]) -> tuple[Concern, ...]:
    """A warning for each stage whose gather would cut paths below this folder; `script_of` a job and a part."""
    if not CUTTING.search(home):
        return ()
    return tuple(dict.fromkeys(_concerns(home, jobs, script_of)))


def _concerns(home: str, jobs: Iterable[Job], script_of: Callable[[Job, str], str]) -> Iterator[Concern]:
    for job in jobs:
        if job.scattered is None:
            continue
        gather = job.scattered.gather
        reads = any(isinstance(wire, FromWorkers) for wire in gather.ingredients.inputs.values())
        if reads and any(not _WHOLE.search(found["options"]) for found in _XARGS.finditer(script_of(job, GATHER))):
            yield Concern(
                gather.place,
                job.stage,
                f"xargs cuts paths at blanks and quotes, and the jobs are in {home}: "
                "write xargs -d '\\n', or give the target a base_path without any",
            )

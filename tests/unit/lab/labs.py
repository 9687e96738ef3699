"""What the tests of labs share: plans of a few runs, and what is wrong with them."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import pytest

from stageline.lab.define import Lab, Run
from stageline.lab.disk import Disk, Kind
from stageline.lab.model import Ingredients, Job, LabPlan
from stageline.lab.resolve import resolve
from stageline.load.problems import LoadError

HERE = str(PurePosixPath(__file__).parent)


def disk(files: Mapping[str, str]) -> Disk:
    """A disk with these files beside the tests; the digest of a file is its text."""
    held = {f"{HERE}/{name}": text for name, text in files.items()}

    def listing(folder: str, pattern: str, kind: Kind) -> list[str]:
        return sorted(path for path in held if PurePosixPath(path).match(f"{folder}/{pattern}"))

    return Disk(listing, held.get)


def plan(*runs: Run, files: Mapping[str, str] | None = None) -> LabPlan:
    return resolve(Lab(runs=runs), disk(files or {}))


def jobs(of: LabPlan, stage: str) -> list[Job]:
    """The jobs of a stage, in order."""
    return [job for job in of.jobs.values() if job.stage == stage]


def only(of: LabPlan, stage: str) -> Job:
    (job,) = jobs(of, stage)
    return job


def body(job: Job) -> Ingredients:
    """What the script of a simple job is made of."""
    assert job.body is not None
    return job.body.ingredients


def values(job: Job) -> dict[str, Any]:
    return {name: param.value for name, param in job.params.items()}


def refused(*runs: Run, files: Mapping[str, str] | None = None) -> LoadError:
    with pytest.raises(LoadError) as raised:
        plan(*runs, files=files)
    return raised.value


def mistakes(*runs: Run, files: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong, without the places."""
    return [
        f"{problem.path}: {problem.message}" + (f"; {problem.hint}" if problem.hint else "")
        for problem in refused(*runs, files=files).problems
    ]

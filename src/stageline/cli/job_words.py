"""What is said of a job of a Lab that has failed: its stage and parameters, where it is written, how to look closer."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from stageline.lab.layout import JOBS
from stageline.lab.model import Job
from stageline.lab.places import LOG
from stageline.lab.read import lab_folder, read_lab
from stageline.lab.run_of import job_of
from stageline.model.workflow import Workflow

SHORT = 12


def about_job(run: Workflow, path: str, home: Path) -> list[str]:
    """The job of a stage: its id, its stage with all parameters, and the place in the author's Python file."""
    job = _job(run, path, home)
    params = ", ".join(f"{name}={param.value!r}" for name, param in job.params.items())
    part = job.parts.get(_part(path)) or job.parts.get(f"step-{_part(path)}")
    place = part.place if part else job.place
    return [f"job    {job.folder}", f"stage  {job.stage}({params})", f"at     {place}"]


def debug_words(run: Workflow, path: str, home: Path) -> str:
    """The command line that opens a shell in the job's surroundings."""
    job, steps = _job(run, path, home), path.split("/")
    words = ["stageline", "debug", job.id[:SHORT], "--lab", str(lab_folder(run.names["lab"], home))]
    if job.scattered is not None:
        words += ["--part", steps[-1]]
        words += ["--item", steps[1]] if steps[1].isdigit() else []
    if run.names["runtime"] != "native":
        words.append(f"--{run.names['runtime']}")
    return shlex.join(words)


def log_of(names: Mapping[str, Any], path: str, home: Path) -> Path | None:
    """What a job of a run has said, where it has said anything."""
    lab = lab_folder(names["lab"], home)
    job = _jobs(lab).get(job_of(path))
    log = lab / JOBS / job.folder / LOG if job else None
    return log if log is not None and log.is_file() and log.stat().st_size else None


@cache
def _jobs(lab: Path) -> Mapping[str, Job]:
    return read_lab(lab).plan.jobs


def _job(run: Workflow, path: str, home: Path) -> Job:
    return read_lab(lab_folder(run.names["lab"], home)).plan.jobs[job_of(path.split("/", maxsplit=1)[0])]


def _part(path: str) -> str:
    return path.rsplit("/", maxsplit=1)[-1] if "/" in path else "run"

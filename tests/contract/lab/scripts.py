"""Runs the scripts of jobs with the real bash, as whoever starts jobs does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stageline.lab.model import Ingredients, Param
from stageline.lab.scalar import Scalar
from stageline.lab.script import job_argv, job_environment, job_files
from stageline.targets.process import Command, Ended, run

TOOLS = ("/usr/bin", "/bin")


def written(
    folder: Path,
    text: str,
    params: Mapping[str, Scalar] | None = None,
    program: str = "",
    patience: int = 1,
) -> Path:
    """The executable of a job called `work`, in a new `bin`."""
    of = Ingredients(
        pname="work",
        version="1",
        script=text,
        program=program,
        params={key: Param(value) for key, value in (params or {}).items()},
    )
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    for name, content in job_files(of, patience=patience).items():
        (folder / "bin" / name).write_text(content)
    return folder / "bin/work"


def command(
    folder: Path, executable: Path, inputs: Mapping[str, str] | None = None, path: tuple[str, ...] = TOOLS
) -> Command:
    """The command of the job, whose outputs go to `out`."""
    return Command(
        argv=job_argv(("/usr/bin/bash",), str(executable), inputs or {}),
        folder=folder / "log",
        env=job_environment(str(folder / "out"), path),
        cwd="/",
        bare=True,
    )


def execute(
    folder: Path,
    text: str,
    params: Mapping[str, Scalar] | None = None,
    inputs: Mapping[str, str] | None = None,
) -> Ended:
    """Write a script and run it."""
    return run(command(folder, written(folder, text, params), inputs))


def said(ended: Ended) -> str:
    """What a job that ended well has printed."""
    assert ended.code == 0, ended.stderr.read_text()
    return ended.stdout.read_bytes().decode()

"""A shell in exactly the surroundings of a job: its runtime, variables, arrays and inputs, and an `$out` of its own.

What the job has made stays as it is. The shell begins where the script would, and the script lies beside it.
"""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path

import msgspec
from msgspec.structs import replace

from stageline.errors import ConfigError, DomainError, UnknownName, did_you_mean
from stageline.lab.about import About
from stageline.lab.branches import GATHER, SCATTER, Branches
from stageline.lab.crew import Nobody
from stageline.lab.model import Job
from stageline.lab.runtimes import LabRuntime
from stageline.lab.unit import Unit
from stageline.lab.workshop import Workshop
from stageline.runtimes.attended import attended
from stageline.runtimes.sandbox import Runtime
from stageline.targets.process import attend

DEBUG = "debug"
_LAST = 'source "$__text"\n'
_SHELL = """\
set +euo pipefail
unset __text
PS1={prompt}
printf '%s\\n' {words} >&2
"""


class Wish(msgspec.Struct, frozen=True):
    """Which script of a job: of a scatter-gather, a part, and for a step the number of its item."""

    part: str = ""
    item: int = 0


def debug(about: About, job: Job, wish: Wish, runtime: Runtime, terminal: str) -> int:
    """Open the shell and wait for its end; answers its exit code. `terminal` is what TERM says, empty without one."""
    unit = unit_of(about, job, wish)
    folder = Path(about.places.home, DEBUG, unit.id)
    executable = folder / Path(unit.executable).name
    try:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(Path(unit.executable).parent, folder)
        (folder / "out").mkdir()
        _make_shell(executable, about.places.given.shown(str(executable)), unit)
    except OSError as error:
        why = error.args[0][0][2] if isinstance(error, shutil.Error) else error.strerror
        raise ConfigError(f"{folder} cannot be written: {why}; copy the Lab to a folder of yours") from error
    runner = LabRuntime(runtime, about.places)
    try:
        wrapped = runner.shell(replace(unit, executable=str(executable), out=str(folder / "out")), terminal)
    finally:
        runner.close()
    fed = folder / "fed"
    fed.write_bytes(wrapped.stdin)
    fed.chmod(0o600)
    return attend(attended(wrapped, fed.name, bool(terminal)), wrapped.env, bare=wrapped.bare, cwd=str(folder))


def unit_of(about: About, job: Job, wish: Wish) -> Unit:
    """The script; UnknownName names the parts that there are."""
    workshop = Workshop(about, Nobody(), {})
    if job.scattered is None:
        if wish.part or wish.item:
            raise UnknownName(f"{job.pname} is no scatter-gather: it has one script, and no parts or items")
        return workshop.unit(job)
    branches, steps = Branches(workshop, job), job.scattered.steps
    if wish.part == SCATTER:
        return branches.scatter()
    if wish.part == GATHER:
        return branches.gather()
    if wish.part not in steps:
        known = (SCATTER, *steps, GATHER)
        said = f"has no script '{wish.part}'{did_you_mean(wish.part, known)}" if wish.part else "has several scripts"
        raise UnknownName(f"{job.pname} {said}: name one with --step {'|'.join(known)}")
    if not 0 <= wish.item < len(branches.items):
        raise UnknownName(f"{job.pname} has {len(branches.items)} items, numbered from 0: there is no {wish.item}")
    branches.write_item(wish.part, wish.item)
    return branches.step(wish.part, wish.item)


def _make_shell(executable: Path, shown: str, unit: Unit) -> None:
    """Let the job's executable stop where it would become the script; it is `shown` there."""
    text = executable.read_text(encoding="utf-8")
    if not text.endswith(_LAST):
        raise DomainError(f"{unit.executable} was not made by this version: build the Lab again")
    script = f"{shown}.sh"
    words = shlex.quote(f"the script is {script}; run it with:  source {shlex.quote(script)}")
    prompt = shlex.quote(f"[{unit.name}] \\w $ ")
    executable.write_text(text.removesuffix(_LAST) + _SHELL.format(prompt=prompt, words=words), encoding="utf-8")

"""What `doctor --target` looks at: the way there, what a run needs there, and the scheduler."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

from stageline.cli.finding import Finding
from stageline.cli.session import Session
from stageline.config.reaching import open_target
from stageline.config.targets import TargetSettings
from stageline.errors import ConfigError
from stageline.runtimes.probe import answer, question
from stageline.runtimes.sandbox import Runtime
from stageline.schedulers.slurm_argv import sinfo_argv
from stageline.schedulers.slurm_calls import NoAnswer, SlurmCalls
from stageline.schedulers.slurm_parse import read_partitions
from stageline.targets.logs import as_text
from stageline.targets.target import Target

PROGRAMS = ("bash", "cat", "head", "mkdir", "mv", "rm", "sleep", "stat", "tail")
SLURM = ("sbatch", "squeue", "scancel", "scontrol", "sinfo")
WORDS = ("a b", "it's", '"', "$HOME", "\\", "*", "!x", "é")
ABSENT = 'for name; do type -P "$name" >/dev/null || echo "$name"; done'
NOT_THERE = 'for path; do [ -e "$path" ] || echo "$path"; done'
SECONDS = 45.0


def examine_target(session: Session, name: str) -> list[Finding]:
    """Look at everything that a run on this target will need."""
    settings = session.config.target(name)
    target = open_target(settings, session.home)
    try:
        base = target.base
    except ConfigError as error:
        return [Finding("connection", "everything", "", str(error), True)]
    return [
        Finding("connection", "everything", f"{settings.address or 'this machine'}, {base}", "", True),
        _words(target),
        _programs(target),
        *_transfer(target, settings),
        _space(target),
        *_paths(target, settings),
        *_runtimes(target, settings),
        *(_slurm(target) if settings.scheduler == "slurm" else ()),
    ]


def _said(target: Target, *words: str) -> str:
    """What a command says on a target; nothing if it fails."""
    done = target.call(words, timeout=SECONDS)
    return as_text(done.out) if done.code == 0 else ""


def _words(target: Target) -> Finding:
    said = _said(target, "bash", "-c", 'printf "%s\\n" "$@"', "-", *WORDS)
    kept = "words arrive as they are" if said.splitlines() == list(WORDS) else ""
    return Finding("login shell", "every command", kept, "make bash your login shell there (chsh)", True)


def _programs(target: Target) -> Finding:
    absent = _said(target, "bash", "-c", ABSENT, "-", *PROGRAMS).split()
    version = _said(target, "bash", "-c", 'echo "$BASH_VERSION"').strip()
    remedy = f"these are not there: {', '.join(absent)}"
    return Finding("bash", "work that goes on by itself", "" if absent else version, remedy, True)


def _transfer(target: Target, settings: TargetSettings) -> Iterator[Finding]:
    if settings.address is None:
        return
    said = _said(target, "rsync", "--version").splitlines()
    yield Finding("rsync there", "files", said[0] if said else "", "install rsync there, or have it on PATH", True)
    yield Finding("rsync here", "files", shutil.which("rsync") or "", "apt install rsync", True)


def _space(target: Target) -> Finding:
    lines = _said(target, "df", "-Pk", "--", target.base).splitlines()
    free = lines[-1].split()[3] if len(lines) > 1 else ""
    words = f"{int(free) * 1024 / 1e9:.1f} GB free" if free.isdigit() and int(free) else ""
    return Finding("disk", "files and logs", words, f"make room in {target.base}", True)


def _paths(target: Target, settings: TargetSettings) -> Iterator[Finding]:
    local = [settings.node_local_path] if settings.node_local_path and settings.scheduler == "local" else []
    wanted = [*settings.mount_paths, *local]
    if wanted:
        absent = _said(target, "bash", "-c", NOT_THERE, "-", *wanted).splitlines()
        found = "" if absent else ", ".join(wanted)
        yield Finding("paths", "mount_paths, node_local_path", found, f"not there: {', '.join(absent)}", True)


def _runtimes(target: Target, settings: TargetSettings) -> Iterator[Finding]:
    works = []
    for runtime in map(Runtime, settings.runtimes):
        argv = question(runtime)
        done = target.call(argv, timeout=SECONDS) if argv else None
        health = answer(runtime, done.code, as_text(done.out), done.err) if done else answer(runtime, 0, "", "")
        works.append(health.works)
        found = (health.version or "works") if health.works else ""
        yield Finding(str(runtime), "isolation of jobs", found, health.problem)
    if works and not any(works):
        yield Finding("runtimes", "isolation of jobs", "", "none of those that the target names works there", True)


def _slurm(target: Target) -> Iterator[Finding]:
    absent = _said(target, "bash", "-c", ABSENT, "-", *SLURM).split()
    remedy = f"not on PATH there: {', '.join(absent)}"
    yield Finding("slurm", "scheduler: slurm", "" if absent else "its programs are there", remedy, True)
    if absent:
        return
    calls = SlurmCalls(target)
    yield _asked("controller", lambda: f"{calls.facts.name}, Slurm {calls.facts.version}")
    yield _asked("partitions", lambda: _partitions(target))
    words = "sacct" if _asked("", lambda: "yes" if calls.has_accounting else "").found else ""
    why = "without it, logs and records say why a job failed; nothing else is needed"
    yield Finding("accounting", "who canceled a job", words, why)


def _asked(name: str, ask: Callable[[], str]) -> Finding:
    try:
        return Finding(name, "scheduler: slurm", ask(), "no answer", True)
    except (NoAnswer, ConfigError) as error:
        return Finding(name, "scheduler: slurm", "", str(error), True)


def _partitions(target: Target) -> str:
    found = read_partitions(_said(target, *sinfo_argv())).values()
    return ", ".join(f"{one.name} ({one.nodes} nodes, {one.time_limit})" for one in found if one.is_up)

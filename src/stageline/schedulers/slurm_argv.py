"""Slurm's command lines. Pure: values in, words out; no value ever becomes a part of a script.

Every submission is an array, and bears its token as its name, by which it is found again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from stageline.model.resources import Resources
from stageline.model.sbatch_options import checked_options

QUEUE_FORMAT = "%F|%K|%T|%r|%N|%j"
ACCOUNT_FIELDS = "JobID,State,ExitCode,NodeList,ReqMem,Timelimit,JobName"
LOG_MARKS = ("slurmstepd", "memory limit", "oom-kill", "CANCELLED AT")
_ENVIRONMENT = "HOME,LANG,LC_ALL,LOGNAME,PATH,SHELL,SLURM_CONF,USER"
_FILTERS = ("SQUEUE_ACCOUNT", "SQUEUE_LICENSES", "SQUEUE_NAMES", "SQUEUE_PARTITION", "SQUEUE_QOS", "SQUEUE_USERS")
_MEBIBYTE = 1 << 20


def sbatch_argv(name: str, count: int, folder: str, resources: Resources) -> tuple[str, ...]:
    """Submit an array of `count` elements, up to its script; what Slurm says of element N goes to `folder`/N.log."""
    return (
        "sbatch",
        "--parsable",
        f"--array=0-{count - 1}",
        f"--job-name={name}",
        f"--comment={name}",
        f"--chdir={folder}",
        f"--output={folder.replace('%', '%%')}/%a.log",
        "--open-mode=append",
        "--no-requeue",
        f"--export={_ENVIRONMENT}",
        *_resources(resources),
        *checked_options(resources.sbatch_opts or ()),
    )


def name_of(token: str, base: str) -> str:
    """The name of a submission in Slurm's lists, which no submission from another base folder has."""
    return f"stageline-{token}-{hashlib.sha256(base.encode('utf-8', 'surrogateescape')).hexdigest()[:12]}"


def _resources(given: Resources) -> Iterable[str]:
    if given.partition is not None:
        yield f"--partition={given.partition}"
    if given.cpus is not None:
        yield f"--cpus-per-task={given.cpus}"
    if given.mem is not None:
        yield f"--mem={max(1, -(-given.mem // _MEBIBYTE))}M"
    if given.time is not None:
        yield f"--time={max(1, -(-given.time // 60))}"


def squeue_argv() -> tuple[str, ...]:
    """What the controller knows of all jobs of this user, those that have ended a short while ago too."""
    return (*_squeue(), "--me")


def squeue_by_name_argv(name: str) -> tuple[str, ...]:
    """The same, of a submission whose job is not known."""
    return (*_squeue(), f"--name={name}")


def _squeue() -> tuple[str, ...]:
    # without SLURM_BITSTR_LEN=0, long lists of elements are cut
    unset = (word for name in _FILTERS for word in ("-u", name))
    wanted = ("--noheader", "--all", "--states=all", f"--format={QUEUE_FORMAT}")
    return ("env", *unset, "SLURM_BITSTR_LEN=0", "squeue", *wanted)


def sacct_argv() -> tuple[str, ...]:
    """What accounting knows of the jobs that are written behind it."""
    return (*_sacct(), "--jobs=")


def sacct_by_name_argv(name: str, days: int = 30) -> tuple[str, ...]:
    """The same, of a submission whose job is not known."""
    return (*_sacct(), f"--name={name}", f"--starttime=now-{days}days")


def _sacct() -> tuple[str, ...]:
    form = ("--noheader", "--parsable2", "--allocations", f"--format={ACCOUNT_FIELDS}")
    return ("env", "SLURM_BITSTR_LEN=0", "sacct", *form)


def show_job_argv(job: str) -> tuple[str, ...]:
    """All that the controller knows of a job's elements, exit codes too."""
    return ("scontrol", "--oneliner", "show", "job", job)


def show_config_argv() -> tuple[str, ...]:
    """How the cluster is set up."""
    return ("scontrol", "show", "config")


def sinfo_argv() -> tuple[str, ...]:
    """The partitions: name, state, longest time, nodes."""
    return ("sinfo", "--noheader", "--format=%P|%a|%l|%D")


def scancel_argv(elements: Iterable[str]) -> tuple[str, ...]:
    """Cancel jobs, or elements such as 12_3."""
    return ("scancel", *elements)


def scancel_by_name_argv(name: str) -> tuple[str, ...]:
    """Cancel a submission whose job is not known."""
    return ("scancel", f"--name={name}")


def log_argv(files: Iterable[str]) -> tuple[str, ...]:
    """What Slurm itself has written to these logs about the end of elements."""
    marks = (word for mark in LOG_MARKS for word in ("-e", mark))
    return ("grep", "-H", "-F", *marks, "--", *files)


def element_id(job: str, index: int) -> str:
    """How Slurm names one element."""
    return f"{job}_{index}"

"""Slurm's programs, called on a target: each question once, and an answer or the reason why there is none."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterable, Sequence

import msgspec

from stageline.errors import ConfigError, MissingDependency, TargetLost
from stageline.schedulers.slurm_argv import (
    log_argv,
    sacct_argv,
    sacct_by_name_argv,
    scancel_argv,
    scancel_by_name_argv,
    show_config_argv,
    show_job_argv,
    squeue_argv,
    squeue_by_name_argv,
)
from stageline.schedulers.slurm_parse import (
    ClusterFacts,
    Seen,
    read_accounts,
    read_facts,
    read_jobs,
    read_logs,
    read_queue,
)
from stageline.targets.logs import as_text, last_lines
from stageline.targets.target import Answer, Shared, Target

log = logging.getLogger(__name__)

Listed = dict[tuple[str, int], Seen]
PROGRAMS = ("sbatch", "squeue", "sacct", "scancel", "scontrol", "sinfo", "grep")
_UNKNOWN = "Invalid job id specified"
_TRANSIENT = (
    "Unable to contact slurm controller",
    "Socket timed out",
    "Connection refused",
    "Connection timed out",
    "connect failure",
    "Zero Bytes were transmitted",
    "temporarily unable",
    "Unexpected message received",
    "Slurm backup controller in standby",
)
_AT_A_TIME = 500
_LATER = 75


class Queue(msgspec.Struct, frozen=True):
    """What the controller knew, and how many seconds ago it had said so."""

    seen: Listed
    ago: float


class NoAnswer(Exception):
    """Slurm, or the way to it, does not answer now; the message says what was said."""


class SlurmCalls:
    """The programs of one cluster. `accounting` is whether to ask it; None: if the cluster has it."""

    def __init__(self, target: Target, accounting: bool | None = None) -> None:
        self.target = target
        self._accounting = accounting
        self._facts: ClusterFacts | None = None
        self._lock = threading.Lock()

    @property
    def facts(self) -> ClusterFacts:
        """How the cluster is set up; asked once."""
        with self._lock:
            if self._facts is None:
                self._facts = read_facts(self._ask(show_config_argv()))
            return self._facts

    @property
    def has_accounting(self) -> bool:
        """Whether sacct is worth asking."""
        return self.facts.has_accounting if self._accounting is None else self._accounting

    def queue(self, age: float = 0.0) -> Queue:
        """What the controller knows of all jobs of this user, asked by one of his processes at most so long ago."""
        argv = squeue_argv()
        heard = self._share("squeue", argv, age)
        return Queue(read_queue(self._said(argv, heard.answer)), heard.ago)

    def accounts(self, jobs: Sequence[str], age: float = 0.0) -> Listed:
        """What accounting knows of these jobs, or, where there is none that answers, the controller in full."""
        found: Listed = {}
        if self.has_accounting:
            argv = sacct_argv()
            try:
                for some in _some_at_a_time(jobs):
                    found |= read_accounts(self._said(argv, self._share("sacct", argv, age, some).answer))
            except (NoAnswer, ConfigError) as error:
                log.info("%s; so the controller is asked", error)
            else:
                return found
        for job in jobs:
            found |= read_jobs(self._ask(show_job_argv(job)))
        return found

    def named(self, name: str) -> str:
        """The job of the submission of this name, if there is one."""
        found = read_queue(self._ask(squeue_by_name_argv(name)))
        if not found and self.has_accounting:
            try:
                found = read_accounts(self._ask(sacct_by_name_argv(name)))
            except ConfigError as error:
                log.info("%s; so only the controller was asked", error)
        return max((job for job, _ in found), key=int, default="")

    def logs(self, files: Sequence[str]) -> dict[str, str]:
        """What Slurm has written to these files."""
        found: dict[str, str] = {}
        for some in _some_at_a_time(files):
            found |= read_logs(as_text(self.target.call(log_argv(some)).out))
        return found

    def cancel(self, elements: Sequence[str]) -> None:
        """Have these canceled; whether they are is another question."""
        for some in _some_at_a_time(elements):
            self._ask(scancel_argv(some))

    def cancel_named(self, name: str) -> None:
        """The same, of a submission whose job is not known."""
        self._ask(scancel_by_name_argv(name))

    def _share(self, program: str, argv: Sequence[str], age: float, items: Sequence[str] = ()) -> Shared:
        cluster = hashlib.sha256(f"{self.facts.name} {self.facts.controller}".encode()).hexdigest()[:16]
        try:
            return self.target.share(f"{program}-{cluster}", argv, age, items)
        except TargetLost as error:
            raise NoAnswer(str(error)) from error

    def _ask(self, argv: Sequence[str]) -> str:
        try:
            answer = self.target.call(argv)
        except TargetLost as error:
            raise NoAnswer(str(error)) from error
        return self._said(argv, answer)

    def _said(self, argv: Sequence[str], answer: Answer) -> str:
        program = next(word for word in argv if word in PROGRAMS)
        if answer.code == 0 or _UNKNOWN in answer.err:
            return as_text(answer.out)
        if answer.code == 127:
            raise MissingDependency(f"target '{self.target.name}': there is no {program}: is Slurm installed there?")
        if answer.code == _LATER or is_transient(answer.err):
            raise NoAnswer(_words(answer.err))
        raise ConfigError(f"target '{self.target.name}': {program}: {_words(answer.err)}")


def is_transient(said: str) -> bool:
    """Whether what a program said is about a controller that may answer later."""
    return any(mark in said for mark in _TRANSIENT)


def _words(said: str) -> str:
    return "; ".join(last_lines(said, 2)) or "it does not say why"


def _some_at_a_time(items: Sequence[str]) -> Iterable[Sequence[str]]:
    return (items[at : at + _AT_A_TIME] for at in range(0, len(items), _AT_A_TIME))

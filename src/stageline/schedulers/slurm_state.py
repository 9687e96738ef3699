"""What an element of an array is doing, from what its record, the queue, accounting and its log say of it. Pure.

The record of an undisturbed end is the truth; Slurm is asked why when there is none, or it tells of a failure. An end
is told once and never taken back.
"""

from __future__ import annotations

import signal
from enum import StrEnum

import msgspec

from stageline.model.failure import Cause, Failure
from stageline.schedulers.slurm_parse import Seen
from stageline.targets.target import Stand, State

_WAITING = frozenset({"PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT", "RESV_DEL_HOLD"})
_RUNNING = frozenset(
    {"RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED", "STOPPED", "RESIZING", "SIGNALING", "STAGE_OUT"}
)
_SETTLED = frozenset({"COMPLETED", "FAILED"})
_CAUSES = {
    "OUT_OF_MEMORY": (Cause.OUT_OF_MEMORY, "needed more memory than it had asked for"),
    "TIMEOUT": (Cause.TIMEOUT, "needed more time than it had asked for"),
    "DEADLINE": (Cause.TIMEOUT, "could not end before its deadline"),
    "NODE_FAIL": (Cause.NODE, "lost its node"),
    "BOOT_FAIL": (Cause.NODE, "had a node that could not be started"),
    "PREEMPTED": (Cause.PREEMPTED, "had to make way for a job that goes before"),
    "REVOKED": (Cause.PREEMPTED, "was moved to another cluster"),
    "CANCELLED": (Cause.CANCELED, "was canceled"),
}
_LOGGED = (
    ("oom-kill", "OUT_OF_MEMORY"),
    ("memory limit", "OUT_OF_MEMORY"),
    ("DUE TO TIME LIMIT", "TIMEOUT"),
    ("DUE TO NODE FAILURE", "NODE_FAIL"),
    ("DUE TO PREEMPTION", "PREEMPTED"),
    ("CANCELLED AT", "CANCELLED"),
)


class Phase(StrEnum):
    """Where an element is. `UNSENT`: it is not in Slurm's hands yet."""

    UNSENT = "unsent"
    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        return self in (Phase.SUCCEEDED, Phase.FAILED)


class Element(msgspec.Struct, frozen=True, kw_only=True):
    """An element as far as it is known. `reason` is why it waits; `record` is how its command ended."""

    phase: Phase
    id: str = ""
    node: str = ""
    reason: str = ""
    failure: Failure | None = None
    record: State | None = None


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of an element. `seen` is what the queue said, `account` what was asked once it had ended.

    `log` is what Slurm has written; `asked`: there is nothing more to be learned.
    """

    id: str
    record: State | None = None
    seen: Seen | None = None
    account: Seen | None = None
    log: str = ""
    log_name: str = ""
    asked: bool = False


def is_alive(state: str) -> bool:
    """Whether an element in this state may still do something."""
    return state in _WAITING or state in _RUNNING


def judge(evidence: Evidence) -> Element | None:
    """What it is doing; None when more must be asked to know."""
    record, seen = evidence.record, evidence.seen
    ended = record is not None and record.stand is Stand.ENDED
    if ended and record is not None and record.code == 0 and not record.stopped and not record.told:
        return _element(evidence, Phase.SUCCEEDED)
    state = _state(evidence)
    if not ended and state in _WAITING:
        return _element(evidence, Phase.PENDING, reason=seen.reason if seen else "")
    if not ended and state in _RUNNING:
        return _element(evidence, Phase.RUNNING)
    if state in _CAUSES:
        return _element(evidence, Phase.FAILED, failure=_by_slurm(evidence, state))
    if not evidence.asked and not (ended and state in _SETTLED):
        return None
    if ended and record is not None and record.code == 0 and not record.stopped:
        return _element(evidence, Phase.SUCCEEDED)
    return _element(evidence, Phase.FAILED, failure=_by_end(evidence))


def _state(evidence: Evidence) -> str:
    """The most telling state: what accounting, the queue, and at last the log say."""
    told = [said.state for said in (evidence.account, evidence.seen) if said is not None]
    for state in told:
        if state in _CAUSES:
            return state
    for mark, state in _LOGGED:
        if mark in evidence.log:
            return state
    return told[0] if told else ""


def _by_slurm(evidence: Evidence, state: str) -> Failure:
    cause, words = _CAUSES[state]
    said = [one for one in (evidence.account, evidence.seen) if one is not None]
    node = next((one.node for one in said if one.node), "")
    asked = {Cause.OUT_OF_MEMORY: "mem", Cause.TIMEOUT: "time"}.get(cause, "")
    amount = next((getattr(one, asked) for one in said if getattr(one, asked)), "") if asked else ""
    by = next((one.by for one in said if one.by), "")
    if cause is Cause.NODE and node:
        words = f"{words}, {node}"
    return _failure(
        evidence,
        f"job {evidence.id} {words}{f' ({amount})' if amount else ''}{f' by user {by}' if by else ''}",
        cause,
        names=(state,),
    )


def _by_end(evidence: Evidence) -> Failure:
    """The failure of what has ended by itself, or was lost with nobody to tell why."""
    record, account = evidence.record, evidence.account or evidence.seen
    if record is not None and record.stand is Stand.ENDED and record.code is not None:
        return _by_code(evidence, record.code, record.signal, record.out_of_memory)
    if account is not None and account.code is not None and (account.code or account.signal):
        number = account.signal
        name = signal.Signals(number).name.removeprefix("SIG") if number in set(signal.Signals) else ""
        return _by_code(evidence, account.code or 128 + number, name, False)
    return _failure(
        evidence,
        f"job {evidence.id} is gone, and neither its record nor Slurm tells how it ended",
        Cause.NODE if record is not None and record.stand is Stand.LOST else Cause.TASK,
    )


def _by_code(evidence: Evidence, code: int, name: str, out_of_memory: bool) -> Failure:
    if out_of_memory:
        return _failure(evidence, f"job {evidence.id} was killed: the node was out of memory", Cause.OUT_OF_MEMORY)
    if name:
        words = f"job {evidence.id} was killed by signal {name}"
        return _failure(evidence, words, Cause.SIGNAL, code=code, names=(name, f"SIG{name}"))
    return _failure(evidence, f"job {evidence.id} ended with exit code {code}", Cause.EXIT, code=code)


def _failure(
    evidence: Evidence, message: str, cause: Cause, code: int | None = None, names: tuple[str, ...] = ()
) -> Failure:
    return Failure(message, cause, code=code, names=names, log=evidence.log_name)


def _element(evidence: Evidence, phase: Phase, reason: str = "", failure: Failure | None = None) -> Element:
    said = [one for one in (evidence.account, evidence.seen) if one is not None]
    node = next((one.node for one in said if one.node), "")
    return Element(phase=phase, id=evidence.id, node=node, reason=reason, failure=failure, record=evidence.record)

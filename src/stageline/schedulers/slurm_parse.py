"""What Slurm's programs say, as values. Pure. What cannot be read is left out: half a line is no news."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

_PATHS = re.compile(r"(\w+)=(\S*)")
_SETTING = re.compile(r"^(\w+(?:\[0\])?)\s*=\s*(.*?)\s*$", re.MULTILINE)
_RANGE = re.compile(r"(\d+)(?:-(\d+)(?::(\d+))?)?")
_JOB = re.compile(r"(\d+)(?:_(?:(\d+)|\[([^\]]*)\]))?")
_BY = re.compile(r"CANCELLED by (\d+)")


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """One element of an array, as one of Slurm's programs tells it. The code and signal are its script's.

    `by` is the number of the user who canceled it, where accounting knows.
    """

    job: str
    index: int
    state: str
    reason: str = ""
    node: str = ""
    code: int | None = None
    signal: int = 0
    by: str = ""
    name: str = ""
    mem: str = ""
    time: str = ""


class ClusterFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What of a cluster's configuration matters here. An index is below `max_array_size`."""

    name: str = ""
    controller: str = ""
    version: str = ""
    max_array_size: int = 1001
    has_accounting: bool = False


class Partition(msgspec.Struct, frozen=True):
    """A part of a cluster."""

    name: str
    is_default: bool
    is_up: bool
    time_limit: str
    nodes: int


def read_job_id(said: str) -> str:
    """The job in what `sbatch --parsable` said (`12`, or `12;cluster`); empty if there is none."""
    found = re.search(r"^(\d+)(?:;\S+)?$", said, re.MULTILINE)
    return found[1] if found else ""


def read_queue(said: str) -> dict[tuple[str, int], Seen]:
    """What `squeue` said, by job and index; elements that wait are told together there, and apart here."""
    found: dict[tuple[str, int], Seen] = {}
    for line in said.splitlines():
        fields = line.split("|")
        if len(fields) != 6 or not fields[0].isdigit():
            continue
        job, indexes, state, reason, node, name = fields
        for index in expand(indexes):
            found[job, index] = Seen(
                job=job, index=index, state=state, reason=_known(reason), node=_known(node), name=name
            )
    return found


def read_accounts(said: str) -> dict[tuple[str, int], Seen]:
    """What `sacct` said, by job and index."""
    found: dict[tuple[str, int], Seen] = {}
    for line in said.splitlines():
        fields = line.split("|")
        job = _JOB.fullmatch(fields[0])
        if len(fields) != 7 or not job:
            continue
        _, state, exit_code, node, mem, time, name = fields
        code, signal = _exit_code(exit_code)
        by = _BY.match(state)
        for index in expand(job[2] or job[3] or "0"):
            found[job[1], index] = Seen(
                job=job[1],
                index=index,
                state=state.partition(" ")[0],
                node="" if node == "None assigned" else node,
                code=code,
                signal=signal,
                by=by[1] if by else "",
                name=name,
                mem=mem,
                time=time,
            )
    return found


def read_jobs(said: str) -> dict[tuple[str, int], Seen]:
    """What `scontrol --oneliner show job` said, by job and index."""
    found: dict[tuple[str, int], Seen] = {}
    for line in said.splitlines():
        values = dict(_PATHS.findall(line))
        job = values.get("ArrayJobId", "")
        if not job:
            continue
        code, signal = _exit_code(values.get("ExitCode", ""))
        for index in expand(values.get("ArrayTaskId", "")):
            found[job, index] = Seen(
                job=job,
                index=index,
                state=values.get("JobState", ""),
                reason=_known(values.get("Reason", "")),
                node=_known(values.get("NodeList", "")),
                code=code,
                signal=signal,
                name=values.get("JobName", ""),
                time=values.get("TimeLimit", ""),
            )
    return found


def read_logs(said: str) -> dict[str, str]:
    """What grep found in logs, by their paths."""
    found: dict[str, list[str]] = {}
    for line in said.splitlines():
        path, mark, words = line.partition(".log:")
        if mark:
            found.setdefault(f"{path}.log", []).append(words)
    return {path: "\n".join(lines) for path, lines in found.items()}


def read_facts(said: str) -> ClusterFacts:
    """What `scontrol show config` said."""
    settings = dict(_SETTING.findall(said))
    size = settings.get("MaxArraySize", "")
    return ClusterFacts(
        name=settings.get("ClusterName", ""),
        controller=":".join(settings[one] for one in ("SlurmctldHost[0]", "SlurmctldPort") if one in settings),
        version=settings.get("SLURM_VERSION", ""),
        max_array_size=int(size) if size.isdigit() else 1001,
        has_accounting=settings.get("AccountingStorageType", "").endswith("/slurmdbd"),
    )


def read_partitions(said: str) -> dict[str, Partition]:
    """What `sinfo` said, by name."""
    found: dict[str, Partition] = {}
    for line in said.splitlines():
        fields = line.split("|")
        if len(fields) != 4 or not fields[3].isdigit():
            continue
        name, state, limit, nodes = fields
        plain = name.removesuffix("*")
        more = found[plain].nodes if plain in found else 0
        found[plain] = Partition(plain, name.endswith("*"), state == "up", limit, int(nodes) + more)
    return found


def expand(indexes: str) -> Iterator[int]:
    """The numbers in `1,3,5-7,20-30:2%4`."""
    for part in indexes.partition("%")[0].split(","):
        if found := _RANGE.fullmatch(part):
            first, last, step = int(found[1]), int(found[2] or found[1]), int(found[3] or 1)
            yield from range(first, last + 1, max(step, 1))


def _exit_code(text: str) -> tuple[int | None, int]:
    code, colon, signal = text.partition(":")
    if not colon or not code.isdigit() or not signal.isdigit():
        return None, 0
    return int(code), int(signal)


def _known(text: str) -> str:
    return "" if text in ("None", "(null)", "N/A") else text

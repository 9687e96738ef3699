"""An experiment with nothing left open: every job with every parameter fixed, and the runs that want them. Frozen.

Whatever language an experiment was defined in, this is what it becomes; the build writes it, the runner runs it.
Jobs stand in topological order. A wire says where an input comes from.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal, TypeAlias

import msgspec

from stageline.lab.scalar import Scalar
from stageline.load.source import Place
from stageline.model.resources import Resources

RUN_METADATA = "metadata__"
STORE_BASE = "store__base"
WORK_ITEMS = "work__items"
WORKER_ARG = "worker__arg"
WORKER_ITEM = "worker__item"
WORKER_OUTS = "worker__outs"


class StageType(StrEnum):
    """How a job executes."""

    SIMPLE = "Simple"
    SCATTER_GATHER = "ScatterGather"
    WORKER = "Worker"
    GATHER = "Gather"


class Environment(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Where a script's tools come from. `path` is a lock file (uv) or an archive (image), `digest` that of its content.

    `tools` are the commands of the machine that the script may use beside the base tools. Of a lock, `extras` and
    `groups` are installed beside what all need, and `own` stands for the author's packages that it names by folders.
    """

    kind: Literal["host", "uv", "image"] = "host"
    tools: tuple[str, ...] = ()
    path: str = ""
    digest: str = ""
    python: str = ""
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    own: str = ""


class Param(msgspec.Struct, frozen=True, omit_defaults=True):
    """A parameter's value, and the digest of the file or folder it names, which the build takes into the Lab.

    `seen_as` is the path of that from the folder of the definition, if it was found from there.
    """

    value: Scalar
    digest: str = ""
    seen_as: str = ""


class FromJob(msgspec.Struct, frozen=True, tag="job"):
    """An output of another job."""

    job: str
    output: str


class FromFile(msgspec.Struct, frozen=True, tag="file"):
    """A file or folder of the author's that the build takes into the Lab."""

    path: str
    name: str
    digest: str


class FromRun(msgspec.Struct, frozen=True, tag="run"):
    """The manifest of a run that this one depends on. `digest` stands for the ids of all its jobs."""

    run: str
    digest: str


class FromStore(msgspec.Struct, frozen=True, tag="store"):
    """The folder in which all jobs' outputs are."""


class FromScatter(msgspec.Struct, frozen=True, tag="scatter"):
    """An output of the scatter, for a step or the gather. `part` is the scatter's id."""

    part: str
    output: str


class FromStep(msgspec.Struct, frozen=True, tag="step"):
    """An output of an earlier step of the same branch. `part` is that step's id."""

    step: str
    part: str
    output: str


class FromItem(msgspec.Struct, frozen=True, tag="item"):
    """The JSON file that holds the branch's item."""


class FromWorkers(msgspec.Struct, frozen=True, tag="workers"):
    """The JSON list of the last step's outputs, in the order of the items."""


Wire: TypeAlias = FromJob | FromFile | FromRun | FromStore | FromScatter | FromStep | FromItem | FromWorkers


class Ingredients(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """All that decides what a script makes: what its id is the hash of (`identity`).

    `params` are all that the stage declares; `defaults` names those of them that leave no trace in the id.
    `program` is the Python text that stands beside the script as `<pname>.py`.
    """

    pname: str
    version: str
    script: str
    program: str = ""
    environment: Environment = Environment()
    params: Mapping[str, Param] = {}
    defaults: tuple[str, ...] = ()
    inputs: Mapping[str, Wire] = {}
    outputs: Mapping[str, str] = {}


class Part(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A script with all that surrounds it: the body of a simple job, or one of those of a scatter-gather.

    `resources` are the author's hints; `place` is where its stage is written.
    """

    id: str
    ingredients: Ingredients
    resources: Resources = Resources()
    place: Place


class Scattered(msgspec.Struct, frozen=True, kw_only=True):
    """The bodies of a scatter-gather job. `steps` are in topological order; the last one's outputs are gathered.

    `example` is the `worker__arg` that items are checked against.
    """

    example: Any
    scatter: Part
    steps: Mapping[str, Part]
    last: str
    gather: Part


class Job(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A stage with every parameter fixed. `needs` are the jobs whose outputs it reads."""

    id: str
    pname: str
    version: str
    stage: str
    params: Mapping[str, Param] = {}
    outputs: Mapping[str, str] = {}
    needs: tuple[str, ...] = ()
    body: Part | None = None
    scattered: Scattered | None = None
    place: Place

    @property
    def type(self) -> StageType:
        return StageType.SIMPLE if self.scattered is None else StageType.SCATTER_GATHER

    @property
    def parts(self) -> Mapping[str, Part]:
        """The scripts of this job by the names of what they are for."""
        if self.scattered is None:
            assert self.body is not None
            return {"run": self.body}
        of = self.scattered
        return {"scatter": of.scatter, **{f"step-{name}": part for name, part in of.steps.items()}, "gather": of.gather}

    @property
    def folder(self) -> str:
        """The name of its folder: `<id>-<pname>-<version>`."""
        return f"{self.id}-{self.pname}-{self.version}"


class Origin(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who said what a parameter is: the stage's default, the call in the pipeline, or the run under a key."""

    by: Literal["default", "call", "run"]
    key: str = ""


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """A stage's place in a run's pipeline, where its parameters come from, and the jobs that it became there."""

    stage: str
    place: Place
    origins: Mapping[str, Origin]
    jobs: tuple[str, ...]


class PlannedRun(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A run with its jobs. `needs` says of each run before it whether it must have succeeded (hard) or ended (soft)."""

    name: str
    uses: tuple[Use, ...]
    needs: Mapping[str, Literal["hard", "soft"]] = {}
    groups: tuple[str, ...] = ()
    place: Place

    @property
    def jobs(self) -> tuple[str, ...]:
        """Its jobs in topological order, each once."""
        return tuple(dict.fromkeys(job for use in self.uses for job in use.jobs))


class LabPlan(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """All of an experiment: its jobs by id, and its runs by name, both with what is needed first before the rest."""

    version: str
    jobs: Mapping[str, Job] = {}
    runs: Mapping[str, PlannedRun] = {}

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The names of the runs of each group."""
        names = dict.fromkeys(group for run in self.runs.values() for group in run.groups)
        return {group: tuple(run.name for run in self.runs.values() if group in run.groups) for group in names}

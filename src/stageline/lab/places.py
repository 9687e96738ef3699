"""Where the files of a built Lab are, as texts: found once, used for every job.

What is kept of a job: its outputs in `out`, all that it said in `log`. Parts of a scatter-gather are kept beside the
jobs, each under the id of its branch, so that whoever has the same part to do finds it done.
"""

from __future__ import annotations

import os

import msgspec

from stageline.errors import ConfigError
from stageline.lab.layout import BIN, HOST_TOOLS, INPUTS, JOBS, LOCALES, ONLY_PART, OUT
from stageline.lab.model import Environment, Job
from stageline.lab.plain_paths import PlainPaths, plain_paths
from stageline.lab.read import BuiltLab
from stageline.lab.script import job_environment

LOG = "log"
BRANCHES = "branches"


class Tools(msgspec.Struct, frozen=True):
    """How scripts of one environment are started: bash, and all variables but `out`."""

    bash: str
    variables: dict[bytes, bytes]


class Places:
    """The folders of one Lab. Scripts that run here are given their paths as `given` shows them."""

    def __init__(self, lab: BuiltLab, here: bool = True) -> None:
        self.lab = lab
        home = str(lab.home.root)
        self.home = home
        self.given = plain_paths(home) if here else PlainPaths(home)
        self.jobs = str(lab.path(JOBS))
        self.records = str(lab.home.records)
        self.branches = f"{home}/{BRANCHES}"
        self.branch_records = f"{home}/{BRANCHES}/records"
        self.tools_folder = str(lab.path(HOST_TOOLS))
        self.inputs = str(lab.path(INPUTS))
        self._tools: dict[Environment, Tools] = {}

    def out(self, job: Job) -> str:
        """The folder for a job's outputs."""
        return f"{self.jobs}/{job.folder}/{OUT}"

    def log(self, job: Job) -> str:
        """All that a job said."""
        return f"{self.jobs}/{job.folder}/{LOG}"

    def executable(self, job: Job, part: str) -> str:
        """What starts a part of a job."""
        inside = BIN if part == ONLY_PART else f"{BIN}/{part}"
        return f"{self.jobs}/{job.folder}/{inside}/{job.parts[part].ingredients.pname}"

    def taken(self, path: str) -> str:
        """A file of the author's."""
        return f"{self.inputs}/{path.partition('/')[2]}"

    def tools(self, of: Environment) -> Tools:
        """The tools of an environment."""
        if of not in self._tools:
            self._tools[of] = self._found(of)
        return self._tools[of]

    def _found(self, of: Environment) -> Tools:
        folders = [f"{self.tools_folder}/{capture}" for capture in self.lab.captures(of)]
        if not folders:
            raise ConfigError(f"{self.lab.root}: the Lab has no tools for a script that it holds; build it again")
        locales = next((path for folder in folders if os.path.isdir(path := f"{folder}/{LOCALES}")), "")  # noqa: PTH112
        variables = job_environment("", [f"{folder}/{BIN}" for folder in folders], locales)
        encoded = {name.encode(): text.encode("utf-8", "surrogateescape") for name, text in variables.items()}
        return Tools(f"{folders[-1]}/{BIN}/bash", encoded)

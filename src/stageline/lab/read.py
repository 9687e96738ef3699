"""Reads a built Lab. Its documents are checked against their digests as they are read, so a Lab that was changed there
is refused, not run. Of other files only `verify` reads the content.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import msgspec
from msgspec.structs import replace

from stageline.errors import ConfigError, UnknownName, did_you_mean
from stageline.lab.identity import LENGTH
from stageline.lab.layout import (
    BIN,
    HOST_TOOLS,
    JOBS,
    LAB_METADATA,
    LOCALES,
    ONLY_PART,
    Home,
    bin_folder,
    executables,
    out_folder,
)
from stageline.lab.manifest import (
    FORMAT,
    Document,
    FileMark,
    LabMetadata,
    Metadata,
    RunEntry,
    RunManifest,
    read_document,
)
from stageline.lab.model import Environment, Ingredients, Job, LabPlan, PlannedRun


class BuiltLab(msgspec.Struct, frozen=True, eq=False, dict=True):
    """A Lab on disk. Jobs are those of the model without their texts (`ingredients`); paths in them begin at `root`."""

    root: Path
    id: str
    metadata: Metadata

    @cached_property
    def home(self) -> Home:
        """Where results are kept: what the Lab's pools lead to, or the Lab itself when it holds them."""
        return Home((self.root / JOBS).resolve().parent)

    @property
    def entries(self) -> dict[str, RunEntry]:
        """The runs by name, what is needed first before the rest."""
        return {run.name: run for run in self.metadata.runs}

    @cached_property
    def plan(self) -> LabPlan:
        """All runs and jobs; each manifest is read once."""
        runs = {name: self.manifest(name) for name in self.entries}
        jobs = {job.id: job for run in runs.values() for job in run.jobs}
        planned = {name: _planned(self.entries[name], run) for name, run in runs.items()}
        return LabPlan(version=self.metadata.version, jobs=jobs, runs=planned)

    @cached_property
    def files(self) -> Mapping[str, FileMark]:
        """All files of the Lab by path, with what they must be."""
        return read_document(self._text(self.metadata.files), dict[str, FileMark], self._where(self.metadata.files))

    def manifest(self, run: str) -> RunManifest:
        """The jobs of a run, without those of the runs before it."""
        entries = self.entries
        if run not in entries:
            known = did_you_mean(run, entries) or f"; it has {', '.join(entries) or 'none'}"
            raise UnknownName(f"the Lab has no run '{run}'{known}")
        document = entries[run].manifest
        return read_document(self._text(document), RunManifest, self._where(document))

    def path(self, inside: str) -> Path:
        """The path of something in the Lab, with no link on the way."""
        return (self.root / inside).resolve()

    def executable(self, job: Job, part: str = ONLY_PART) -> Path:
        """What starts a part of a job."""
        return self.path(executables(job)[part])

    def out(self, job: Job) -> Path:
        """The folder for the outputs of a job."""
        return self.path(out_folder(job.folder))

    def captures(self, environment: Environment) -> tuple[str, ...]:
        """The folders of `host-tools` that an environment has its programs in, in the order of its PATH."""
        for tools in self.metadata.tools:
            if tools.environment == environment:
                return tools.captures
        return ()

    def tool_folders(self, environment: Environment) -> tuple[str, ...]:
        """The folders of a PATH, as paths inside of the Lab."""
        return tuple(f"{HOST_TOOLS}/{capture}/{BIN}" for capture in self.captures(environment))

    def locales(self, environment: Environment) -> str:
        """The folder of the captured locale, as a path inside of the Lab; empty when there is none."""
        folders = (f"{HOST_TOOLS}/{capture}/{LOCALES}" for capture in self.captures(environment))
        return next((folder for folder in folders if (self.root / folder).is_dir()), "")

    def manifest_file(self, run: str) -> Path:
        """The file of a run's manifest, for those who analyse the run."""
        return self.path(self.entries[run].manifest.path)

    def ingredients(self, job: Job, part: str = ONLY_PART) -> Ingredients:
        """What a script is made of, its texts included."""
        of = job.parts[part].ingredients
        folder = bin_folder(job.folder, part)
        program = f"{folder}/{of.pname}.py"
        has_program = (self.root / program).is_file()
        script = self._read(f"{folder}/{of.pname}.sh").decode()
        return replace(of, script=script, program=self._read(program).decode() if has_program else "")

    def _text(self, document: Document) -> bytes:
        content = self._read(document.path)
        if sha256(content).hexdigest() != document.digest:
            raise ConfigError(f"{self._where(document)}: this file was changed after the build; build the Lab again")
        return content

    def _read(self, path: str) -> bytes:
        return _content(self.root / path)

    def _where(self, document: Document) -> str:
        return str(self.root / document.path)


def lab_folder(told: str, home: Path | None) -> Path:
    """Where the Lab is that a run tells of; its project, whose home this is, may have been moved since."""
    folder = Path(told)
    if home is None or folder.exists():
        return folder
    moved = Home(home).labs / folder.name
    return moved if moved.exists() else folder


def read_lab(folder: Path) -> BuiltLab:
    """The Lab in a folder, or what a link leads to; ConfigError names the file that is not as it must be."""
    root = folder.resolve()
    first = root / LAB_METADATA
    if not first.is_file():
        what = "there is no Lab here" if not root.exists() else "this is no Lab: it has no lab/lab-metadata.json"
        raise ConfigError(f"{folder}: {what}; make one with 'stageline build', or name another with --lab")
    lab = read_document(_content(first), LabMetadata, str(first))
    if lab.format != FORMAT:
        raise ConfigError(
            f"{first}: this Lab has format {lab.format}, and format {FORMAT} is read here; build it again"
        )
    path = root / lab.metadata.path
    content = _content(path)
    digest = sha256(content).hexdigest()
    if digest != lab.metadata.digest or lab.id != digest[:LENGTH]:
        raise ConfigError(f"{path}: this file was changed after the build; build the Lab again")
    return BuiltLab(root, lab.id, read_document(content, Metadata, str(path)))


def _planned(entry: RunEntry, manifest: RunManifest) -> PlannedRun:
    return PlannedRun(name=entry.name, uses=manifest.uses, needs=entry.needs, groups=entry.groups, place=entry.place)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; build the Lab again") from error

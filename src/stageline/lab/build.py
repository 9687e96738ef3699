"""Builds a Lab: what is not in the home yet is added, then the Lab appears whole, and then `result` leads to it.

Nothing that is there is taken away or changed before that, so a build that is killed leaves the Lab of before. Two
builds of the same experiment write the same bytes, whenever and wherever they are made.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import msgspec

from stageline.errors import ConfigError
from stageline.lab.capture import Capture
from stageline.lab.concern import Concern
from stageline.lab.disk import no_packages, this_disk
from stageline.lab.documents import Facts, documents_of
from stageline.lab.held import held
from stageline.lab.layout import IMAGE, LAB_METADATA, POOLS, Home, archive_path, out_folder
from stageline.lab.load import load_lab
from stageline.lab.looked_at import look_at
from stageline.lab.manifest import LabMetadata, Tools, read_document
from stageline.lab.model import Environment, Job, LabPlan
from stageline.lab.pack import pack
from stageline.lab.pool import Pool, put
from stageline.lab.portable import Portable, texts_of
from stageline.lab.python_home import is_python
from stageline.lab.read import read_lab
from stageline.lab.resolve import resolve
from stageline.lab.revision import git_revision
from stageline.lab.script_check import ScriptCheck
from stageline.lab.tools_image import image_key, put_image
from stageline.targets.archives import check_archive

Captures: TypeAlias = tuple[Capture, ...]
Capturing: TypeAlias = Callable[[Iterable[str]], Captures]
Packaging: TypeAlias = Callable[[Environment], Captures]


class BuildOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to build. `home` is where Labs and results are kept; `capture` captures the tools of a script, `packages` a
    Python with those of a lock, and `own` says what stands for those that the lock names by folders of the author's.

    Without `check` scripts are not looked at, and the Lab says so. With `image` the image for docker and podman is made
    now, not when it is first needed. `machine` is what `uname -m` says.
    """

    home: Path
    capture: Capturing
    packages: Packaging | None = None
    own: Callable[[Environment], str] = no_packages
    check: ScriptCheck | None = None
    tar: bool = False
    image: bool = False
    machine: str


class BuildReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was built. `written` files were not there before; `concerns` are what the author should look at."""

    lab: str
    root: Path
    output: Path
    runs: int
    jobs: int
    written: int
    revision: str = ""
    checked: bool = True
    concerns: tuple[Concern, ...] = ()


def build(lab_file: Path, output: Path, options: BuildOptions) -> BuildReport:
    """Build the experiment of a file, and have `output` be the link, or the tar, that leads to it.

    LoadError tells all that is wrong with it; ConfigError what is wrong with the machine or the folders.
    """
    _refuse(output, options.tar)
    plan = resolve(load_lab(lab_file), this_disk(options.own))
    with held(options.home) as home:
        return _Build(plan, lab_file, home, options).write(output)


class _Build:
    """One build, step by step."""

    def __init__(self, plan: LabPlan, lab_file: Path, home: Home, options: BuildOptions) -> None:
        self.plan = plan
        self.folder = lab_file.absolute().parent
        self.home = home
        self.options = options
        self.pool = Pool(home)
        self.portable = Portable(str(self.folder))

    def write(self, output: Path) -> BuildReport:
        captured = self._captured()
        check = self.options.check
        concerns = look_at(self.plan, {of: _names(all) for of, all in captured.items()}, check) if check else ()
        jobs = self._jobs(captured)
        runs = [self.portable.run(run) for run in self.plan.runs.values()]
        facts = self._facts(captured)
        lab = self._appear(documents_of(facts, runs, jobs, dict(sorted(self.pool.marks.items()))))
        root = self.home.labs / lab.id
        if self.options.tar:
            pack(read_lab(root), output)
        else:
            _link(output, root)
        return BuildReport(
            lab=lab.id,
            root=root,
            output=output,
            runs=len(runs),
            jobs=len(jobs),
            written=self.pool.written,
            revision=facts.revision,
            checked=facts.checked,
            concerns=concerns,
        )

    def _captured(self) -> dict[Environment, Captures]:
        """The tools of each environment; those of an image are in the image, but for the base tools."""
        captured: dict[Environment, Captures] = {}
        for job in self.plan.jobs.values():
            for part in job.parts.values():
                of = part.ingredients.environment
                if of not in captured:
                    where = f"{part.place}: {job.stage}"
                    with _placed(f"{where}.environment"):
                        self._look_at_image(of)
                        packages = self._packages(of)
                    with _placed(f"{where}.run_dependencies"):
                        captured[of] = (*packages, *self.options.capture(_from_the_machine(of)))
        return captured

    def _look_at_image(self, of: Environment) -> None:
        """An archive that the home has was looked at when it was taken in."""
        if of.kind == "image" and not (self.home.root / archive_path(of.digest, of.path)).exists():
            check_archive(Path(of.path), self.options.machine)

    def _packages(self, of: Environment) -> Captures:
        """What only a lock can give."""
        if of.kind != "uv":
            return ()
        if self.options.packages is None:
            raise ConfigError("nothing installs packages here")
        return self.options.packages(of)

    def _jobs(self, captured: Mapping[Environment, Captures]) -> dict[str, Job]:
        """All that is in the pools; answers the jobs as the manifests have them."""
        jobs: dict[str, Job] = {}
        for job in self.plan.jobs.values():
            for text in texts_of(job):
                self.pool.text(text)
            self.pool.empty(out_folder(job.folder))
            jobs[job.id] = self.portable.job(job)
        for taken in self.portable.taken.values():
            self.pool.take(taken)
        for capture in {one.digest: one for all in captured.values() for one in all}.values():
            self.pool.capture(capture)
        return jobs

    def _facts(self, captured: Mapping[Environment, Captures]) -> Facts:
        tools = [Tools(self.portable.environment(of), tuple(one.digest for one in all)) for of, all in captured.items()]
        image = image_key(tools)
        if image and self.options.image:
            self.pool.written += put_image(self.home, tools, self.options.machine)
            self.pool.folder(f"{IMAGE}/{image}")
        return Facts(
            version=self.plan.version,
            revision=git_revision(self.folder, self.home.new / "git"),
            checked=self.options.check is not None,
            tools=tuple(sorted(tools, key=lambda one: msgspec.json.encode(one.environment))),
            machine=self.options.machine,
            image=image,
        )

    def _appear(self, documents: Mapping[str, bytes]) -> LabMetadata:
        """The Lab of these documents, whole; one that is there already is only made the latest."""
        lab = read_document(documents[LAB_METADATA], LabMetadata, LAB_METADATA)
        root, new = self.home.labs / lab.id, self.home.new / "lab"
        if not _is_same(root, documents):
            for path, content in documents.items():
                put(f"{new}/{path}", content)
            for pool in POOLS:
                (new / pool).symlink_to(f"../../{pool}")
            if root.exists():
                root.rename(self.home.new / "old")
            new.rename(root)
            self.pool.written += len(documents)
        os.utime(root)
        return lab


@contextmanager
def _placed(where: str) -> Iterator[None]:
    """What is wrong is told with its place."""
    try:
        yield
    except ConfigError as error:
        raise type(error)(f"{where}: {error}") from error


def _from_the_machine(of: Environment) -> tuple[str, ...]:
    """The tools to capture: an image has its own, and a lock its own Python."""
    if of.kind == "image":
        return ()
    return tuple(name for name in of.tools if not (of.kind == "uv" and is_python(name)))


def _names(captures: Captures) -> frozenset[str]:
    return frozenset(name for capture in captures for name in capture.tools)


def _is_same(root: Path, documents: Mapping[str, bytes]) -> bool:
    if not all((root / pool).is_dir() for pool in POOLS):
        return False
    return all((root / path).is_file() and (root / path).read_bytes() == text for path, text in documents.items())


def _refuse(output: Path, tar: bool) -> None:
    """Never take the place of what no build has made."""
    if tar and output.is_dir():
        raise ConfigError(f"{output} is a folder; name a file for the tar with -o")
    is_ours = output.is_symlink() and (output / LAB_METADATA).is_file()
    if not tar and output.exists() and not is_ours:
        raise ConfigError(f"{output} is there, and is no link to a Lab; move it away, or name another place with -o")
    if not output.absolute().parent.is_dir():
        raise ConfigError(f"{output.absolute().parent} is no folder; make it, or name another place with -o")


def _link(output: Path, root: Path) -> None:
    folder = output.absolute().parent
    unnamed = folder / f".{output.name}-{os.urandom(8).hex()}"
    unnamed.symlink_to(os.path.relpath(root, folder.resolve()))
    unnamed.replace(output)

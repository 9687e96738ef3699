"""A plan as a Lab holds it: nothing in it depends on where or when it was built.

Texts of scripts are files, so they are left out; files of the author's are named by where the Lab has them; and a place
in the author's Python is told from the folder of the experiment.
"""

from __future__ import annotations

import os.path
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from stageline.lab.layout import archive_path, bin_folder, input_path
from stageline.lab.model import Environment, FromFile, Ingredients, Job, Param, Part, PlannedRun, Scattered, Wire
from stageline.lab.script import job_files
from stageline.load.source import Place

T = TypeVar("T")


class Taken(msgspec.Struct, frozen=True):
    """A file or folder of the author's that the Lab takes in, and where it puts it."""

    source: str
    digest: str
    path: str


class Text(msgspec.Struct, frozen=True):
    """One file of a job's `bin`."""

    path: str
    content: bytes
    executable: bool


class Portable:
    """Rewrites the parts of a plan. `taken` are the files that came up on the way, by their places in the Lab."""

    def __init__(self, folder: str) -> None:
        self.taken: dict[str, Taken] = {}
        self._folder = os.path.abspath(folder)  # noqa: PTH100
        self._places: dict[Place, Place] = {}
        self._environments: dict[Environment, Environment] = {}

    def job(self, job: Job) -> Job:
        """A job without its texts."""
        body = self._part(job.body) if job.body else None
        scattered = self._scattered(job.scattered) if job.scattered else None
        params = self._params(job.params)
        return replace(job, body=body, scattered=scattered, params=params, place=self.place(job.place))

    def run(self, run: PlannedRun) -> PlannedRun:
        """A run with its places."""
        uses = tuple(replace(use, place=self.place(use.place), origins=_sorted(use.origins)) for use in run.uses)
        return replace(run, uses=uses, place=self.place(run.place))

    def environment(self, of: Environment) -> Environment:
        """An environment whose lock or archive is in the Lab."""
        if of not in self._environments:
            where = archive_path if of.kind == "image" else input_path
            path = self._take(of.path, of.digest, where(of.digest, of.path)) if of.path else ""
            self._environments[of] = replace(of, path=path)
        return self._environments[of]

    def place(self, place: Place) -> Place:
        """A place as seen from the folder of the experiment; of a file elsewhere only its name is told."""
        if place not in self._places:
            file = PurePath(os.path.abspath(place.file))  # noqa: PTH100
            inside = file.is_relative_to(self._folder)
            self._places[place] = replace(place, file=str(file.relative_to(self._folder)) if inside else file.name)
        return self._places[place]

    def _scattered(self, of: Scattered) -> Scattered:
        steps = {name: self._part(part) for name, part in of.steps.items()}
        return replace(of, scatter=self._part(of.scatter), steps=steps, gather=self._part(of.gather))

    def _part(self, part: Part) -> Part:
        of = part.ingredients
        bare = replace(
            of,
            script="",
            program="",
            environment=self.environment(of.environment),
            params=self._params(of.params),
            inputs={name: self._wire(wire) for name, wire in of.inputs.items()},
        )
        return replace(part, ingredients=bare, place=self.place(part.place))

    def _params(self, params: Mapping[str, Param]) -> dict[str, Param]:
        return {name: self._param(params[name]) for name in sorted(params)}

    def _param(self, param: Param) -> Param:
        if not param.digest:
            return param
        path = str(param.value)
        self._take(path, param.digest, input_path(param.digest, path))
        return replace(param, value=param.seen_as or path)

    def _wire(self, wire: Wire) -> Wire:
        if isinstance(wire, FromFile):
            return replace(wire, path=self._take(wire.path, wire.digest, input_path(wire.digest, wire.path)))
        return wire

    def _take(self, source: str, digest: str, path: str) -> str:
        self.taken[path] = Taken(source, digest, path)
        return path


def texts_of(job: Job) -> Iterator[Text]:
    """The files of a job's `bin`. They follow from its id alone, so Labs can share them."""
    for name, part in job.parts.items():
        folder, of = bin_folder(job.folder, name), _seen(part.ingredients)
        for file, text in job_files(of).items():
            yield Text(f"{folder}/{file}", text.encode(), file == of.pname)


def _seen(of: Ingredients) -> Ingredients:
    """What can be seen at run time: without the parameters that leave no trace, and in no order of the author's."""
    return replace(of, params={name: of.params[name] for name in sorted(of.params) if name not in of.defaults})


def _sorted(named: Mapping[str, T]) -> dict[str, T]:
    return {name: named[name] for name in sorted(named)}

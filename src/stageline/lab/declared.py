"""What a stage declares, read from its attributes: names that can be names, values of the right kind.

Attributes that are functions of the parameters are asked for each combination.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, TypeAlias

import msgspec
from msgspec.structs import replace

from stageline.lab.mistakes import Mistakes
from stageline.lab.model import Environment
from stageline.lab.scalar import NAME, NotScalar, Scalar, dashed, scalar
from stageline.lab.view import params_view
from stageline.load.source import Place
from stageline.model.resource_words import BadResource, resources_of
from stageline.model.resources import Resources

Digest: TypeAlias = Callable[[str, str, Place], str | None]
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]{0,119}")
SHOWN = 60
NAME_HINT = "use at most 120 letters, digits and any of + . _ -"
OUT = "$out"
LONGEST = 200


class Looks(msgspec.Struct, frozen=True):
    """What is asked about the author's files: the digest of one, and what stands for the packages in their folders."""

    digest: Digest
    own: Callable[[Environment, str, Place], str]


class Reader:
    """Reads the attributes of one definition; what is wrong goes to the mistakes, at its place."""

    def __init__(self, mistakes: Mistakes, place: Place, name: str, attributes: Mapping[str, Any]) -> None:
        self.mistakes = mistakes
        self.place = place
        self.name = name
        self.attributes = attributes

    def wrong(self, what: str, message: str, hint: str = "") -> None:
        """Something about an attribute is wrong."""
        self.mistakes.add(self.place, f"{self.name}.{what}" if what else self.name, message, hint)

    def refuse_unknown(self, known: Sequence[str]) -> None:
        """Report attributes that do not exist."""
        for attribute in self.attributes:
            if attribute not in known:
                hint = self.mistakes.suggest(attribute, known) or f"known: {', '.join(known)}"
                self.wrong("", f"unknown attribute '{attribute}'", hint)

    def defaults(self) -> dict[str, Scalar | None]:
        """The declared parameters and their defaults; None is one that must be given."""
        given = self._mapping("params", self.attributes.get("params", {}))
        read: dict[str, Scalar | None] = {}
        for name, value in self._named("params", given).items():
            try:
                read[name] = None if value is None else scalar(value)
            except NotScalar as error:
                self.wrong(f"params.{name}", str(error))
        return read

    def text(self, attribute: str, values: Mapping[str, Scalar], default: str) -> str | None:
        """`pname` or `version`: it becomes part of the name of a folder."""
        answer = self._resolved(attribute, values, default)
        if answer is None:
            return None
        (given,) = answer
        if isinstance(given, str) and FILE_NAME.fullmatch(given):
            return given
        self.wrong(attribute, f"{cut(repr(given))} cannot be part of a folder's name", NAME_HINT)
        return None

    def folder(self, values: Mapping[str, Scalar], default: str) -> tuple[str | None, str | None]:
        """`pname`, else `default`, and `version`: with a job's id they are the name of a folder."""
        pname, version = self.text("pname", values, default), self.text("version", values, "1.0")
        if pname and version and len(pname) + len(version) > LONGEST:
            message = f"with the version it has {len(pname) + len(version)} letters, too many for a folder's name"
            self.wrong("pname", message, f"use at most {LONGEST} for both")
            return None, None
        return pname, version

    def inputs(self, values: Mapping[str, Scalar]) -> dict[str, str] | None:
        """The inputs and their defaults."""
        answer = self._resolved("inputs", values, {})
        if answer is None:
            return None
        read: dict[str, str] = {}
        for name, default in self._named("inputs", self._mapping("inputs", *answer)).items():
            if isinstance(default, str):
                read[name] = str.__str__(default)
            else:
                hint = 'a default is a path beside the stage\'s file, or "" for what must be wired'
                self.wrong(f"inputs.{name}", f"the default is {default!r}", hint)
        return read

    def outputs(self, values: Mapping[str, Scalar], schemas: Sequence[str] = ()) -> dict[str, Any] | None:
        """The outputs and their paths; those called `schemas` hold examples instead."""
        answer = self._resolved("outputs", values, {})
        if answer is None:
            return None
        read: dict[str, Any] = {}
        holders: dict[str, str] = {}
        for name, path in self._named("outputs", self._mapping("outputs", *answer)).items():
            if name in schemas:
                read[name] = path
            elif problem := _path_problem(path):
                self.wrong(f"outputs.{name}", problem, f"write '{OUT}/{name}'")
                read[name] = f"{OUT}/{name}"
            elif (first := holders.setdefault(path, name)) != name:
                self.wrong(
                    f"outputs.{name}", f"'{first}' is written to {path} as well", "give each output its own path"
                )
            else:
                read[name] = path
        return read

    def resources(self, values: Mapping[str, Scalar]) -> Resources:
        """The hints."""
        answer = self._resolved("resources", values, {})
        found = Resources()
        for key, value in (self._mapping("resources", *answer) if answer else {}).items():
            try:
                found = resources_of({key: value}).over(found)
            except BadResource as error:
                self.wrong(f"resources.{error.key}", str(error))
        return found

    def environment(self, looks: Looks, more: Sequence[str] = ()) -> Environment:
        """Where the tools come from, with the digest of what pins them."""
        given = self.attributes.get("environment", Environment())
        tools = self.attributes.get("run_dependencies", ())
        if isinstance(tools, str) or not isinstance(tools, Sequence) or not all(isinstance(one, str) for one in tools):
            self.wrong("run_dependencies", f"{tools!r} is no list of commands", "write ['python3', 'jq']")
            tools = ()
        if not isinstance(given, Environment):
            self.wrong("environment", f"{given!r} is no environment", "write uv('uv.lock') or image('image.tar')")
            given = Environment()
        found = replace(given, tools=tuple(sorted({*tools, *more})))
        if not given.path:
            return found
        where, path = f"{self.name}.environment", beside(self.place, given.path)
        found = replace(found, path=path, digest=looks.digest(path, where, self.place) or "")
        return replace(found, own=looks.own(found, where, self.place))

    def _resolved(self, attribute: str, values: Mapping[str, Scalar], default: object) -> tuple[Any] | None:
        given = self.attributes.get(attribute, default)
        if not callable(given):
            return (given,)
        path = f"{self.name}.{attribute}"
        return self.mistakes.call(path, self.place, given, params_view(values))

    def _mapping(self, attribute: str, given: Any) -> Mapping[str, Any]:
        if isinstance(given, Mapping):
            return given
        self.wrong(attribute, f"this is a mapping of names, not {given!r}", f"write {attribute}={{'name': …}}")
        return {}

    def _named(self, attribute: str, given: Mapping[Any, Any]) -> dict[str, Any]:
        """The entries whose names can be names; two that differ in dashes alone are one."""
        spelled: dict[str, str] = {}
        for name in given:
            if not isinstance(name, str) or not NAME.fullmatch(name):
                self.wrong(attribute, f"{name!r} is no name", "begin with a letter; then letters, digits, _ and -")
            elif (first := spelled.setdefault(dashed(name), name)) != name:
                self.wrong(attribute, f"'{name}' and '{first}' are the same name", "keep one of them")
        return {name: given[name] for name in spelled.values()}


def beside(place: Place, path: str) -> str:
    """A path as seen from the file of a definition."""
    return path if path.startswith("/") else str(PurePosixPath(place.file).parent / path)


def cut(text: str) -> str:
    """A text that people can read on one line."""
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _path_problem(path: object) -> str:
    if not isinstance(path, str):
        return f"the path is a text, not {path!r}"
    parts = path.split("/")
    if parts[0] not in (OUT, "${out}") or len(parts) < 2:
        return f"'{path}' does not lie below {OUT}"
    if any(part in ("", ".", "..") for part in parts[1:]):
        return f"'{path}' has a part that is empty, '.' or '..'"
    if any(one in path[len(parts[0]) :] for one in '"$`\\\n\0'):
        return f"'{path}' has a sign that bash reads as something else"
    return ""

"""A `resources.toml`: what jobs ask of a machine where their authors say nothing, and what is said over their heads.

Lowest first: `[defaults]`, `[targets.NAME]` for one target, the stage's own hints, then every one of `[[rules]]` that
matches, in order. A rule matches by `stage` and `job` patterns and by `target`; what it does not name, it matches.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from stageline.errors import did_you_mean
from stageline.lab.mistakes import Mistakes
from stageline.load.source import Place
from stageline.model.resource_words import BadResource, resources_of
from stageline.model.resources import Resources

TABLES = ("defaults", "targets", "rules")
SELECTORS = ("stage", "job", "target")
_TOML_AT = re.compile(r" \(at line (\d+), column (\d+)\)$")


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """What jobs that match are given. The patterns are those of a shell; `job` is `<id>-<pname>-<version>`."""

    stage: str = "*"
    job: str = "*"
    target: str = "*"
    gives: Resources

    def matches(self, job: Asking) -> bool:
        """Is it for this job?"""
        return (
            fnmatchcase(job.stage, self.stage)
            and fnmatchcase(job.folder, self.job)
            and fnmatchcase(job.target, self.target)
        )


class ResourceRules(msgspec.Struct, frozen=True, kw_only=True):
    """All that one file says."""

    defaults: Resources = Resources()
    targets: Mapping[str, Resources] = {}
    rules: tuple[Rule, ...] = ()


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """A job that needs resources: its stage's pname, the name of its folder, and where it is to run."""

    stage: str
    folder: str
    target: str = "local"


def effective(hints: Resources, job: Asking, rules: ResourceRules) -> Resources:
    """What a job is given in the end."""
    found = hints.over(rules.targets.get(job.target, Resources()).over(rules.defaults))
    for rule in rules.rules:
        if rule.matches(job):
            found = rule.gives.over(found)
    return found


def read_rules(text: str, name: str = "resources.toml") -> ResourceRules:
    """The rules of a file; LoadError tells all that is wrong with it."""
    reading = _Reading(text, name)
    rules = reading.rules()
    reading.mistakes.raise_any()
    return rules


class _Reading:
    """One file while it is read."""

    def __init__(self, text: str, name: str) -> None:
        self.text = text
        self.name = name
        self.mistakes = Mistakes()

    def rules(self) -> ResourceRules:
        try:
            document = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as error:
            at = _TOML_AT.search(str(error))
            place = Place(self.name, int(at[1]), int(at[2])) if at else Place(self.name, 1, 1)
            self.mistakes.add(place, "", f"this is no TOML: {_TOML_AT.sub('', str(error))}")
            return ResourceRules()
        for key in document:
            if key not in TABLES:
                hint = did_you_mean(key, TABLES).removeprefix("; ") or f"known: {', '.join(TABLES)}"
                self.wrong(key, "", key, f"unknown table '{key}'", hint)
        targets = self.table("targets", document.get("targets", {}))
        listed = document.get("rules", [])
        if not isinstance(listed, list):
            self.wrong("rules", "", "rules", "rules are a list", "write [[rules]] above each")
            listed = []
        return ResourceRules(
            defaults=self.resources("defaults", document.get("defaults", {}), "defaults"),
            targets={name: self.resources(f"targets.{name}", one, f"targets.{name}") for name, one in targets.items()},
            rules=tuple(self.rule(at, one) for at, one in enumerate(listed)),
        )

    def rule(self, at: int, given: Any) -> Rule:
        path = f"rules[{at}]"
        table = self.table(path, given)
        patterns: dict[str, str] = {}
        for key in SELECTORS:
            if isinstance(pattern := table.get(key, "*"), str):
                patterns[key] = pattern
            else:
                self.wrong("rules", key, f"{path}.{key}", f"{pattern!r} is no pattern", 'write "train-*"', at)
        rest = {key: value for key, value in table.items() if key not in SELECTORS}
        if table and not rest:
            self.wrong("rules", "", path, "the rule gives nothing", 'write what it gives: mem = "8G"', at)
        return Rule(**patterns, gives=self.resources(path, rest, "rules", at))

    def resources(self, path: str, given: Any, header: str, at: int = 0) -> Resources:
        """The resources of a table, key by key, so that each wrong one is told."""
        found = Resources()
        for key, value in self.table(path, given).items():
            try:
                found = resources_of({key: value}).over(found)
            except BadResource as error:
                self.wrong(header, key, f"{path}.{key}", str(error), "", at)
        return found

    def table(self, path: str, given: Any) -> Mapping[str, Any]:
        if isinstance(given, dict):
            return given
        self.wrong(path, "", path, f"this is a table, not {given!r}", f"write [{path}] above its keys")
        return {}

    def wrong(self, header: str, key: str, path: str, message: str, hint: str, at: int = 0) -> None:
        self.mistakes.add(_place(self.text, self.name, header, key, at), path, message, hint)


def _place(text: str, name: str, header: str, key: str, at: int) -> Place:
    """The line of a key below the header of its table, of which there may be several; else that of the header."""
    heading = re.compile(rf"\s*\[+\s*{re.escape(header)}\s*\]+")
    found, passed = 1, -1
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith("["):
            passed += heading.match(line) is not None
            inside = heading.match(line) is not None and passed == at
            found = number if inside else found
        elif passed == at and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return Place(name, number, 1)
    return Place(name, found, 1)

"""One tree of errors, split by who must act: the one who wrote or called, the work itself, or us."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages

import pytest

import stageline
from stageline import errors
from stageline.errors import (
    Canceled,
    ConfigError,
    DomainError,
    InternalError,
    MissingDependency,
    RunFailed,
    StagelineError,
    StoreError,
    UnknownName,
)
from stageline.lab.items import BadItems
from stageline.lab.run_lock import Busy
from stageline.load.problems import LoadError
from stageline.schedulers.admission import TooLarge

HALVES = (ConfigError, DomainError, InternalError)


def below(error: type[StagelineError]) -> Iterator[type[StagelineError]]:
    for one in error.__subclasses__():
        yield one
        yield from below(one)


def test_the_tree_that_is_drawn_is_the_tree_that_is_there() -> None:
    drawn = [line.strip("│├└─ ").split()[0] for line in str(errors.__doc__).splitlines()[2:]]
    tree: list[type[StagelineError]] = [StagelineError, *below(StagelineError)]
    there = {one.__name__ for one in tree if one.__module__ == errors.__name__}
    assert sorted(drawn) == sorted(there)
    for line in str(errors.__doc__).splitlines():
        if " exit " in line:
            name = line.strip("│├└─ ").split()[0]
            assert getattr(errors, name).exit_code == int(line.rpartition(" ")[2])


def test_every_error_of_a_lab_is_of_one_of_the_two_domains() -> None:
    for module in walk_packages(stageline.__path__, "stageline."):
        if module.name.startswith("stageline.lab."):
            import_module(module.name)
    ours = [one for one in below(StagelineError) if one.__module__.startswith("stageline.lab.")]
    assert {BadItems, Busy} <= set(ours)
    assert [one for one in ours if not issubclass(one, (ConfigError, DomainError))] == []


@pytest.mark.parametrize(
    ("error", "domain"),
    [
        (LoadError, ConfigError),
        (MissingDependency, ConfigError),
        (StoreError, ConfigError),
        (UnknownName, DomainError),
        (RunFailed, DomainError),
        (Canceled, DomainError),
        (BadItems, DomainError),
        (Busy, DomainError),
        (TooLarge, DomainError),
    ],
)
def test_an_error_is_of_one_domain_only(error: type[StagelineError], domain: type[StagelineError]) -> None:
    assert [one for one in HALVES if issubclass(error, one)] == [domain]

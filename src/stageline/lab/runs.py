"""The runs of a lab in the order of their dependencies; names that are wrong, unknown or circular are reported."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from stageline.lab.declared import FILE_NAME, NAME_HINT, cut
from stageline.lab.define import Lab, Run
from stageline.lab.mistakes import Mistakes
from stageline.lab.order import in_order
from stageline.model.graph import find_cycle


def runs_in_order(lab: Lab, mistakes: Mistakes) -> list[tuple[Run, Mapping[str, Literal["hard", "soft"]]]]:
    """Each run with what it needs, after what it needs."""
    runs: dict[str, Run] = {}
    for run in _runs_of(lab, mistakes):
        _check_names(run, mistakes)
        if (first := runs.setdefault(run.name, run)) is not run:
            hint = f"the first stands at {first.place}"
            mistakes.add(run.place, run.name, f"a second run is called '{run.name}'", hint)
    if not lab.runs:
        mistakes.add(lab.place, "", "the lab has no runs", "write Lab(runs=[Run(…)])")
    needs = {name: _needs(run, runs, mistakes) for name, run in runs.items()}
    if cycle := find_cycle(needs):
        place = runs[cycle[0]].place
        mistakes.add(place, cycle[0], f"the runs wait for each other: {' -> '.join(cycle)}", "take one away")
        return [(run, {}) for run in runs.values()]
    return [(runs[name], needs[name]) for name in in_order(needs)]


def _runs_of(lab: Lab, mistakes: Mistakes) -> Iterator[Run]:
    """Those of a lab's runs that are runs, their values under names."""
    version: object = lab.version
    if not isinstance(version, str) or not FILE_NAME.fullmatch(version):
        mistakes.add(lab.place, "version", f"{cut(repr(version))} cannot be a version", f'write "1.0"; {NAME_HINT}')
    for run in _listed(lab.runs):
        if not isinstance(run, Run):
            mistakes.add(lab.place, "runs", f"{run!r} is no run", "write Run(name, pipeline)")
            continue
        name: object = run.name
        params: object = run.params
        if not isinstance(name, str):
            mistakes.add(run.place, "runs", f"{cut(repr(name))} cannot be a name", NAME_HINT)
        elif not isinstance(params, Mapping):
            mistakes.add(run.place, f"{run.name}.params", f"{params!r} is no mapping", 'write {"seed": [1, 2]}')
        else:
            yield run


def groups_of(run: Run) -> tuple[str, ...]:
    """The groups that a run says it is in."""
    return _listed(run.groups)


def _check_names(run: Run, mistakes: Mistakes) -> None:
    names: list[tuple[str, object]] = [("runs", run.name), *((f"{run.name}.groups", one) for one in groups_of(run))]
    for path, name in names:
        if not isinstance(name, str) or not FILE_NAME.fullmatch(name):
            mistakes.add(run.place, path, f"{cut(repr(name))} cannot be a name", NAME_HINT)


def _needs(run: Run, runs: Mapping[str, Run], mistakes: Mistakes) -> dict[str, Literal["hard", "soft"]]:
    needs: dict[str, Literal["hard", "soft"]] = {}
    for name in _names(run, "depends_on", run.depends_on, runs, mistakes):
        needs[name] = "hard"
    for name in _names(run, "after", run.after, runs, mistakes):
        if needs.setdefault(name, "soft") == "hard":
            mistakes.add(run.place, f"{run.name}.after", f"'{name}' stands under depends_on as well", "keep one")
    return needs


def _names(run: Run, what: str, given: Any, runs: Mapping[str, Run], mistakes: Mistakes) -> Iterable[str]:
    for one in _listed(given):
        name = one.name if isinstance(one, Run) else one
        if isinstance(name, str) and name in runs and not (isinstance(one, Run) and runs[name] is not one):
            yield name
        else:
            hint = mistakes.suggest(str(name), runs) or "a run of the same Lab is meant"
            mistakes.add(run.place, f"{run.name}.{what}", f"no run of this lab is called '{name}'", hint)


def _listed(given: Any) -> tuple[Any, ...]:
    return tuple(given) if isinstance(given, Sequence) and not isinstance(given, str) else (given,)

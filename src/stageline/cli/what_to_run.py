"""The two things that `run` runs: a workflow file, and jobs of a Lab."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stageline.cli.labs import RESULT
from stageline.cli.session import Session
from stageline.errors import ConfigError, DocumentError, StoreError

if TYPE_CHECKING:
    from stageline.lab.running import Asked, RunOptions

LAB_ONLY = {
    "memory": "--mem",
    "force": "--force",
    "keep_going": "--continue-on-failure",
    "verify": "--verify",
    "runtime": "the runtime",
    "target": "--target",
    "fetch": "--fetch",
}
FILE_ONLY = {"given": "--param", "file": "--params", "name": "--workflow", "first": "--from", "only": "--only"}
PLANNED = 20


def run_file(session: Session, names: tuple[str, ...], asked: Mapping[str, Any]) -> int:
    """Run a workflow file."""
    from stageline.cli.asking import Asked, new_run
    from stageline.cli.going import go_on, show_plan
    from stageline.cli.needed import need_executor
    from stageline.engine.orchestrator import Orchestrator

    _refuse(asked, LAB_ONLY, "is about a Lab: name it with --lab")
    if len(names) != 1:
        said = f"not {len(names)}" if names else "for example: stageline run workflow.yaml"
        raise click.UsageError(f"name one workflow file, {said}; or name a Lab with --lab")
    _refuse_others(session, Path(names[0]))
    run = new_run(session, Asked(path=Path(names[0]), **{key: asked[key] for key in FILE_ONLY}))
    if asked["dry_run"]:
        return show_plan(session, run, asked["as_json"])
    need_executor(session)
    store = session.open()
    store.store(run)
    Orchestrator(store=store).start(run)
    return go_on(session, store, run, asked["as_json"])


def _refuse_others(session: Session, path: Path) -> None:
    """What can be run, and is no workflow file: the experiment, the Lab, and a run of it."""
    if path.suffix == ".py" and path.is_file():
        raise DocumentError(
            f"{path} is no workflow file; an experiment is built first: {session.say('build', str(path))}"
        )
    if path.is_dir() or (path.suffix == ".tar" and path.is_file()):
        raise DocumentError(f"{path} is no workflow file; of a Lab, say: {session.say('run', '--lab', str(path))}")
    if not path.exists() and not path.suffix and RESULT.exists():
        words = session.say("run", str(path), "--lab", str(RESULT))
        raise DocumentError(f"there is no workflow file {path}; of the Lab beside you, say: {words}")


def run_lab(session: Session, lab: Path, names: tuple[str, ...], asked: Mapping[str, Any]) -> int:
    """Run jobs of a Lab."""
    from stageline.cli.labs import say_concerns
    from stageline.cli.reaching import reach_of
    from stageline.lab.running import ask
    from stageline.lab.unpack import open_lab

    _refuse(asked, FILE_ONLY, "is about a workflow file")
    if "executor" in session.given:
        raise click.UsageError("--executor is about a workflow file: the jobs of a Lab are scripts")
    found = ask(open_lab(lab, session.home), names, _options(session, asked), _rules(session), reach_of(session))
    if not asked["dry_run"]:
        _bring(session, found, asked)
    if session.config["home"] is None and session.config["store"] is None:
        session.given["home"] = found.about.places.home
        session.at(session.start)
    say_concerns(found.concerns)
    if found.workflow is not None and not asked["dry_run"]:
        return _run(session, found, asked)
    _say_planned(session, found, asked["as_json"])
    if not asked["dry_run"] and session.has_store:
        from stageline.lab.superseded import end_superseded

        with suppress(StoreError):  # a Lab that may only be read has nothing to be tidied by us
            end_superseded(session.open(), found.about.places.home, found.standing.done)
    return 0


def _bring(session: Session, found: Asked, asked: Mapping[str, Any]) -> None:
    """Fetch what an earlier run has left on the target."""
    from stageline.lab.running import bring

    brought = bring(found, asked["fetch"] or "declared")
    if brought and session.verbosity >= 0 and not asked["as_json"]:
        click.echo(f"{len(brought)} finished {'job' if len(brought) == 1 else 'jobs'} fetched from {asked['target']}")


def _run(session: Session, found: Asked, asked: Mapping[str, Any]) -> int:
    from stageline.cli.going import go_on
    from stageline.cli.kinds import tasks_for
    from stageline.engine.orchestrator import Orchestrator
    from stageline.lab.running import open_run
    from stageline.lab.superseded import end_superseded

    run = found.workflow
    assert run is not None
    with tasks_for(session, run) as registry:
        open_run(registry.lab, found, asked["force"])
        store = session.open()
        end_superseded(store, found.about.places.home, found.standing.done, run)
        store.store(run)
        Orchestrator(store=store).start(run)
        return go_on(session, store, run, asked["as_json"], registry=registry)


def _options(session: Session, asked: Mapping[str, Any]) -> RunOptions:
    from stageline.lab.running import RunOptions
    from stageline.model.resource_words import read_memory
    from stageline.runtimes.sandbox import Runtime
    from stageline.schedulers.admission import Amount

    try:
        memory = read_memory(asked["memory"]) if asked["memory"] else 0
    except ValueError as error:
        raise click.UsageError(f"--mem: {error}") from error
    cpus = session.config["workers"] or 0
    return RunOptions(
        capacity=Amount(cpus, memory) if asked["target"] else Amount(cpus or _cpus(), memory or _memory()),
        runtime=Runtime(asked["runtime"]) if asked["runtime"] else None,
        keep_going=asked["keep_going"],
        force=asked["force"],
        verify=asked["verify"],
        target=asked["target"] or "",
        fetch=asked["fetch"] or "declared",
    )


def _cpus() -> int:
    return os.cpu_count() or 1


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _rules(session: Session) -> Any:
    from stageline.lab.about import NO_RULES

    path = session.start / "resources.toml"
    if not path.is_file():
        return NO_RULES
    from stageline.lab.resource_rules import read_rules

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}") from error
    return read_rules(text, str(path))


def _say_planned(session: Session, found: Asked, as_json: bool) -> None:
    """What would run, and why."""
    todo, jobs = found.standing.todo, found.about.plan.jobs
    if as_json:
        from stageline.cli.output import print_json

        print_json({"status": "SUCCEEDED", "finished": len(found.selection.jobs) - len(todo), "todo": dict(todo)})
        return
    if session.verbosity < 0:
        return
    finished = len(found.selection.jobs) - len(todo)
    if not todo:
        click.echo(f"nothing to do: {finished} {_jobs(finished)} finished")
        return
    perhaps = found.standing.perhaps
    may = f", {perhaps} of them only if what they read turns out to be another" if perhaps else ""
    click.echo(f"nothing is run; these {len(todo)} would be{may}, and {finished} {_jobs(finished)} finished:")
    for id in list(todo)[:PLANNED]:
        click.echo(f"  {jobs[id].folder}  {todo[id]}")
    if len(todo) > PLANNED:
        click.echo(f"  … and {len(todo) - PLANNED} more")


def _jobs(count: int) -> str:
    return "job is" if count == 1 else "jobs are"


def _refuse(asked: Mapping[str, Any], options: Mapping[str, str], words: str) -> None:
    for key, option in options.items():
        if asked[key]:
            raise click.UsageError(f"{option} {words}")

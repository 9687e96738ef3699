"""The options of `run` that are about a Lab: where it is, how its jobs run, and what is done about failures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

RUNTIMES = {
    "native": "Jobs are plain processes (the default).",
    "bwrap": "Each job in a sandbox of bubblewrap.",
    "docker": "Each job in a container of docker.",
    "podman": "Each job in a container of podman.",
}


def of_a_lab(function: F) -> F:
    """Give a command these options."""
    function = runtimes(function)
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def runtimes(function: F) -> F:
    """Give a command an option for each runtime, of which one may be said; it is `runtime`."""
    for name, words in reversed(RUNTIMES.items()):
        function = click.option(f"--{name}", is_flag=True, expose_value=False, callback=_choose, help=words)(function)
    return function


def _choose(ctx: click.Context, param: click.Parameter, said: bool) -> None:
    before = ctx.params.setdefault("runtime", None)
    if said and before not in (None, param.name):
        raise click.UsageError(f"--{before} and --{param.name} say different things: give one of them")
    if said:
        ctx.params["runtime"] = param.name


_OPTIONS: tuple[Callable[[F], F], ...] = (
    click.option("--lab", metavar="FOLDER", type=click.Path(path_type=Path), help="The Lab whose jobs are to be run."),
    click.option("--mem", "memory", metavar="16G", help="The memory for all jobs together; else that of the machine."),
    click.option("--force", is_flag=True, help="Run again what was asked for, even if it is finished."),
    click.option("--continue-on-failure", "keep_going", is_flag=True, help="Run all that does not need what failed."),
    click.option("--target", metavar="NAME", help="Where its jobs run: a target of config.toml; else this machine."),
    click.option(
        "--fetch",
        type=click.Choice(["declared", "all", "none"]),
        help="What comes here of what is made there: outputs that are declared (the default), all, or nothing.",
    ),
    click.option("--verify", is_flag=True, help="Read the Lab and the outputs of finished jobs: were they changed?"),
)

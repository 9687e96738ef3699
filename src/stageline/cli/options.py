"""What commands have in common: options that may stand before or after the command, and how a command is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from stageline.cli.session import Session, pass_session, session_of

F = TypeVar("F", bound=Callable[..., Any])


class Verb(click.Command):
    """A command; before it runs, the log is set up as its options say."""

    def invoke(self, ctx: click.Context) -> Any:
        session = session_of(ctx)
        ctx.obj = session
        from stageline.cli.logs import begin_logging

        begin_logging(session)
        return super().invoke(ctx)


def _sets(name: str) -> Callable[[click.Context, click.Parameter, object], None]:
    """Keep what an option says as a setting."""

    def keep(ctx: click.Context, param: click.Parameter, value: object) -> None:
        if value is not None:
            session_of(ctx).given[name] = value

    return keep


def _louder(ctx: click.Context, param: click.Parameter, value: int) -> None:
    session_of(ctx).verbosity += value


def _quieter(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    session_of(ctx).verbosity -= value


_OPTIONS = (
    click.option(
        "--store",
        metavar="URL",
        expose_value=False,
        callback=_sets("store"),
        help="Where runs are kept: postgresql://…",
    ),
    click.option(
        "--home",
        metavar="FOLDER",
        expose_value=False,
        callback=_sets("home"),
        help="The state folder; else .stageline.",
    ),
    click.option("-v", "--verbose", count=True, expose_value=False, callback=_louder, help="Say more; -vv says all."),
    click.option(
        "-q", "--quiet", is_flag=True, expose_value=False, callback=_quieter, help="Say only what went wrong."
    ),
    click.option(
        "--log-format",
        metavar="text|json",
        expose_value=False,
        callback=_sets("log.format"),
        help="How a line of the log looks.",
    ),
    click.option(
        "--color",
        metavar="auto|always|never",
        expose_value=False,
        callback=_sets("color"),
        help="Colour and live view.",
    ),
)


def common_names() -> frozenset[str]:
    """The names of the options that all commands have."""
    return frozenset({"store", "home", "verbose", "quiet", "log_format", "color"})


def common(function: F) -> F:
    """Give a command the options that all have."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def verb(**more: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function a command that has the common options; its docstring is its help."""

    def make(function: Callable[..., Any]) -> click.Command:
        name = function.__module__.rpartition(".")[2]
        return click.command(more.pop("name", name), cls=Verb, **more)(common(function))

    return make


as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


def params(function: F) -> F:
    """Give a command the options that hand in parameters, as `given` and `file`."""
    file = click.option(
        "-P",
        "--params",
        "file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="Parameters from a YAML or JSON file.",
    )
    given = click.option(
        "-p", "--param", "given", multiple=True, metavar="KEY=VALUE", help="A parameter; may be said several times."
    )
    return given(file(function))


workers = click.option(
    "-j",
    "--workers",
    metavar="N",
    expose_value=False,
    callback=_sets("workers"),
    help="How many tasks run at a time.",
)


def executor(function: F) -> F:
    """Give a command the options that say where Python work runs."""
    where = click.option(
        "--executor",
        metavar="local|dask",
        expose_value=False,
        callback=_sets("executor"),
        help="Where python and call stages run.",
    )
    address = click.option(
        "--scheduler-address",
        metavar="ADDRESS",
        expose_value=False,
        callback=_sets("dask.scheduler-address"),
        help="The Dask scheduler, tcp://…; else a small cluster is made.",
    )
    return where(address(function))


__all__ = ["Session", "Verb", "as_json", "common", "executor", "params", "pass_session", "verb", "workers"]

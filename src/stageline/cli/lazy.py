"""A group whose commands are imported when they are called, or asked for help; their list is a table."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import click

from stageline.cli.table import ENTRIES, SECTIONS
from stageline.errors import did_you_mean


@contextmanager
def _well_read() -> Iterator[None]:
    """Whoever has read enough of what is printed, as `head` does, makes no failure of it; click would."""
    try:
        yield
    except BrokenPipeError as error:
        from stageline.cli.output import nobody_reads

        nobody_reads()
        raise click.exceptions.Exit(0) from error


class LazyGroup(click.Group):
    """The commands of the table."""

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        with _well_read():
            return super().make_context(*args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        with _well_read():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(ENTRIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = ENTRIES.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = import_module(entry.place).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in ENTRIES and not args[0].startswith("-"):
            hint = did_you_mean(args[0], ENTRIES) or "; `stageline --help` lists the commands"
            ctx.fail(f"no command '{args[0]}'{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(len(name) for name in ENTRIES)
        for title, entries in SECTIONS:
            with formatter.section(title):
                formatter.write_dl([(entry.name.ljust(width), entry.help) for entry in entries])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        own = [CompletionItem(e.name, help=e.help) for e in ENTRIES.values() if e.name.startswith(incomplete)]
        return own if own and incomplete[:1] != "-" else click.Command.shell_complete(self, ctx, incomplete)

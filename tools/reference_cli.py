"""The pages of the command line: each command as it describes itself, and all settings."""

from collections.abc import Iterator, Sequence
from importlib import import_module

import click

from stageline.cli.main import stageline
from stageline.cli.options import common_names
from stageline.cli.session import Session
from stageline.cli.table import SECTIONS, Entry
from stageline.config.kinds import shown
from stageline.config.settings import SETTINGS
from tools.reference_words import table


def commands() -> str:
    """Every command: what it does, its arguments and its options."""
    parts = []
    for title, entries in SECTIONS:
        parts.append(f"## {title}")
        parts += [text for entry in entries for text in _command(entry)]
    return "\n\n".join(parts)


def command_list() -> str:
    """All commands in a table."""
    rows = [(f"[`{entry.name}`](#{entry.name})", entry.help) for _, entries in SECTIONS for entry in entries]
    return table(["command", "what it does"], rows)


def common_options() -> str:
    """The options that all commands have."""
    return _options([param for param in stageline.params if param.name in common_names()], stageline)


def _command(entry: Entry) -> Iterator[str]:
    command: click.Command = import_module(entry.place).command
    context = click.Context(command, info_name=f"stageline {entry.name}", obj=Session())
    yield f"### {entry.name}"
    yield f"```text\n{' '.join([f'stageline {entry.name}', *command.collect_usage_pieces(context)])}\n```"
    yield " ".join((command.help or "").split())
    own = [param for param in command.params if param.name not in common_names() and isinstance(param, click.Option)]
    if own:
        yield _options(own, command)


def _options(params: Sequence[click.Parameter], command: click.Command) -> str:
    context = click.Context(command, obj=Session())
    records = [record for param in params if (record := param.get_help_record(context)) is not None]
    return table(["option", "meaning"], [(f"`{name}`".replace("|", "\\|"), text) for name, text in records])


def settings() -> str:
    """Every setting: its name in a file, its variables, what it takes."""
    parts = []
    for setting in SETTINGS:
        variables = ", ".join(f"`{name}`" for name in (setting.variable, *setting.aliases))
        default = f"`{shown(setting.default)}`" if setting.default not in (None, ()) else "—"
        rows = [("in the environment", variables), ("takes", setting.takes), ("default", default)]
        parts.append(f"## {setting.name}\n\n{setting.meaning}\n\n" + table(["", ""], rows))
    return "\n\n".join(parts)

"""The table of commands says what the modules of the commands say."""

from importlib import import_module

import click
import pytest

from stageline.cli.table import ENTRIES, SECTIONS


@pytest.mark.parametrize("name", list(ENTRIES))
def test_each_command_is_the_one_of_the_table(name: str) -> None:
    command = import_module(ENTRIES[name].place).command
    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help


def test_each_command_stands_in_one_section() -> None:
    names = [entry.name for _, entries in SECTIONS for entry in entries]
    assert sorted(names) == sorted(ENTRIES)

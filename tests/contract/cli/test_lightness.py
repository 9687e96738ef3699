"""What is not needed is not imported: a command answers at once."""

import subprocess
import sys

import pytest

from tests.contract.cli.calling import Project
from tests.contract.cli.workflows import SLOW

HEAVY = ("rich", "jinja2", "asyncio", "psycopg", "importlib.metadata", "concurrent.futures", "ssl", "email")


def imported(project: Project, *arguments: str) -> set[str]:
    """The modules that a call has imported."""
    program = (
        "import sys\nfrom stageline.cli.main import run\n"
        f"code = run({list(arguments)!r})\nprint(*sys.modules, file=sys.stderr)\nsys.exit(code)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=project.folder, env=project.env
    )
    return set(said.stderr.split())


@pytest.mark.parametrize("arguments", [("--help",), ("--version",)])
def test_the_list_of_commands_imports_no_command_and_nothing_heavy(project: Project, arguments: tuple[str]) -> None:
    modules = imported(project, *arguments)
    assert not [name for name in modules if name.startswith("stageline.cli.commands.")]
    assert not modules & {*HEAVY, "msgspec", "yaml", "sqlite3", "logging"}


def test_a_run_in_a_pipe_imports_nothing_that_it_does_not_need(project: Project) -> None:
    project.write("w.yml", SLOW)
    project.write("go", "")
    assert not imported(project, "run", "w.yml") & set(HEAVY)


def test_a_list_imports_neither_the_loader_nor_the_engines_loop(project: Project) -> None:
    project.write("w.yml", SLOW)
    project.write("go", "")
    project.call("run", "w.yml")
    assert not imported(project, "list") & {*HEAVY, "yaml", "stageline.engine.processor"}

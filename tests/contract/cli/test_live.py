"""The live view at a terminal: a tree that is drawn again, with times and last lines, and Ctrl-C as a key."""

import re

from tests.contract.cli.calling import Project
from tests.contract.cli.terminal import CTRL_C, Terminal
from tests.contract.cli.workflows import ASKING, FAILING, SLOW, STUBBORN

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def last_picture(terminal: Terminal) -> list[str]:
    """The lines since the run was last drawn."""
    text = ESCAPES.sub("", terminal.drawn).replace("\r", "\n")
    lines = [line.rstrip() for line in text.split("\n") if line.strip()]
    heads = [number for number, line in enumerate(lines) if re.match(r"(RUNNING|FAILED|SUCCEEDED|PAUSED) ", line)]
    return lines[heads[-1] :]


def test_the_tree_shows_states_times_and_the_last_line_of_what_runs(project: Project) -> None:
    project.write("w.yml", SLOW)
    terminal = Terminal(project, "run", "w.yml")
    terminal.until("waiting")
    assert "\x1b[" in terminal.drawn
    project.write("go", "")
    assert terminal.end() == 0
    picture = last_picture(terminal)
    assert picture[0].startswith("SUCCEEDED  slow")
    assert [line.split()[:2] for line in picture[1:4]] == [["✓", "first"], ["✓", "slow"], ["✓", "last"]]


def test_nested_stages_stand_below_theirs_and_a_failure_is_told_at_the_end(project: Project) -> None:
    project.write("w.yml", FAILING)
    terminal = Terminal(project, "run", "w.yml")
    assert terminal.end() == 1
    picture = "\n".join(last_picture(terminal))
    assert re.search(r"✗ +inner bash", picture)
    assert "cause  the script ended with exit code 1" in picture
    assert "stageline retry" in picture


def test_ctrl_c_once_stops_in_order(project: Project) -> None:
    project.write("w.yml", SLOW)
    terminal = Terminal(project, "run", "w.yml")
    terminal.until("waiting")
    terminal.press(CTRL_C)
    assert terminal.end() == 130
    assert "stageline resume" in terminal.drawn
    assert project.last()["status"] == "PAUSED"


def test_ctrl_c_twice_kills(project: Project) -> None:
    project.write("w.yml", STUBBORN)
    terminal = Terminal(project, "run", "w.yml")
    terminal.until("here")
    terminal.press(CTRL_C)
    terminal.until("PAUSED")
    terminal.press(CTRL_C)
    assert terminal.end() == 130
    assert "what has finished is kept" not in terminal.drawn


def test_a_stage_that_waits_says_what_for(project: Project) -> None:
    project.write("w.yml", ASKING)
    terminal = Terminal(project, "run", "w.yml")
    terminal.until("stageline signal")
    run = project.runs()[0]["id"]
    project.call("signal", run, "gate", "approved=true", "by=me")
    assert terminal.end() == 0


def test_without_colour_there_are_lines_even_at_a_terminal(project: Project) -> None:
    project.write("w.yml", FAILING)
    terminal = Terminal(project, "run", "w.yml", "--color", "never")
    assert terminal.end() == 1
    assert "\x1b[" not in terminal.drawn
    assert "started    first" in terminal.drawn

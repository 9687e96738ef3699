"""What a dead processor has left running is ended before its work is done again."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from stageline import StageExecution, Workflow
from tests.crash.crew import Crew, Place, all_ended, begin, until
from tests.proc import proc_files

# The first time it leaves a process behind that has a session of its own, and waits; the second time it does nothing.
COMMAND = """
if mkdir "$FOLDER/$NAME" 2>/dev/null; then
  setsid sleep "$MARK" &
  touch "$FOLDER/$NAME/begun"
  until [ -e "$FOLDER/release" ]; do sleep 0.05; done
fi
"""
SCRIPT = """
import os, subprocess, time
if not os.path.exists(INPUT["folder"] + "/" + INPUT["name"]):
    os.mkdir(INPUT["folder"] + "/" + INPUT["name"])
    subprocess.Popen(["sleep", INPUT["mark"]], start_new_session=True)
    open(INPUT["folder"] + "/" + INPUT["name"] + "/begun", "w").close()
    time.sleep(60)
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(f"sqlite:///{tmp_path}/runs.db", tmp_path)


@pytest.fixture
def marks() -> Iterator[list[str]]:
    """Three durations of sleeps by which they are known; none of these is left when the test has ended."""
    marks = [str(random.randint(10**6, 10**8)) for _ in range(3)]
    yield marks
    for mark in marks:
        for pid in sleepers(mark):
            os.kill(pid, signal.SIGKILL)


def sleepers(mark: str) -> list[int]:
    """The processes that sleep for so long."""
    found = []
    for entry in proc_files("cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", mark.encode()]:
            found.append(int(entry.parent.name))
    return found


def shell(place: Place, name: str, mark: str) -> StageExecution:
    env = {"FOLDER": str(place.folder), "NAME": name, "MARK": mark}
    return StageExecution(ref_id=name, type="shell", context={"command": COMMAND, "env": env})


def python(place: Place, name: str, mark: str) -> StageExecution:
    inputs = {"folder": str(place.folder), "name": name, "mark": mark}
    return StageExecution(ref_id=name, type="python", context={"script": SCRIPT, "inputs": inputs})


@pytest.mark.parametrize("kind", [shell, python])
def test_what_a_dead_processor_left_running_is_gone_when_its_run_was_taken_over(
    processes: ForkServerContext, place: Place, marks: list[str], kind: Callable[[Place, str, str], StageExecution]
) -> None:
    mark = marks[0]
    begin(place, [Workflow.create("leaving", [kind(place, "stage", mark)])])
    with Crew(processes, place) as crew:
        (first,) = crew.start()
        until(lambda: (place.folder / "stage" / "begun").exists() and bool(sleepers(mark)), "it works")
        crew.kill(first)
        assert sleepers(mark)
        crew.start()
        until(lambda: all_ended(place), "the run was finished")
        assert sleepers(mark) == []


def test_what_a_dead_helper_left_running_is_gone_when_its_task_was_taken_over(
    processes: ForkServerContext, place: Place, marks: list[str]
) -> None:
    names = {"one": marks[0], "two": marks[1]}
    begin(place, [])
    with Crew(processes, place) as crew:
        both = crew.start(2, slots=1)
        until(lambda: len(place.rows("SELECT pid FROM processors")) == 2, "both are there")
        begin(place, [Workflow.create("leaving", [shell(place, name, mark) for name, mark in names.items()])])
        until(lambda: all((place.folder / name / "begun").exists() for name in names), "both work")
        ((owner,),) = place.rows("SELECT p.pid FROM runs r JOIN processors p ON p.id = r.owner")
        (helper,) = set(both) - {owner}
        (theirs,) = [mark for mark in names.values() if is_below(sleepers(mark)[0], helper)]
        crew.kill(helper)
        crew.start(1, slots=1)
        until(lambda: not sleepers(theirs), "what the helper left was ended")
        (place.folder / "release").touch()
        until(lambda: all_ended(place), "the run was finished")


def is_below(pid: int, ancestor: int) -> bool:
    """Whether a process was started by another one, or by what that started."""
    while pid not in (0, 1, ancestor):
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[1])
    return pid == ancestor

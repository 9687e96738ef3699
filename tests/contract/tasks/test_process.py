"""Processes: what they leave behind, how their end is told, and that a whole tree of them can be ended."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from stageline.errors import ConfigError, DocumentError, MissingDependency
from stageline.targets.cancellation import Cancellation
from stageline.targets.notes import Notes, read_notes, ticks_now
from stageline.targets.process import Command, run, spawn
from stageline.targets.tree import MARK, find_tree, kill_leftovers, mark_of
from tests.contract.tasks.running import is_gone, until

IGNORES_TERM = "trap '' TERM; while :; do sleep 60; done"


def bash(folder: Path, text: str, **more: object) -> Command:
    return Command(argv=("bash", "-c", text), folder=folder, **more)  # type: ignore[arg-type]


def cancel_soon(seconds: float = 0.2) -> Cancellation:
    cancellation = Cancellation()
    threading.Timer(seconds, cancellation.cancel, ("enough",)).start()
    return cancellation


def alive(folder: Path) -> frozenset[int]:
    return frozenset(found.pid for found in find_tree((), {mark_of(folder)}))


def test_output_goes_to_files_as_it_comes(tmp_path: Path) -> None:
    process = spawn(bash(tmp_path, "echo out; echo err >&2; sleep 5; echo never"))
    assert until(lambda: (tmp_path / "stderr").read_text() == "err\n")
    assert (tmp_path / "stdout").read_text() == "out\n"
    process.stop("seen")


def test_the_end_is_told_with_code_times_and_peak_memory(tmp_path: Path) -> None:
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    text = f"{sys.executable} -c 'x = b\"1\" * {own + 100_000_000}'; exit 3"
    ended = run(bash(tmp_path, text))
    assert (ended.code, ended.signal, ended.stopped) == (3, "", "")
    assert ended.peak_memory is not None
    assert ended.peak_memory > own + 100_000_000
    assert ended.cpu_seconds > 0
    assert 0 < ended.seconds < 30


def test_a_peak_that_the_kernel_cannot_tell_from_ours_is_not_told(tmp_path: Path) -> None:
    assert run(bash(tmp_path, "true")).peak_memory is None


def test_death_by_signal_is_told_by_name(tmp_path: Path) -> None:
    ended = run(bash(tmp_path, "kill -SEGV $$"))
    assert (ended.code, ended.signal) == (None, "SEGV")


def test_a_grandchild_that_holds_the_output_open_blocks_nobody(tmp_path: Path) -> None:
    begun = time.monotonic()
    ended = run(bash(tmp_path, "sleep 3 & echo done"), Cancellation())
    assert ended.code == 0
    assert time.monotonic() - begun < 2
    assert alive(tmp_path), "what a process leaves running on purpose goes on"
    kill_leftovers(tmp_path)


def test_stdin_is_empty_unless_bytes_are_given(tmp_path: Path) -> None:
    run(bash(tmp_path / "a", "wc -c"))
    run(bash(tmp_path / "b", "wc -c", stdin=b"x" * 300_000))
    assert (tmp_path / "a/stdout").read_text().strip() == "0"
    assert (tmp_path / "b/stdout").read_text().strip() == "300000"


def test_cancel_ends_a_grandchild_that_ignores_term(tmp_path: Path) -> None:
    begun = time.monotonic()
    ended = run(bash(tmp_path, f'bash -c "{IGNORES_TERM}" & {IGNORES_TERM}'), cancel_soon())
    assert ended.stopped == "enough"
    assert ended.left == ()
    assert not alive(tmp_path)
    assert time.monotonic() - begun < 1.2


def test_cancel_ends_what_has_left_the_session_and_its_parents(tmp_path: Path) -> None:
    text = f'(setsid bash -c "{IGNORES_TERM}" &) ; (setsid sleep 60 &); touch {tmp_path}/started; sleep 60'
    cancellation = Cancellation()
    waiter = threading.Thread(target=lambda: run(bash(tmp_path, text), cancellation))
    waiter.start()
    assert until(lambda: (tmp_path / "started").exists() and len(alive(tmp_path)) >= 4)
    cancellation.cancel("enough")
    waiter.join(2)
    assert not waiter.is_alive()
    assert not alive(tmp_path)


def test_cancel_ends_children_without_our_mark(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    orphan = f"(env -i bash -c 'echo $$ > {tmp_path}/orphan; sleep 60; true' &)"
    text = f"{orphan}; sleep 0.1; env -i setsid bash -c 'echo $$ > {pid_file}; sleep 60; true' & sleep 60"
    cancellation = Cancellation()
    waiter = threading.Thread(target=lambda: run(bash(tmp_path, text), cancellation))
    waiter.start()
    assert until(lambda: pid_file.exists() and bool(pid_file.read_text().strip()))
    cancellation.cancel("enough")
    waiter.join(2)
    assert is_gone(int(pid_file.read_text()))
    assert is_gone(int((tmp_path / "orphan").read_text()))


def test_a_process_may_end_in_its_own_way_on_term(tmp_path: Path) -> None:
    ended = run(bash(tmp_path, "trap 'echo bye; exit 5' TERM; while :; do sleep 0.01; done"), cancel_soon())
    assert (ended.code, ended.stopped) == (5, "enough")
    assert (tmp_path / "stdout").read_text() == "bye\n"


def test_a_cancellation_that_came_first_is_heard(tmp_path: Path) -> None:
    cancellation = Cancellation()
    cancellation.cancel("before")
    assert run(bash(tmp_path, "sleep 60"), cancellation).stopped == "before"


def test_a_cancellation_that_comes_after_the_end_changes_nothing(tmp_path: Path) -> None:
    cancellation = Cancellation()
    assert run(bash(tmp_path, "true"), cancellation).code == 0
    cancellation.cancel("late")


def test_a_time_limit_ends_the_tree(tmp_path: Path) -> None:
    ended = run(bash(tmp_path, "sleep 60 & sleep 60"), timeout=0.1)
    assert ended.stopped == "out of time"
    assert not alive(tmp_path)


ENGINE = """
import sys, pathlib
from stageline.targets.notes import Notes
from stageline.targets.process import Command, run
folder = pathlib.Path(sys.argv[1])
text = "setsid sleep 60 & env -i sleep 60 & exec env -i bash -c 'sleep 60; true'"
run(Command(argv=("bash", "-c", text), folder=folder / "work", notes=Notes(f"{folder}/notes", "work")))
"""


def test_what_a_dead_engine_left_running_can_be_ended(tmp_path: Path) -> None:
    engine = subprocess.Popen([sys.executable, "-c", ENGINE, str(tmp_path)])
    work, notes = tmp_path / "work", Notes(f"{tmp_path}/notes", "work")
    assert until(lambda: bool(read_notes([notes])) and bool(alive(work)))
    (note,) = read_notes([notes])
    assert until(lambda: len(find_tree({note.pid}, {mark_of(work)})) == 4)
    engine.send_signal(signal.SIGKILL)
    engine.wait()
    assert len(find_tree({note.pid}, {mark_of(work)})) == 4, "it outlives its engine"
    assert kill_leftovers(work, notes=[notes]) == ()
    assert not find_tree({note.pid}, {mark_of(work)})


def test_a_pid_that_now_belongs_to_another_process_is_left_alone(tmp_path: Path) -> None:
    notes = Notes(f"{tmp_path}/notes", "work")
    before = ticks_now() - 1
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)
    (tmp_path / "notes").write_text(f'\n[{stranger.pid},0,{before},"work","gone"]')
    assert [note.pid for note in read_notes([notes])] == [stranger.pid]
    assert kill_leftovers(tmp_path, notes=[notes]) == ()
    assert stranger.poll() is None
    notes.add(stranger.pid, before, "gone")
    assert kill_leftovers(tmp_path, notes=[notes]) == ()
    assert stranger.wait(2) == -signal.SIGKILL


def test_notes_are_of_the_work_that_is_asked_for_and_none_is_lost_to_a_torn_one(tmp_path: Path) -> None:
    one, two = Notes(f"{tmp_path}/notes", "one"), Notes(f"{tmp_path}/notes", "two")
    assert read_notes([one, two]) == []
    one.add(11, 0, "mark one")
    with (tmp_path / "notes").open("a") as file:
        file.write('\n[12,0,5,"one","ma')
    two.add(13, 0, "mark two")
    one.add(14, 0, "mark one")
    assert [(note.pid, note.mark) for note in read_notes([one])] == [(11, "mark one"), (14, "mark one")]
    assert [note.pid for note in read_notes([two, one])] == [11, 13, 14]
    assert (tmp_path / "notes").stat().st_mode & 0o777 == 0o600


def test_what_cannot_be_noted_is_not_left_running(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no note of the process can be written"):
        run(bash(tmp_path, "sleep 60", notes=Notes(str(tmp_path), "work")))
    assert not alive(tmp_path)


def test_leftovers_of_an_engine_that_died_before_its_note_was_written_are_found(tmp_path: Path) -> None:
    orphan = subprocess.Popen(["sleep", "60"], env={**os.environ, MARK: mark_of(tmp_path)}, start_new_session=True)
    kill_leftovers(tmp_path)
    assert orphan.wait(2) == -signal.SIGKILL


def test_leftovers_of_many_executions_are_ended_together(tmp_path: Path) -> None:
    folders = [tmp_path / str(number) for number in range(3)]
    for folder in folders[:2]:
        run(bash(folder, "setsid sleep 60 &"))
    assert kill_leftovers(*folders) == ()
    assert not any(map(alive, folders))


def test_leftovers_are_found_by_another_name_of_the_folder(tmp_path: Path) -> None:
    real, other = tmp_path / "real", tmp_path / "other"
    real.mkdir()
    process = spawn(
        bash(real / "work", "setsid sleep 60 & exec sleep 60", notes=Notes(f"{real}/notes", "work")),
    )
    other.symlink_to(real)
    assert until(lambda: len(alive(real / "work")) == 2)
    os.kill(process.pid, signal.SIGKILL)
    assert kill_leftovers(other / "work", notes=[Notes(f"{other}/notes", "work")]) == ()
    assert not alive(real / "work")
    process.wait()


def test_a_mark_is_not_mistaken_for_a_longer_one(tmp_path: Path) -> None:
    run(bash(tmp_path / "1", "sleep 60 &"))
    run(bash(tmp_path / "12", "sleep 60 &"))
    kill_leftovers(tmp_path / "1")
    assert not alive(tmp_path / "1")
    assert len(alive(tmp_path / "12")) == 1
    kill_leftovers(tmp_path / "12")


def test_a_run_inside_a_run_bears_both_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outer").mkdir()
    monkeypatch.setenv(MARK, mark_of(tmp_path / "outer"))
    run(bash(tmp_path / "inner", "sleep 60 &"))
    assert alive(tmp_path / "outer") == alive(tmp_path / "inner") != frozenset()
    kill_leftovers(tmp_path / "outer")
    assert not alive(tmp_path / "inner")


def test_a_program_is_looked_for_as_the_system_does(tmp_path: Path) -> None:
    (tmp_path / "first/tool").mkdir(parents=True)
    for name, mode in (("second", 0o600), ("third", 0o700), ("here/bin", 0o700)):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "tool").write_text(f"#!/bin/sh\necho {name}\n")
        (tmp_path / name / "tool").chmod(mode)

    def said(*folders: str) -> str:
        path = ":".join((*folders, "/usr/bin", "/bin"))
        command = Command(argv=("tool",), folder=tmp_path / "log", env={"PATH": path}, cwd=str(tmp_path / "here"))
        return run(command).stdout.read_text()

    first, second, third = (f"{tmp_path}/{name}" for name in ("first", "second", "third"))
    assert said(third, first) == "third\n"
    assert said(first, second, third) == "third\n"
    assert said("bin", third) == "here/bin\n"
    assert said("", "bin", third) == "here/bin\n"
    with pytest.raises(DocumentError, match="cannot be executed"):
        said(first)


@pytest.mark.parametrize(
    ("command", "kind", "words"),
    [
        ({"argv": ("no-such-program",)}, MissingDependency, "'no-such-program': install it"),
        ({"argv": ("/etc/hostname",)}, DocumentError, "cannot be executed"),
        ({"argv": ("echo", "a\0b")}, DocumentError, "null byte"),
        ({"argv": ("echo", "x" * 3_000_000)}, DocumentError, "too long"),
        ({"argv": ("true",), "env": {"A": "x\0y"}}, DocumentError, "null byte"),
        ({"argv": ("true",), "env": {"A=B": "x"}}, DocumentError, "illegal environment variable name"),
        ({"argv": ("true",), "cwd": "/no/such/folder"}, DocumentError, "/no/such/folder is not there"),
    ],
)
def test_what_cannot_be_started_is_told(
    tmp_path: Path, command: dict[str, object], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words.replace("(", r"\(")):
        run(Command(folder=tmp_path, **command))  # type: ignore[arg-type]


def test_a_program_that_reaps_our_children_is_told_so(tmp_path: Path) -> None:
    process = spawn(bash(tmp_path, "true"))
    os.waitpid(process.pid, 0)
    with pytest.raises(ConfigError, match="SIGCHLD"):
        process.wait()


def test_a_process_that_the_kernel_killed_for_memory_is_told_from_others(tmp_path: Path) -> None:
    group = Path("/sys/fs/cgroup/memory") / f"stageline-test-{os.getpid()}"
    try:
        group.mkdir()
        (group / "memory.limit_in_bytes").write_text("50000000")
    except OSError:
        from tests.not_run import not_run

        not_run("no memory cgroup can be made here")
    text = f"echo $$ > {group}/cgroup.procs; exec {sys.executable} -c 'x = b\"1\" * 500_000_000'"
    try:
        ended = run(bash(tmp_path, text))
    finally:
        group.rmdir()
    assert (ended.signal, ended.out_of_memory) == ("KILL", True)
    assert not run(bash(tmp_path, "kill -KILL $$")).out_of_memory

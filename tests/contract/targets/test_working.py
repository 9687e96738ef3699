"""What every target does with work: it is started once, goes on by itself, and is told of truly."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
import uuid
from pathlib import Path

import pytest

from stageline.errors import Canceled, DocumentError, TargetLost
from stageline.targets.cancellation import Cancellation
from stageline.targets.target import Order, Stand, Target, stderr_of, stdout_of
from tests.contract.targets.working import end_of, lives, pids_in, script, until

HOSTILE = (
    "",
    " ",
    "a b",
    "it's",
    '"',
    "$HOME",
    "`id`",
    "a\nb",
    "\t",
    "\\",
    "*",
    "-n",
    "é",
    "\udcff",
    "!x",
    "~",
    "a;b&",
)


def test_words_variables_and_input_arrive_as_they_were_given(target: Target) -> None:
    text = """printf '%s|' "$@" "$V" "$argv" "$PWD"; cat; printf 'no\\0' >&2"""
    env = {"V": "".join(HOSTILE), "argv": "mine", "dir": "d", "word": "w"}
    order = Order(token="t1", argv=("bash", "-c", text, "-", *HOSTILE), env=env, cwd="/proc", stdin=b"\0\xff\n")
    target.start([order])
    assert end_of(target).code == 0
    said = target.read(stdout_of("t1")).decode("utf-8", "surrogateescape")
    assert said.split("|") == [*HOSTILE, "".join(HOSTILE), "mine", "/proc", "\0\udcff\n"]
    assert target.read(stderr_of("t1")) == b"no\0"
    assert target.read(stdout_of("t1"), offset=1, limit=3) == b" |a"
    assert target.read(stdout_of("none")) == b""


def test_a_short_command_is_answered_with_what_it_said_and_its_code(target: Target) -> None:
    answer = target.call(
        ("bash", "-c", 'printf "%s|" "$@"; cat; echo no >&2; exit 7', "-", *HOSTILE), stdin=b"\0\1done 0\n"
    )
    said = answer.out.decode("utf-8", "surrogateescape")
    assert said.split("|") == [*HOSTILE, "\0\1done 0\n"]
    assert (answer.code, answer.err) == (7, "no\n")
    assert target.call(("no-such-program",)).code == 127


def test_work_goes_on_when_the_connection_is_closed(target: Target, tmp_path: Path) -> None:
    target.start([script(f"until [ -e '{tmp_path}/go' ]; do sleep 0.05; done; echo done; exit 3")])
    until(lambda: target.look(["t1"])["t1"].stand is Stand.RUNNING)
    target.close()
    (tmp_path / "go").touch()
    state = end_of(target)
    assert (state.stand, state.code, state.signal, state.stopped) == (Stand.ENDED, 3, "", "")
    assert target.read(stdout_of("t1")) == b"done\n"
    assert 0 < state.started <= state.ended
    assert abs(state.ended / 1e6 - time.time()) < 60
    assert state.host


def test_an_order_is_carried_out_once_however_often_it_is_given(target: Target, tmp_path: Path) -> None:
    order = script(f"echo x >>'{tmp_path}/log'; sleep 0.2")
    threads = [threading.Thread(target=target.start, args=([order, order],)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert end_of(target).code == 0
    target.start([order])
    time.sleep(0.3)
    assert (tmp_path / "log").read_text() == "x\n"


def test_what_nobody_knows_is_told_so(target: Target) -> None:
    assert target.look(["t1"])["t1"].stand is Stand.NONE
    target.prepare([script("true")])
    assert target.look(["t1"])["t1"].stand is Stand.WAITING


def test_a_prepared_order_is_carried_out_by_whoever_has_its_words(target: Target, tmp_path: Path) -> None:
    target.prepare([script(f"echo x >>'{tmp_path}/log'; exit 5")])
    words = target.perform_argv("t1")
    assert target.call(words).code == 5
    assert target.call(words).code == 0
    assert (tmp_path / "log").read_text() == "x\n"
    assert target.look(["t1"])["t1"].code == 5


def test_exit_codes_and_signals_are_told_apart(target: Target) -> None:
    texts = {"a": "exit 0", "b": "exit 75", "c": "kill -9 $$", "d": "kill -INT $$", "e": "nonsense-program"}
    texts |= {"f": "exit 137", "g": "bash -c 'kill -9 $$'; exit $?", "h": "exit 130"}
    target.start([script(text, token) for token, text in texts.items()])
    ends = {token: end_of(target, token) for token in texts}
    assert [ends[token].code for token in texts] == [0, 75, 137, 130, 127, 137, 137, 130]
    assert [ends[token].signal for token in texts] == ["", "", "KILL", "INT", "", "", "", ""]
    assert not ends["c"].out_of_memory


def test_looking_with_patience_comes_back_when_the_first_has_ended(target: Target) -> None:
    target.start([script("sleep 0.5", "a"), script("sleep 30", "b")])
    begun = time.monotonic()
    states = target.look(["a", "b"], patience=20)
    assert time.monotonic() - begun < 10
    assert states["a"].is_over
    assert states["b"].stand is Stand.RUNNING
    assert target.cancel(["b"]) == ()


def test_looking_ends_at_once_when_it_is_not_wanted_any_more(target: Target) -> None:
    target.start([script("sleep 30")])
    cancellation = Cancellation()
    threading.Timer(0.3, cancellation.cancel, ["enough"]).start()
    begun = time.monotonic()
    with pytest.raises(Canceled, match="enough"):
        target.look(["t1"], 20, cancellation)
    assert time.monotonic() - begun < 5
    assert target.look(["t1"])["t1"].stand is Stand.RUNNING
    target.cancel(["t1"])


STUBBORN = """
trap '' TERM HUP INT
setsid bash -c 'trap "" TERM; echo $$ >>"$0"; while :; do sleep 1; done' "$0" &
(trap '' TERM; echo $BASHPID >>"$0"; exec sleep 300) &
echo $$ >>"$0"
while :; do sleep 1; done
"""


def test_what_is_canceled_is_gone_with_all_that_it_has_started(target: Target, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    target.start([Order(token="t1", argv=("bash", "-c", STUBBORN, str(pids))), script("sleep 300", "other")])
    found = pids_in(pids, 3)
    assert all(map(lives, found))
    assert target.cancel(["t1"]) == ()
    assert not any(map(lives, found))
    state = target.look(["t1"])["t1"]
    assert (state.stand, state.stopped) == (Stand.ENDED, "canceled")
    assert target.look(["other"])["other"].stand is Stand.RUNNING
    target.cancel(["other"])


def test_work_may_end_in_its_own_way_when_it_is_canceled(target: Target, tmp_path: Path) -> None:
    target.start([script(f"trap 'echo bye; exit 9' TERM; : >'{tmp_path}/up'; while :; do sleep 0.05; done")])
    until((tmp_path / "up").exists)
    target.cancel(["t1"])
    state = target.look(["t1"])["t1"]
    assert (state.code, state.stopped) == (9, "canceled")
    assert target.read(stdout_of("t1")) == b"bye\n"


def test_what_was_canceled_before_it_began_never_begins(target: Target, tmp_path: Path) -> None:
    target.prepare([script(f": >'{tmp_path}/a'", "a")])
    target.cancel(["a", "b"])
    target.start([script(f": >'{tmp_path}/{token}'", token) for token in "ab"])
    time.sleep(0.3)
    assert {state.stopped for state in target.look(["a", "b"]).values()} == {"canceled"}
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "b").exists()


def test_work_whose_supervisor_was_killed_is_lost_and_can_still_be_ended(target: Target, tmp_path: Path) -> None:
    target.start([script(f"echo $$ >'{tmp_path}/pid'; sleep 300 & wait")])
    (pid,) = pids_in(tmp_path / "pid", 1)
    supervisor = int(target.read("run/t1/begun/process").split()[0])
    os.kill(supervisor, signal.SIGKILL)
    until(lambda: target.look(["t1"])["t1"].stand is Stand.LOST)
    assert lives(pid)
    assert target.cancel(["t1"]) == ()
    assert not lives(pid)
    assert target.look(["t1"])["t1"].is_over


def test_after_a_restart_of_the_machine_work_is_lost_and_that_of_others_is_left_to_them(target: Target) -> None:
    target.start([script("sleep 300")])
    until(lambda: target.look(["t1"])["t1"].stand is Stand.RUNNING)
    note = Path(target.base) / "run/t1/begun/process"
    text = note.read_text()
    pid, birth, _, host, begun = text.split()
    note.write_text(f"{pid} {birth} another-boot {host} {begun}\n")
    assert target.look(["t1"])["t1"].stand is Stand.LOST
    note.write_text(f"{pid} {birth} another-boot another-host {begun}\n")
    assert target.look(["t1"])["t1"].stand is Stand.ELSEWHERE
    note.write_text(text)
    target.cancel(["t1"])


def test_what_is_not_whole_is_not_begun(target: Target) -> None:
    *words, _, verb = (*target.perform_argv("t1")[:-2], "start")
    sent = target.call(["bash", "-c", 'printf "%s" "$0" | "$@"', "t1", *words, "50", verb])
    assert (sent.code, "the connection broke" in sent.err) == (71, True)
    assert target.look(["t1"])["t1"].stand is Stand.NONE


def test_a_base_folder_that_was_removed_is_made_anew(target: Target) -> None:
    shutil.rmtree(target.base)
    with pytest.raises(TargetLost, match="removed meanwhile"):
        target.look(["t1"])
    assert target.look(["t1"])["t1"].stand is Stand.NONE


@pytest.mark.parametrize("token", ["", "a/b", "..", "a b", "a\n", "-x", "x" * 129])
def test_what_is_no_token_is_refused(target: Target, token: str) -> None:
    with pytest.raises(DocumentError, match="is no token"):
        target.start([script("true", token)])


def test_names_that_no_shell_can_hand_on_and_nul_are_refused(target: Target) -> None:
    with pytest.raises(DocumentError, match="no name of a variable"):
        target.start([Order(token="t1", argv=("true",), env={"a.b": "x"})])
    with pytest.raises(DocumentError, match="NUL"):
        target.start([Order(token="t1", argv=("true", "a\0b"))])
    with pytest.raises(DocumentError, match="no command"):
        target.start([Order(token="t1", argv=())])


def test_what_all_want_to_know_is_asked_once(target: Target, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    argv = ("bash", "-c", f"echo x >>'{asked}'; echo said \"$1\"; exit 3", "-", "jobs=")
    name = f"t-{uuid.uuid4().hex}"
    first = target.share(name, argv, 60.0, ("1", "2"))
    assert (first.answer.code, first.answer.out, first.answer.err, first.ago) == (3, b"", "said jobs=1,2\n", 0.0)
    again = target.share(name, argv, 60.0, ("2",))
    assert (again.answer, again.ago < 60) == (first.answer, True)
    assert asked.read_text() == "x\n"
    assert target.share(name, argv, 0.0).answer.err == "said jobs=\n"
    assert asked.read_text() == "x\n" * 2


def test_what_there_is_no_room_for_waits_and_begins_later(target: Target) -> None:
    room, orders = (1_000_000, 1 << 60), [script("echo $0", token) for token in "abc"]
    takes = {"a": (1, 1), "b": (2_000_000, 1), "c": (1, 1)}
    assert target.admit(orders, takes, room, "engine") == ("b", "c")
    assert end_of(target, "a").code == 0
    assert {state.stand for state in target.look(["b", "c"]).values()} == {Stand.WAITING}
    assert target.admit((), {"b": (1, 1), "c": (1, 1), "a": (1, 1)}, room, "engine") == ()
    assert [end_of(target, token).code for token in "bc"] == [0, 0]

"""When work in a runtime is to end, all of it ends: what ignores TERM, what left its session, and the container."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from uuid import uuid4

import msgspec
import pytest

from stageline.errors import ConfigError
from stageline.runtimes.container import LABEL, container_name, remove_argv
from stageline.targets.sandboxed import as_command, run_wrapped
from tests.contract.runtimes.boxes import Box
from tests.contract.tasks.running import until
from tests.proc import proc_files

STUBBORN = "trap '' TERM; while :; do sleep 0.1; done"
FAMILY = f"""
bash -c "{STUBBORN}" $1 &
setsid bash -c "{STUBBORN}" $1 &
(setsid setsid bash -c "{STUBBORN}" $1 &)
env -i /bin/bash -c "{STUBBORN}" $1 &
touch begun
{STUBBORN}
"""


def bearers(token: str) -> list[str]:
    """The processes of this machine that have the token as a word of their command line."""
    found = []
    for file in proc_files("cmdline"):
        try:
            words = file.read_bytes().split(b"\0")
        except OSError:
            continue
        if token.encode() in words:
            found.append(file.parent.name)
    return found


def is_there(box: Box, key: str) -> bool:
    """Whether there is a container that does this work."""
    return bool(box.asked("ps", "--all", "--quiet", f"--filter=label={LABEL}={key}"))


def test_cancel_ends_the_whole_family(box: Box) -> None:
    token = uuid4().hex
    ended, seconds = box.canceled(lambda: len(bearers(token)) >= 5, "bash", "-c", FAMILY, "bash", token)
    assert ended.stopped == "no longer wanted"
    assert seconds < 2
    assert ended.left == ()
    assert until(lambda: not bearers(token), 1)


def test_work_may_end_in_its_own_way(box: Box) -> None:
    text = "trap 'echo bye > bye; exit 5' TERM; touch begun; while :; do sleep 0.01; done"
    box.canceled((box.out / "begun").exists, "bash", "-c", text)
    assert (box.out / "bye").read_text() == "bye\n"


def test_work_that_is_out_of_time_is_ended(box: Box) -> None:
    token = uuid4().hex
    ended = run_wrapped(box.wrapped("bash", "-c", STUBBORN, token), box.log, timeout=1.5)
    assert ended.stopped == "out of time"
    assert until(lambda: not bearers(token), 1)


def test_a_container_is_gone_after_its_work(contained: Box) -> None:
    key = f"run/{uuid4().hex}"
    contained.bash("true", key=key)
    assert not is_there(contained, key)


def test_a_container_is_gone_after_a_cancel_at_any_time(contained: Box) -> None:
    for delay in (0.02, 0.1, 0.2):
        key = f"run/{uuid4().hex}"
        begun = time.monotonic()

        def is_time(begun: float = begun, delay: float = delay) -> bool:
            return time.monotonic() - begun > delay

        contained.canceled(is_time, "sleep", "600", key=key)
        time.sleep(0.5)
        assert not is_there(contained, key)


def test_a_container_that_a_dead_engine_left_behind_is_replaced(contained: Box) -> None:
    key = f"run/{uuid4().hex}"
    name = container_name(key)
    usual = ["--network=none", f"--name={name}", f"--label={LABEL}={key}"]
    contained.asked("run", "--detach", *usual, contained.image, "sleep", "600")
    assert contained.bash("echo fresh", key=key) == "fresh\n"
    assert not is_there(contained, key)


def test_a_container_of_other_work_is_left_alone(contained: Box) -> None:
    key = f"run/{uuid4().hex}"
    name = container_name(key)
    contained.asked("run", "--detach", "--network=none", f"--name={name}", contained.image, "sleep", "600")
    try:
        with pytest.raises(ConfigError, match="in use"):
            contained.run("true", key=key)
        assert contained.asked("inspect", "--format={{.State.Running}}", name) == "true"
    finally:
        contained.asked(*remove_argv(str(contained.runtime), name))


ENGINE = """
import pathlib, sys, msgspec
from stageline.targets.process import Command, run
run(msgspec.json.decode(sys.stdin.buffer.read(), type=Command, dec_hook=lambda kind, value: pathlib.Path(value)))
"""


def test_a_sandbox_dies_with_its_engine(bwrap: Box) -> None:
    token = uuid4().hex
    command = as_command(bwrap.wrapped("bash", "-c", FAMILY, "bash", token), bwrap.log)
    engine = subprocess.Popen([sys.executable, "-c", ENGINE], stdin=subprocess.PIPE)
    assert engine.stdin
    engine.stdin.write(msgspec.json.encode(command, enc_hook=str))
    engine.stdin.close()
    assert until(lambda: len(bearers(token)) >= 5, 20)
    engine.send_signal(signal.SIGKILL)
    engine.wait()
    assert until(lambda: not bearers(token), 2)

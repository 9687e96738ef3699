"""Masked log files: whatever a process does to its output, no file ever holds a secret, and nothing else is changed."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.errors import MissingDependency
from stageline.model.status import Status
from stageline.targets.cancellation import Cancellation
from stageline.targets.logs import read_ends
from stageline.targets.masked_output import masked_output
from stageline.targets.masking import Mask
from stageline.targets.process import Command, Ended, run, spawn
from stageline.targets.tree import kill_leftovers
from stageline.tasks.call import Call, run_call
from stageline.tasks.outcome import masked_result, outcome
from stageline.tasks.python_apart import run_apart
from stageline.tasks.python_names import NamesScript, run_names
from stageline.tasks.python_pool import PythonPool
from tests.contract.tasks.running import until

SECRET = "hunter2/is+not a secret?"
MASK = Mask([SECRET])


def bash(folder: Path, text: str) -> Command:
    return Command(argv=("bash", "-c", text), folder=folder, env={"SECRET": SECRET}, mask=MASK)


def run_bash(folder: Path, text: str) -> Ended:
    return run(bash(folder, text), Cancellation())


def forms() -> list[bytes]:
    return [SECRET.encode(), base64.b64encode(SECRET.encode())[:-4]]


@pytest.fixture
def pool() -> Iterator[PythonPool]:
    pool = PythonPool()
    yield pool
    pool.close()


def test_a_secret_in_the_output_is_masked_however_it_is_written(tmp_path: Path) -> None:
    text = """
    echo "plain $SECRET"; echo "error $SECRET" >&2
    printf '64 %s\\n' "$(printf %s "$SECRET" | base64)"
    printf 'basic %s\\n' "$(printf 'user:%s' "$SECRET" | base64 -w 0)"
    jq -n -c -r '[env.SECRET|@uri, @json, @base64][]'
    """
    ended = run_bash(tmp_path, text)
    assert ended.code == 0, ended.stderr.read_text()
    lines = ended.stdout.read_text().splitlines()
    assert lines[:2] == ["plain ***", "64 ***"]
    assert lines[2].startswith("basic dXNlcj")
    assert "***" in lines[2]
    assert lines[3:] == ["***", '"***"', "***"]
    assert ended.stderr.read_text() == "error ***\n"


def test_a_secret_that_is_written_byte_by_byte_is_masked(tmp_path: Path) -> None:
    program = "import os, time\nfor b in os.environb[b'SECRET'] * 2: os.write(1, bytes([b])); time.sleep(0.001)"
    ended = run(
        Command(argv=(sys.executable, "-c", program), folder=tmp_path, env={"SECRET": SECRET}, mask=MASK),
        Cancellation(),
    )
    assert ended.stdout.read_text().replace("***", "") == ""
    assert ended.stdout.stat().st_size > 0


def test_large_output_comes_through_whole(tmp_path: Path) -> None:
    text = 'for i in 1 2 3 4 5 6 7 8 9 10; do head -c 1000000 /dev/zero | tr "\\0" x; echo "$SECRET"; done'
    begun = time.monotonic()
    ended = run_bash(tmp_path, text)
    assert ended.stdout.read_bytes() == (b"x" * 1_000_000 + b"***\n") * 10
    assert time.monotonic() - begun < 30


def test_output_is_in_the_file_as_it_comes(tmp_path: Path) -> None:
    process = spawn(bash(tmp_path, "printf 'name: '; sleep 60"))
    assert until(lambda: (tmp_path / "stdout").read_text() == "name: ")
    process.stop("seen")


def test_a_last_piece_that_looked_like_a_secret_is_not_lost(tmp_path: Path) -> None:
    assert run_bash(tmp_path, "printf 'go hunt'").stdout.read_text() == "go hunt"


def test_a_grandchild_that_holds_the_output_open_blocks_nobody_and_stays_masked(tmp_path: Path) -> None:
    begun = time.monotonic()
    ended = run_bash(tmp_path, '(trap "" HUP; sleep 1; echo "later $SECRET"; sleep 60) & printf "now hunt"')
    assert (ended.code, ended.stdout.read_text()) == (0, "now hunt")
    assert time.monotonic() - begun < 1
    assert until(lambda: ended.stdout.read_text() == "now huntlater ***\n")
    kill_leftovers(tmp_path)


def test_no_descriptor_thread_or_pipe_is_left(tmp_path: Path) -> None:
    run_bash(tmp_path / "first", "echo 1")
    threads, files = threading.active_count(), len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(5):
        run_bash(tmp_path / "more", "echo 1")
    with masked_output(tmp_path / "alone", MASK):
        pass
    with pytest.raises(MissingDependency):
        run(Command(argv=("no-such-program",), folder=tmp_path / "none", mask=MASK))
    assert until(lambda: threading.active_count() <= threads)
    assert until(lambda: len(os.listdir("/proc/self/fd")) <= files)  # noqa: PTH208
    assert sorted(path.name for path in (tmp_path / "more").iterdir()) == ["stderr", "stdout"]
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["alone"]


ENGINE = """
import sys, pathlib
from stageline.targets.masking import Mask
from stageline.targets.process import Command, run
text = "while :; do echo $SECRET; printf %s $SECRET | base64; done"
run(Command(argv=("bash", "-c", text), folder=pathlib.Path(sys.argv[1]), env={"SECRET": "hunter2-x"},
            mask=Mask(["hunter2-x"])))
"""


def test_a_killed_engine_leaves_no_secret_on_disk(tmp_path: Path) -> None:
    engine = subprocess.Popen([sys.executable, "-c", ENGINE, str(tmp_path)])
    assert until(lambda: (tmp_path / "stdout").exists() and (tmp_path / "stdout").stat().st_size > 2000, 30)
    engine.send_signal(signal.SIGKILL)
    engine.wait()
    kill_leftovers(tmp_path)
    for path in tmp_path.iterdir():
        assert b"hunter2" not in path.read_bytes()
        assert b"aHVudGVy" not in path.read_bytes()


def test_a_file_that_takes_no_more_ends_the_process_not_the_engine(tmp_path: Path) -> None:
    (tmp_path / "stdout").symlink_to("/dev/full")
    ended = run(bash(tmp_path, "while :; do echo x || exit 9; done"), Cancellation(), timeout=20)
    assert (ended.signal, ended.stopped) == ("PIPE", "")


def test_results_are_masked_too(tmp_path: Path) -> None:
    result = masked_result(outcome(run_bash(tmp_path, 'echo "$SECRET"; exit 3'), f"say {SECRET}"), MASK)
    assert result.outputs["stdout"] == "***\n"
    assert result.failure is not None
    assert result.failure.message == "say *** ended with exit code 3"
    assert result.failure.detail == "***"


@pytest.mark.parametrize("way", ["warm", "apart"])
def test_python_text_is_masked_in_log_and_outputs(pool: PythonPool, tmp_path: Path, way: str) -> None:
    def run_script(text: str, folder: Path) -> object:
        script = NamesScript(text=text, name="<script>", env={"SECRET": SECRET}, vars={"given": SECRET})
        if way == "warm":
            return run_names(pool, script, folder, Cancellation(), MASK)
        return run_apart(Path(sys.executable), script, folder, Cancellation(), MASK)

    text = "import os, sys\nx = [os.environ['SECRET']]\nprint(x, given)\nprint('e', x[0], file=sys.stderr)\ny = {1}\n"
    result = run_script(text, tmp_path / "well")
    assert getattr(result, "outputs", None) == {"x": ["***"]}
    assert read_ends(tmp_path / "well/stdout") == "['***'] ***\n"
    assert read_ends(tmp_path / "well/stderr").startswith("e ***\nnot among the outputs")
    result = run_script("raise ValueError(given)", tmp_path / "ill")
    failure = getattr(result, "failure", None)
    assert failure is not None
    assert failure.message == "ValueError: *** (line 1 of the script)"
    assert SECRET not in failure.detail
    assert SECRET not in (tmp_path / "ill/stderr").read_text()
    assert failure.log == str(tmp_path / "ill/stderr")
    result = run_script("import os; print(given, flush=True); os.kill(os.getpid(), 9)", tmp_path / "dead")
    assert getattr(result, "status", None) is Status.FAILED
    assert read_ends(tmp_path / "dead/stdout") == "***\n"
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_calls_are_masked_and_a_worker_is_used_again(pool: PythonPool, tmp_path: Path) -> None:
    (tmp_path / "api.py").write_text("import os\ndef send(x):\n    print(x)\n    return [x, os.getpid()]\n")
    pids = []
    for number in range(2):
        call = Call(uses="api/send", project=str(tmp_path), args={"x": SECRET})
        result = run_call(pool, call, tmp_path / str(number), Cancellation(), MASK)
        assert result.outputs["result"][0] == "***"
        pids.append(result.outputs["result"][1])
        assert read_ends(tmp_path / str(number) / "stdout") == "***\n"
    assert pids[0] == pids[1]


def test_a_canceled_script_keeps_what_it_said_masked(pool: PythonPool, tmp_path: Path) -> None:
    cancellation = Cancellation()
    script = NamesScript(text="import time; print('begun', given); time.sleep(60)", name="<s>", vars={"given": SECRET})
    waiter = threading.Thread(target=run_names, args=(pool, script, tmp_path, cancellation, MASK))
    waiter.start()
    assert until(lambda: (tmp_path / "stdout").exists() and (tmp_path / "stdout").read_text() == "begun ***\n", 20)
    begun = time.monotonic()
    cancellation.cancel("enough")
    waiter.join(3)
    assert time.monotonic() - begun < 1
    assert not (tmp_path / ".stdout-unmasked").exists()

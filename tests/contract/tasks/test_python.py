"""The python task: what a script sees, what it puts out, how it fails, and that no script disturbs the next one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from stageline.errors import DocumentError
from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.targets.tree import find_tree, kill_leftovers, mark_of
from stageline.tasks.python import PythonTask
from stageline.tasks.registry import TaskRegistry
from stageline.tasks.task import RunningStage
from tests.contract.tasks.running import Stages, execute, is_gone, until


class Python:
    """Runs one script as a stage."""

    def __init__(self, registry: TaskRegistry, stages: Stages) -> None:
        self.task = registry.get("python")
        self.stages = stages

    def __call__(self, script: str, inputs: Mapping[str, Any] | None = None, **context: object) -> TaskResult:
        return execute(self.task, self.stage(script, inputs, **context))

    def stage(self, script: str, inputs: Mapping[str, Any] | None = None, **context: object) -> RunningStage:
        return self.stages({"script": dedent(script), **context}, inputs=inputs)

    def failure(self, script: str) -> Failure:
        result = self(script)
        assert result.status is Status.FAILED, result
        assert result.failure is not None
        return result.failure

    def value(self, script: str, inputs: Mapping[str, Any] | None = None, **context: object) -> Any:
        result = self(script, inputs, **context)
        assert result.status is Status.SUCCEEDED, result.failure
        return result.outputs["result"]


@pytest.fixture
def python(registry: TaskRegistry, stages: Stages) -> Python:
    return Python(registry, stages)


def test_puts_out_what_it_printed_and_its_result(python: Python) -> None:
    result = python("import sys; print('out'); print('err', file=sys.stderr); RESULT = {'a': [1, None]}")
    assert result.status is Status.SUCCEEDED
    assert result.outputs == {"stdout": "out\n", "stderr": "err\n", "exit_code": 0, "result": {"a": [1, None]}}


def test_without_result_none_is_put_out(python: Python) -> None:
    assert "result" not in python("x = 1").outputs
    assert python("RESULT = None").outputs["result"] is None


def test_functions_see_top_level_names_and_themselves(python: Python) -> None:
    script = """
    from dataclasses import dataclass
    LIMIT = 1
    @dataclass
    class Point:
        x: int
    def factorial(n):
        return 1 if n <= LIMIT else n * factorial(n - 1)
    if __name__ == "__main__":
        RESULT = factorial(Point(10).x)
    """
    assert python.value(script) == 3_628_800


def test_input_is_what_came_before_overlaid_by_the_context_and_by_inputs(python: Python) -> None:
    before = {"a": 1, "b": 1, "c": 1, "script": "x = 1"}
    value = python.value("RESULT = INPUT", inputs=before, b=2, c=2)
    assert value == {"a": 1, "b": 2, "c": 2, "script": "x = 1"}
    stage = python.stages({"script": "RESULT = INPUT", "b": 2, "c": 2, "inputs": {"c": 3}}, inputs={"a": 1})
    assert execute(python.task, stage).outputs["result"] == {"a": 1, "b": 2, "c": 3}


def test_input_is_not_even_computed_for_a_script_that_does_not_name_it(python: Python) -> None:
    class Costly(Mapping[str, Any]):
        def __getitem__(self, key: str) -> Any:
            raise AssertionError("computed")

        def __iter__(self) -> Iterator[str]:
            raise AssertionError("computed")

        def __len__(self) -> int:
            raise AssertionError("computed")

    assert python.value("RESULT = 1", inputs=Costly()) == 1


def test_stages_are_the_outputs_by_ref(python: Python) -> None:
    before = {"stats": {"outputs": {"result": {"sum": 3}}, "status": "SUCCEEDED"}}
    stage = python.stages({"script": 'RESULT = STAGES["stats"]["result"]["sum"]'}, stages=before)
    assert execute(python.task, stage).outputs["result"] == 3


def test_an_exception_fails_with_its_class_its_line_and_its_traceback(python: Python) -> None:
    script = """\
    import json
    def check(value):
        raise FileNotFoundError("no such thing")
    check(1)
    """
    failure = python.failure(script)
    assert failure.cause is Cause.EXCEPTION
    assert failure.message == "FileNotFoundError: no such thing (line 3 of the script)"
    assert failure.matches("exception:FileNotFoundError")
    assert failure.matches("exception:OSError")
    assert 'File "<script of work>", line 4, in <module>\n    check(1)\n' in failure.detail
    assert '    raise FileNotFoundError("no such thing")\n' in failure.detail
    assert "python_worker" not in failure.detail
    assert Path(failure.log).read_text() == failure.detail


def test_a_syntax_error_names_its_line(python: Python) -> None:
    failure = python.failure("x = 1\ny = = 2\n")
    assert failure.message.startswith("SyntaxError: invalid syntax")
    assert "line 2" in failure.message
    assert "y = = 2" in failure.detail


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("class Odd(Exception):\n    def __str__(self): raise ValueError\nraise Odd", "Odd"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("def f(): f()\nf()", "RecursionError: maximum recursion depth exceeded"),
        ("input()", "EOFError: EOF when reading a line"),
        ("x = '\\ud800'; print(x); RESULT = x", "RESULT is not JSON"),
        ("RESULT = {'a': [1, float('nan')]}", "RESULT['a'][1] is NaN"),
        ("RESULT = {'a': {'b': object()}}", "RESULT['a']['b'] is not JSON"),
    ],
)
def test_a_failing_script_is_told_and_the_next_one_runs(python: Python, script: str, message: str) -> None:
    result = python(script)
    assert result.status is Status.FAILED
    assert result.failure is not None
    assert message in result.failure.message
    assert result.outputs["exit_code"] == 1
    assert python.value("RESULT = 1") == 1


def test_what_is_no_json_is_an_output_failure(python: Python) -> None:
    failure = python.failure("RESULT = print")
    assert (failure.cause, failure.permanent) == (Cause.OUTPUT, True)


def test_exit_zero_ends_well_and_keeps_the_result(python: Python) -> None:
    assert python.value("import sys; RESULT = 5; sys.exit(0)") == 5
    assert python.value("import sys; RESULT = 6; sys.exit()") == 6


def test_another_exit_code_fails_with_it(python: Python) -> None:
    result = python("import sys; print('so far'); sys.exit(75)")
    assert result.failure is not None
    assert (result.failure.cause, result.failure.code) == (Cause.EXIT, 75)
    assert result.outputs["exit_code"] == 75
    assert result.outputs["stdout"] == "so far\n"


def test_an_exit_with_a_text_fails_with_the_text(python: Python) -> None:
    result = python("import sys; sys.exit('no data today')")
    assert result.failure is not None
    assert (result.failure.cause, result.failure.code) == (Cause.EXIT, 1)
    assert "no data today" in result.failure.message
    assert result.outputs["stderr"] == "no data today\n"


def test_what_its_child_processes_print_is_captured_too(python: Python) -> None:
    result = python("import os, subprocess; print('a'); subprocess.run(['echo', 'b']); os.system('echo c >&2')")
    assert result.outputs["stdout"] == "a\nb\n"
    assert result.outputs["stderr"] == "c\n"


def test_output_is_in_the_log_as_it_comes(python: Python) -> None:
    stage = python.stage("import time; print('begun'); time.sleep(60)")
    waiter = threading.Thread(target=execute, args=(python.task, stage))
    waiter.start()
    log = stage.execution.folder / "stdout"
    assert until(lambda: log.exists() and log.read_text() == "begun\n")
    stage.execution.cancellation.cancel("seen")
    waiter.join(2)


def test_a_large_result_comes_through(python: Python) -> None:
    assert len(python.value("RESULT = 'x' * 50_000_000")) == 50_000_000


def test_a_large_input_comes_through(python: Python) -> None:
    assert python.value("RESULT = len(INPUT['text'])", inputs={"text": "x" * 20_000_000}) == 20_000_000


SPOILER = """
import builtins, os, random, signal, sys, tempfile
os.chdir(tempfile.gettempdir())
os.environ.clear(); os.environ["LEFT"] = "behind"
sys.path.insert(0, "/left"); sys.argv.append("left")
os.umask(0); sys.setrecursionlimit(50_000)
signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.alarm(1)
random.seed(1)
sys.stdout = open(os.devnull, "w"); os.close(1); os.close(0)
left = 1
"""
LOOK = """
import os, random, signal, sys
variables = dict(os.environ) | {"STAGELINE_EXECUTION": "", "STAGELINE_IDEMPOTENCY_KEY": ""}
RESULT = [os.getcwd(), variables, sys.path, len(sys.argv), os.umask(0o22),
          sys.getrecursionlimit(), signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
          signal.getitimer(signal.ITIMER_REAL), "left" in globals()]
print("seen")
"""


def test_what_a_script_changes_is_put_back(registry: TaskRegistry, python: Python) -> None:
    before = python.value("import os; RESULT = os.getpid()"), python.value(LOOK)
    assert before[1][1]["PATH"] == os.environ["PATH"]
    python.value(SPOILER + "RESULT = random.random()")
    after = python(LOOK)
    assert after.outputs["result"] == before[1]
    assert after.outputs["stdout"] == "seen\n"
    assert python.value("import os; RESULT = os.getpid()") == before[0], "it is the same worker"


def test_chance_is_chance_again_after_a_script_that_seeded_it(python: Python) -> None:
    seeded = "import random; random.seed(42)"
    first = python.value(f"{seeded}; RESULT = 0"), python.value("import random; RESULT = random.random()")
    again = python.value(f"{seeded}; RESULT = 0"), python.value("import random; RESULT = random.random()")
    assert first[1] != again[1]


def test_the_users_own_modules_are_loaded_anew_and_libraries_stay(python: Python, tmp_path: Path) -> None:
    module = tmp_path / "mine_for_test.py"
    look = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import mine_for_test; RESULT = mine_for_test.VALUE"
    module.write_text("VALUE = 1")
    assert python.value(look) == 1
    module.write_text("VALUE = 'two'")
    assert python.value(look) == "two"
    python("import wave")
    assert python.value("import sys; RESULT = 'wave' in sys.modules") is True


def test_the_surroundings_of_the_engine_are_those_of_the_script(
    python: Python, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SET_LATER", "yes")
    (tmp_path / "beside_it.py").write_text("VALUE = 7")
    script = "import os, beside_it; RESULT = [os.getcwd(), os.environ['SET_LATER'], beside_it.VALUE]"
    assert python.value(script) == [str(tmp_path), "yes", 7]


def test_a_worker_is_used_again(python: Python) -> None:
    script = "import os; RESULT = os.getpid()"
    assert python.value(script) == python.value(script)


def test_scripts_at_the_same_time_have_a_worker_each(python: Python) -> None:
    results: list[TaskResult] = []
    script = "import os, time; time.sleep(0.3); RESULT = os.getpid()"
    threads = [threading.Thread(target=lambda: results.append(python(script))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({result.outputs["result"] for result in results}) == 3


def test_threads_of_a_script_are_waited_for_and_the_worker_is_replaced(python: Python) -> None:
    before = python.value("import os; RESULT = os.getpid()")
    script = """
    import threading, time
    def late():
        time.sleep(0.2)
        print("late")
    threading.Thread(target=late).start()
    RESULT = 1
    """
    result = python(script)
    assert result.outputs["stdout"] == "late\n"
    assert result.outputs["result"] == 1
    assert python.value("import os; RESULT = os.getpid()") != before


def test_a_pool_of_threads_that_was_not_shut_down_holds_nobody(python: Python) -> None:
    script = """
    from concurrent.futures import ThreadPoolExecutor
    pool = ThreadPoolExecutor(2)
    RESULT = pool.submit(lambda: 4).result()
    """
    assert python.value(script) == 4


def test_a_daemon_thread_ends_with_its_script(python: Python) -> None:
    script = "import threading, time; threading.Thread(target=time.sleep, args=(60,), daemon=True).start(); RESULT = 1"
    begun = time.monotonic()
    assert python.value(script) == 1
    assert time.monotonic() - begun < 5


def test_an_interpreter_that_is_ended_from_inside_is_told(python: Python) -> None:
    failure = python.failure("import os; print('x', flush=True); os._exit(3)")
    assert (failure.cause, failure.code) == (Cause.EXIT, 3)
    assert "os._exit(3)" in failure.message
    assert python.value("RESULT = 1") == 1


def test_death_by_signal_is_told_by_name(python: Python) -> None:
    failure = python.failure("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    assert failure.matches("signal:SEGV")
    failure = python.failure("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert failure.matches("signal:KILL")


def test_a_script_that_kills_a_worker_that_was_used_before_has_its_own_log(python: Python) -> None:
    python("print('of the script before')")
    result = python("import os, signal; print('mine'); os.kill(os.getpid(), signal.SIGKILL)")
    assert result.outputs["stdout"] == "mine\n"


def test_too_much_memory_is_out_of_memory(python: Python) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (600_000_000,) * 2)\n"
    failure = python.failure(limit + "x = bytes(10**9)")
    assert failure.cause is Cause.OUT_OF_MEMORY
    assert python.value("RESULT = len(bytes(7 * 10**8))") == 7 * 10**8, "the limit was that script's own"


def test_a_fork_that_runs_to_the_end_says_nothing_of_its_own(python: Python) -> None:
    assert python.value("import os; RESULT = 'child' if os.fork() == 0 else 'parent'") == "parent"
    assert python.value("RESULT = 2") == 2


def test_a_child_that_lives_on_does_not_hold_the_answer_of_a_dead_worker(python: Python) -> None:
    script = "import os, time\nif os.fork() == 0: time.sleep(3); os._exit(0)\nos._exit(9)"
    begun = time.monotonic()
    assert python.failure(script).code == 9
    assert time.monotonic() - begun < 2


def test_processes_of_multiprocessing_work(python: Python) -> None:
    script = """
    from concurrent.futures import ProcessPoolExecutor
    def double(x):
        return 2 * x
    with ProcessPoolExecutor(2) as pool:
        RESULT = list(pool.map(double, [1, 2, 3]))
    """
    assert python.value(script) == [2, 4, 6]


def test_cancel_ends_the_script_and_all_that_it_started(python: Python) -> None:
    script = """
    import os, signal, subprocess, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(["bash", "-c", "trap '' TERM; while :; do sleep 60; done"])
    subprocess.Popen(["setsid", "sleep", "60"])
    print("begun")
    time.sleep(60)
    """
    stage = python.stage(script)
    results: list[TaskResult] = []
    waiter = threading.Thread(target=lambda: results.append(execute(python.task, stage)))
    waiter.start()
    log = stage.execution.folder / "stdout"
    assert until(lambda: log.exists() and log.read_text() == "begun\n")
    begun = time.monotonic()
    stage.execution.cancellation.cancel("no longer wanted")
    waiter.join(3)
    assert time.monotonic() - begun < 1
    assert results[0].status is Status.CANCELED
    assert results[0].outputs["stdout"] == "begun\n"
    assert not find_tree((), {mark_of(stage.execution.folder)})
    assert python.value("RESULT = 1") == 1


ENGINE = """
import sys
from pathlib import Path
from stageline.tasks.python import PythonTask
from tests.contract.tasks.running import Stages, execute
script = Path(sys.argv[2]).read_text()
print(execute(PythonTask(), Stages(Path(sys.argv[1]))({"script": script})).failure)
"""


def start_engine(tmp_path: Path, script: str) -> subprocess.Popen[bytes]:
    (tmp_path / "script.py").write_text(dedent(script))
    argv = [sys.executable, "-c", ENGINE, str(tmp_path), str(tmp_path / "script.py")]
    return subprocess.Popen(argv, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


def test_a_killed_engine_takes_its_scripts_with_it(tmp_path: Path) -> None:
    script = """
    import os, re, subprocess
    child = subprocess.Popen(["sleep", "60"])
    print(os.getpid(), child.pid)
    re.match("(a+)+$", "a" * 60 + "b")  # never lets go of the interpreter
    """
    engine = start_engine(tmp_path, script)
    log = tmp_path / "execution-1/stdout"
    assert until(lambda: log.exists() and log.read_text().count(" ") == 1 and log.read_text().endswith("\n"))
    engine.send_signal(signal.SIGKILL)
    engine.wait()
    pids = [int(pid) for pid in log.read_text().split()]
    assert until(lambda: all(map(is_gone, pids)), 1)


def test_what_a_script_of_a_dead_engine_left_in_other_sessions_can_be_ended(tmp_path: Path) -> None:
    script = """
    import subprocess, time
    print(subprocess.Popen(["setsid", "sleep", "60"]).pid)
    time.sleep(60)
    """
    engine = start_engine(tmp_path, script)
    log = tmp_path / "execution-1/stdout"
    assert until(lambda: log.exists() and log.read_text().endswith("\n"))
    engine.send_signal(signal.SIGKILL)
    engine.wait()
    assert not is_gone(int(log.read_text()))
    assert kill_leftovers(tmp_path / "execution-1") == ()
    assert is_gone(int(log.read_text()))


def test_idle_workers_end_with_the_task(stages: Stages) -> None:
    task = PythonTask()
    pid = execute(task, stages({"script": "import os; RESULT = os.getpid()"})).outputs["result"]
    task.close()
    assert is_gone(pid)


def test_idle_workers_end_with_an_engine_that_closes_nothing(tmp_path: Path) -> None:
    engine = start_engine(tmp_path, "import os; print(os.getpid())")
    assert engine.wait(20) == 0
    pid = int((tmp_path / "execution-1/stdout").read_text())
    assert until(lambda: is_gone(pid))


def test_an_idle_worker_that_was_killed_is_replaced(python: Python) -> None:
    pid = python.value("import os; RESULT = os.getpid()")
    os.kill(pid, signal.SIGKILL)
    assert until(lambda: is_gone(pid))
    assert python.value("RESULT = 1") == 1


@pytest.mark.parametrize(
    ("context", "words"),
    [({}, "needs `script`"), ({"script": "  "}, "script is empty"), ({"script": "1", "inputs": 3}, "`inputs`")],
)
def test_a_wrong_context_is_told(python: Python, context: dict[str, object], words: str) -> None:
    with pytest.raises(DocumentError, match=words):
        execute(python.task, python.stages(context))

"""Python text with names out: which names are its outputs, and how it ends; in a warm worker and apart."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import msgspec
import pytest

from stageline.errors import DocumentError
from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.targets.cancellation import Cancellation
from stageline.tasks.python_apart import DRIVER, run_apart
from stageline.tasks.python_names import NamesScript, run_names
from stageline.tasks.python_pool import PythonPool
from tests.contract.tasks.running import until

Runner = Callable[[NamesScript, Path, Cancellation], TaskResult]


@pytest.fixture(scope="module")
def pool() -> Iterator[PythonPool]:
    pool = PythonPool()
    yield pool
    pool.close()


@pytest.fixture(params=["warm", "apart", "oldest"])
def runner(request: pytest.FixtureRequest, pool: PythonPool) -> Runner:
    if request.param == "warm":
        return lambda script, folder, cancellation: run_names(pool, script, folder, cancellation)
    python = Path(sys.executable) if request.param == "apart" else oldest_python()
    return lambda script, folder, cancellation: run_apart(python, script, folder, cancellation)


@functools.cache
def oldest_python() -> Path:
    """Of those that the driver promises to run on, the oldest one that this machine has."""
    for minor in range(8, sys.version_info.minor):
        for place in (shutil.which(f"python3.{minor}"), *Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python")):
            if place and subprocess.run([place, "-c", ""], capture_output=True, check=False).returncode == 0:
                return Path(place)
    return Path(sys.executable)


class Names:
    """Runs one text after the other, each in a folder of its own."""

    def __init__(self, runner: Runner, folder: Path) -> None:
        self.runner = runner
        self.root = folder
        self.made = 0

    @property
    def folder(self) -> Path:
        return self.root / f"execution-{self.made}"

    def run(self, text: str, **more: Any) -> TaskResult:
        self.made += 1
        script = NamesScript(text=dedent(text), name="<script of work>", **more)
        return self.runner(script, self.folder, Cancellation())

    def __call__(self, text: str, **vars: Any) -> dict[str, Any]:
        result = self.run(text, vars=vars)
        assert result.status is Status.SUCCEEDED, result.failure
        return dict(result.outputs)

    def failure(self, text: str) -> Failure:
        result = self.run(text)
        assert (result.status, result.outputs) == (Status.FAILED, {}), result
        assert result.failure is not None
        return result.failure

    def log(self, stream: str) -> str:
        return (self.folder / stream).read_text()


@pytest.fixture
def names(runner: Runner, tmp_path: Path) -> Names:
    return Names(runner, tmp_path)


def test_the_top_level_names_are_the_outputs(names: Names) -> None:
    text = """
    rows = [{"a": 1, "b": None}, {"a": 2.5, "b": True}]
    total, word = sum(row["a"] for row in rows), "ten"
    for number in range(3):
        pass
    """
    rows = [{"a": 1, "b": None}, {"a": 2.5, "b": True}]
    assert names(text) == {"rows": rows, "total": 3.5, "word": "ten", "number": 2}


def test_code_and_private_names_are_no_outputs(names: Names) -> None:
    text = """
    import json, os.path as path
    from math import pi
    from string import *
    from functools import lru_cache
    _private = 1
    class Thing: pass
    def function(): inside = 1
    @lru_cache
    def cached(): pass
    shout = str.upper
    short = lambda: 1
    kept = 1
    """
    assert names(text) == {"kept": 1}
    assert names.log("stderr") == ""


def test_a_name_that_is_imported_and_then_assigned_is_an_output(names: Names) -> None:
    assert names("from math import pi\npi = round(pi)") == {"pi": 3}
    assert names("try:\n    import no_such_module\nexcept ImportError:\n    no_such_module = None") == {
        "no_such_module": None
    }


def test_what_json_cannot_hold_is_left_out_and_named_in_one_line_of_the_log(names: Names) -> None:
    text = """
    import datetime, decimal
    when, price = datetime.date(2024, 1, 2), decimal.Decimal(1)
    deep = {"a": [1, {2}]}
    keyed = {1: 2}
    nan = float("nan")
    half = "\\ud800"
    huge = 10 ** 5000
    class Thing: pass
    thing = Thing()
    ring = []
    ring.append(ring)
    kept = 1
    """
    assert names(text) == {"kept": 1}
    assert names.log("stderr") == (
        "not among the outputs, because JSON cannot hold it: when (date), price (Decimal), deep (['a']: set), "
        "keyed (the key 1), nan (NaN or infinite), half (text with half a character), huge (too large a number), "
        "thing (Thing), ring ([0]: nested too deeply, or inside itself)\n"
    )


def test_tuples_and_kinds_of_plain_values_are_put_out_as_plain_values(names: Names) -> None:
    text = """
    from collections import Counter, namedtuple
    from enum import Enum, IntEnum
    class Level(IntEnum):
        HIGH = 3
    class Colour(str, Enum):
        RED = "red"
    pair, point = (1, (2, 3)), namedtuple("Point", "x y")(1, 2)
    count, level, colour = Counter("aab"), Level.HIGH, Colour.RED
    """
    assert names(text) == {"pair": [1, [2, 3]], "point": [1, 2], "count": {"a": 2, "b": 1}, "level": 3, "colour": "red"}


def test_variables_are_top_level_names_that_functions_see(names: Names) -> None:
    text = """
    LIMIT = 2
    def double(x):
        return factor * x if x < LIMIT else None
    result = [double(1), double(2)]
    """
    assert names(text, factor=2) == {"LIMIT": 2, "result": [2, None]}


def test_a_variable_that_the_text_leaves_alone_is_not_put_out_again(names: Names) -> None:
    assert names("y = x + 1", x=1) == {"y": 2}
    assert names("x = x", x=1) == {"x": 1}, "assigned, if to the same"
    assert names("x += 1", x=1) == {"x": 2}
    assert names("x.append(2)", x=[1]) == {"x": [1, 2]}, "changed where it is"
    assert names("def f():\n    global x\n    x = 1\nf()", x=1) == {"x": 1}
    assert names("globals()['x'] = 2", x=1) == {"x": 2}
    assert names("del x", x=1) == {}


def test_it_is_the_main_module(names: Names) -> None:
    text = """
    from dataclasses import dataclass
    @dataclass
    class Point:
        x: int
    import pickle, __main__
    same = pickle.loads(pickle.dumps(Point(1))) == Point(1) and __main__.Point is Point
    main = __name__ == "__main__"
    """
    assert names(text) == {"same": True, "main": True}


def test_exit_zero_ends_well_with_the_names_so_far(names: Names) -> None:
    assert names("import sys; a = 1; sys.exit(0); b = 2") == {"a": 1}
    assert names("raise SystemExit") == {}


def test_another_exit_code_fails(names: Names) -> None:
    failure = names.failure("import sys; a = 1; sys.exit(75)")
    assert (failure.cause, failure.code, failure.message) == (Cause.EXIT, 75, "the script ended with exit code 75")
    failure = names.failure("import sys; sys.exit('no data today')")
    assert (failure.code, failure.message) == (1, "the script ended with exit code 1: no data today")
    assert names.log("stderr") == "no data today\n"


def test_an_exception_names_the_texts_own_line(names: Names) -> None:
    failure = names.failure("def check():\n    raise FileNotFoundError('gone')\n\ncheck()\n")
    assert failure.message == "FileNotFoundError: gone (line 2 of the script)"
    assert failure.matches("exception:OSError")
    assert 'File "<script of work>", line 4, in <module>\n' in failure.detail
    assert failure.detail.count("File ") == 2
    assert names.log("stderr") == failure.detail
    assert failure.log == str(names.folder / "stderr")


def test_what_can_be_tried_again_otherwise_is_told_by_its_cause(names: Names) -> None:
    assert names.failure("raise TimeoutError").cause is Cause.TIMEOUT
    assert names.failure("raise MemoryError").cause is Cause.OUT_OF_MEMORY
    assert names.failure("x = = 1").message.startswith("SyntaxError: invalid syntax (<script of work>, line 1)")
    assert names.failure("raise KeyboardInterrupt").message.startswith("KeyboardInterrupt")


def test_death_and_os_exit_are_told(names: Names) -> None:
    assert names.failure("import os, signal; os.kill(os.getpid(), signal.SIGKILL)").matches("signal:KILL")
    failure = names.failure("import os; os._exit(3)")
    assert (failure.cause, failure.code) == (Cause.EXIT, 3)
    assert "os._exit(3)" in failure.message


def test_a_fork_that_runs_to_the_end_says_nothing_of_its_own(names: Names) -> None:
    assert names("import os; who = 'child' if os.fork() == 0 else 'parent'") == {"who": "parent"}


def test_surroundings(names: Names, tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "tasks").mkdir(parents=True)
    (project / "tasks/http.py").write_text("VALUE = 7")
    text = """
    import os, sys
    import tasks.http
    import http.client
    here, value, first, said = os.getcwd(), tasks.http.VALUE, sys.path[0], os.environ["SAID"]
    read = sys.stdin.read()
    print("printed")
    """
    result = names.run(text, cwd=str(project), path=(str(project),), env={"SAID": "yes"})
    where = str(project)
    assert result.outputs == {"here": where, "value": 7, "first": where, "said": "yes", "read": ""}, result.failure
    assert names.log("stdout") == "printed\n"


def test_a_working_directory_that_is_not_there_is_told(names: Names) -> None:
    with pytest.raises(DocumentError, match="the working directory /no/such is not there"):
        names.run("", cwd="/no/such")


def test_large_values_come_through(names: Names) -> None:
    assert names("size = len(long); long += '!'", long="ä" * 5_000_000)["size"] == 5_000_000


def test_cancel_ends_it_in_a_moment(names: Names, tmp_path: Path) -> None:
    results: list[TaskResult] = []
    cancellation, folder = Cancellation(), tmp_path / "canceled"
    script = NamesScript(text="import time; print('begun'); time.sleep(60)", name="<x>")
    waiter = threading.Thread(target=lambda: results.append(names.runner(script, folder, cancellation)))
    waiter.start()
    assert until(lambda: (folder / "stdout").exists() and (folder / "stdout").read_text() == "begun\n")
    begun = time.monotonic()
    cancellation.cancel("no longer wanted")
    waiter.join(3)
    assert time.monotonic() - begun < 1
    assert (results[0].status, results[0].outputs) == (Status.CANCELED, {})


def test_variables_are_json(names: Names) -> None:
    with pytest.raises(DocumentError, match=r"vars\['a'\]"):
        names("", a=object())


def test_outputs_are_what_json_gives_back(names: Names) -> None:
    outputs = names("big = 2 ** 70; word = 'é\\0'; nested = {'a': [[]]}")
    assert (
        msgspec.json.decode(msgspec.json.encode(outputs))
        == outputs
        == {
            "big": 2**70,
            "word": "é\0",
            "nested": {"a": [[]]},
        }
    )


def test_the_driver_is_one_file_that_answers_in_a_file(tmp_path: Path) -> None:
    driver = tmp_path / "driver.py"
    shutil.copy(DRIVER, driver)
    request = {"text": "import os\nos.chdir('/')\ny = x + 1\nz = {1}\n", "name": "<s>", "vars": {"x": 1}}
    (tmp_path / "request.json").write_text(json.dumps(request))
    argv = [sys.executable, "-I", "driver.py", "request.json", "answer.json"]
    ended = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "not among the outputs, because JSON cannot hold it: z (set)\n")
    answer = json.loads((tmp_path / "answer.json").read_text())
    assert answer == {"outputs": {"y": 2}, "left_out": {"z": "set"}}
    assert (tmp_path / "answer.json").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "answer.json.part").exists()


def test_the_driver_ends_with_the_code_of_the_script(tmp_path: Path) -> None:
    request = {"text": "def f():\n    raise OSError('gone')\nf()", "name": "<s>"}
    argv = [sys.executable, str(DRIVER), "-", str(tmp_path / "answer")]
    ended = subprocess.run(argv, input=json.dumps(request), capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    failure = json.loads((tmp_path / "answer").read_text())["failure"]
    assert ended.stderr == failure["traceback"]
    assert (failure["type"], failure["message"], failure["line"]) == ("OSError", "OSError: gone", 2)
    assert failure["bases"] == ["OSError", "Exception", "BaseException"]


def test_an_interpreter_that_cannot_start_is_told_with_what_it_said(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/bash\necho no such luck >&2\nexit 9\n")
    python.chmod(0o755)
    failure = run_apart(python, NamesScript(text="", name="<s>"), tmp_path, Cancellation()).failure
    assert failure is not None
    assert (failure.code, failure.detail) == (9, "no such luck")

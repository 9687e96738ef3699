"""Call stages' functions: how they are found, called in a worker of their own, and how they fail."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from stageline.errors import DocumentError
from stageline.model.failure import Cause, Failure
from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.targets.cancellation import Cancellation
from stageline.tasks.call import Call, run_call
from stageline.tasks.python_pool import PythonPool

TAG = "from stageline.tasks.tagging import tag\n"


@pytest.fixture(scope="module")
def pool() -> Iterator[PythonPool]:
    pool = PythonPool()
    yield pool
    pool.close()


class Project:
    """A folder with modules, whose functions can be called."""

    def __init__(self, pool: PythonPool, folder: Path) -> None:
        self.pool = pool
        self.folder = folder / "project"
        self.log = folder / "execution"
        self.folder.mkdir()

    def write(self, **modules: str) -> None:
        for name, text in modules.items():
            path = self.folder / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(TAG + dedent(text))

    def run(self, uses: str, args: dict[str, Any] | None = None, registries: tuple[str, ...] = ()) -> TaskResult:
        call = Call(uses=uses, project=str(self.folder), args=args or {}, registries=registries)
        return run_call(self.pool, call, self.log, Cancellation())

    def __call__(self, uses: str, *registries: str, **args: Any) -> dict[str, Any]:
        result = self.run(uses, args, registries)
        assert result.status is Status.SUCCEEDED, result.failure
        return dict(result.outputs)

    def which(self, uses: str, *registries: str) -> Any:
        return self(uses, *registries)["result"]

    def failure(self, uses: str, *registries: str, **args: Any) -> Failure:
        result = self.run(uses, args, registries)
        assert (result.status, result.outputs) == (Status.FAILED, {})
        assert result.failure is not None
        return result.failure


@pytest.fixture
def project(pool: PythonPool, tmp_path: Path) -> Project:
    return Project(pool, tmp_path)


def test_a_tagged_function_of_the_tasks_module_gets_its_arguments_and_gives_its_outputs(project: Project) -> None:
    text = """
    from pathlib import Path
    @tag("tasks", alias="process_csv")
    def process_csv_file(input_path: Path, output_path: str) -> dict:
        print("processing")
        return {"rows_processed": len(input_path.read_text().splitlines()), "output_size": output_path}
    """
    project.write(tasks=text)
    (project.folder / "in.csv").write_text("a\nb\n")
    outputs = {"rows_processed": 2, "output_size": "out"}
    assert project("tasks/process_csv@latest", input_path="in.csv", output_path="out") == outputs
    assert (project.log / "stdout").read_text() == "processing\n"
    assert project("tasks/process-csv", input_path="in.csv", output_path="out") == outputs
    assert project("tasks/process_csv_file@tasks", input_path="in.csv", output_path="out") == outputs
    assert project("tasks:process_csv_file", input_path="in.csv", output_path="out") == outputs
    assert project("tasks.process_csv_file", input_path="in.csv", output_path="out") == outputs


def test_the_first_argument_of_the_tag_may_be_the_tag(project: Project) -> None:
    text = """
    @tag("v1", alias="send")
    def one(): return "v1"
    @tag("v2", alias="send")
    @tag("production", alias="send")
    def two(): return "v2"
    @tag("api", alias="post", version="v3")
    def three(): return "v3"
    """
    project.write(api=text)
    found = [project.which(f"api/send@{tag}") for tag in ("v1", "v2", "production", "latest")]
    assert found == ["v1", "v2", "v2", "v2"]
    assert project.which("api/post@v3") == project.which("api/post@latest") == "v3"


@pytest.mark.parametrize(
    ("labels", "latest"),
    [
        (["v2", "v10", "v9"], "v10"),
        (["1.2", "1.10", "1.10.0-rc1"], "1.10"),
        (["v1", "latest", "v2"], "latest"),
        (["2024.01.30", "2024.02.01"], "2024.02.01"),
        (["beta", "v1"], "v1"),
        (["beta"], "beta"),
    ],
)
def test_latest_is_an_explicit_one_or_the_highest_version_or_the_only_one(
    project: Project, labels: list[str], latest: str
) -> None:
    functions = [f"@tag({label!r}, alias='send')\ndef f{at}(): return {label!r}\n" for at, label in enumerate(labels)]
    project.write(api="".join(functions))
    assert project.which("api/send@latest") == latest


def test_latest_of_several_without_versions_is_not_guessed(project: Project) -> None:
    project.write(api="@tag('a', alias='send')\ndef one(): pass\n@tag('b', alias='send')\ndef two(): pass\n")
    message = project.failure("api/send@latest").message
    assert "'api/send@latest' could be more than one function: '@a' at" in message
    assert "api.py:2" in message


def test_functions_without_a_tag_are_found_as_latest_only(project: Project) -> None:
    project.write(api="from json import dumps\ndef send(): return 1\ndef _hidden(): pass\n")
    assert project.which("api/send@latest") == 1
    assert "'send' has no tag 'v1'" in project.failure("api/send@v1").message
    assert "no function '_hidden' in 'api'; there is 'send'" in project.failure("api/_hidden@latest").message
    assert "no function 'dumps' in 'api'" in project.failure("api/dumps@latest").message


def test_a_package_is_searched_with_all_its_modules(project: Project) -> None:
    project.write(
        tasks__etl="def load(): return 'etl'\n",
        tasks__deep__er="@tag('v1')\ndef dig(): return 'er'\n",
        tasks__mail="@tag('notify', alias='send')\ndef send_mail(): return 'mail'\n",
    )
    assert project.which("tasks/load@latest") == "etl"
    assert project.which("tasks/dig@v1") == "er"
    assert project.which("tasks/deep/dig@v1") == "er"
    assert project.which("etl/load@latest") == "etl", "a module of the package `tasks`"
    assert project.which("notify/send@latest") == "mail", "a namespace of its own, in the package `tasks`"


def test_registered_packages_are_searched_after_the_project(project: Project) -> None:
    project.write(
        company__api="@tag('v1')\ndef send(): return 'company'\n",
        company__tools="@tag('math')\ndef add(a, b): return a + b\n",
        api="@tag('v2')\ndef send(): return 'project'\n",
    )
    assert project.which("api/send@v1", "company") == "company"
    assert project.which("api/send@latest", "company") == "project"
    assert project("math/add@latest", "company", a=1, b=2) == {"result": 3}
    assert project("company/add@latest", "company", a=1, b=2) == {"result": 3}
    assert "there is no module 'compani'" in project.failure("x/send@v1", "compani").message


def test_what_is_not_there_is_told_with_what_is(project: Project) -> None:
    project.write(tasks="@tag('tasks', alias='process_csv')\ndef f(): pass\n@tag('v1')\ndef send(): pass\n")
    message = project.failure("taks/process_csv@latest").message
    assert "no module 'taks' in" in message
    assert "did you mean 'tasks'?" in message
    message = project.failure("tasks/proces_csv@latest").message
    assert "no function 'proces_csv' in 'tasks'; did you mean 'process_csv'?; there is 'f', 'process_csv'" in message
    message = project.failure("tasks/send@v11").message
    assert message == "uses 'tasks/send@v11': 'send' has no tag 'v11'; did you mean 'v1'?; there is 'v1'"
    failure = project.failure("tasks:sned")
    assert failure.message == "uses 'tasks:sned': no 'sned' in 'tasks'; did you mean 'send'?"
    assert (failure.cause, failure.permanent) == (Cause.DOCUMENT, True)


@pytest.mark.parametrize("uses", ["", "tasks", "tasks/", "/x@1", "a b/c@1", "a:b@1", "tasks/x y@latest", "a/../b@v1"])
def test_uses_that_is_no_place_is_told(project: Project, uses: str) -> None:
    assert "uses is 'module/function@tag'" in project.failure(uses).message


def test_a_broken_module_reports_its_own_error(project: Project) -> None:
    project.write(tasks="\nimport no_such_library\ndef work(): pass\n")
    failure = project.failure("tasks/work@latest")
    where = f"({project.folder}/tasks.py, line 3)"
    error = "ModuleNotFoundError: No module named 'no_such_library'"
    assert failure.message == f"module 'tasks' cannot be imported: {error} {where}"
    assert 'tasks.py", line 3, in <module>' in (project.log / "stderr").read_text()
    project.write(api="def work(:\n")
    assert "SyntaxError: invalid syntax (api.py, line 2)" in project.failure("api/work@latest").message
    project.write(odd="raise RuntimeError('not today')")
    assert "RuntimeError: not today" in project.failure("odd/work@latest").message


def test_a_broken_module_that_has_nothing_to_do_with_it_is_no_hindrance(project: Project) -> None:
    project.write(tasks__good="def work(): return 1\n", tasks__bad="import no_such_library\n")
    assert project.which("tasks/work@latest") == 1
    assert "module 'tasks.bad' cannot be imported" in project.failure("tasks/wrok@latest").message


def test_a_module_with_the_name_of_a_loaded_library_is_refused(project: Project) -> None:
    project.write(msgspec="def work(): pass\n")
    assert "has the name of another one" in project.failure("msgspec/work@latest").message


def test_arguments_are_checked(project: Project) -> None:
    project.write(api="def send(message: str, count: int = 1): pass\n")
    failure = project.failure("api/send@latest", mesage="hi", count="many")
    assert failure.message == (
        "api/send@latest: no argument 'mesage'; did you mean 'message'?; "
        "argument 'count': expected `int`, got `str`; argument 'message' is missing"
    )
    assert failure.permanent


def test_coroutine_functions_are_run_to_their_end(project: Project) -> None:
    project.write(api="import asyncio\nasync def send(x):\n    await asyncio.sleep(0.01)\n    return {'x': x}\n")
    assert project("api/send@latest", x=[1]) == {"x": [1]}


def test_a_failing_function_names_the_exception_and_the_line_in_its_file(project: Project) -> None:
    project.write(tasks__etl="import json\ndef load(text):\n    return json.loads(text)\n")
    failure = project.failure("tasks/load@latest", text="{")
    assert failure.message.startswith("json.decoder.JSONDecodeError: Expecting property name")
    assert failure.message.endswith("(tasks/etl.py, line 4)")
    assert failure.matches("exception:ValueError")
    assert failure.log == str(project.log / "stderr")
    assert "etl.py" in failure.detail
    assert "stageline" not in failure.detail


def test_exit_codes(project: Project) -> None:
    project.write(api="import sys\ndef leave(code): sys.exit(code)\n")
    assert project("api/leave@latest", code=0) == {}
    failure = project.failure("api/leave@latest", code=75)
    assert (failure.cause, failure.code, failure.message) == (Cause.EXIT, 75, "the function ended with exit code 75")


def test_what_is_no_json_cannot_be_put_out(project: Project) -> None:
    project.write(api="def send(): return {'a': {1}}\n")
    failure = project.failure("api/send@latest")
    assert failure.cause is Cause.OUTPUT
    assert "what api/send@latest returned: ['a'] is of type set" in failure.message


def test_a_changed_module_is_loaded_anew_and_never_by_the_engine(project: Project) -> None:
    project.write(mine_for_call="def work(): return 1\n")
    assert project.which("mine_for_call/work@latest") == 1
    project.write(mine_for_call="def work(): return 'two'\n")
    assert project.which("mine_for_call/work@latest") == "two"
    assert "mine_for_call" not in sys.modules


def test_an_installed_function_can_be_called_by_its_path(project: Project) -> None:
    assert project.which("os:getcwd") == str(project.folder)
    assert project("json.loads", s="[1]") == {"result": [1]}
    assert "there is no module 'no_such'" in project.failure("no_such:thing").message


def test_tag_is_called_before_it_decorates() -> None:
    from stageline.tasks.tagging import tag, tags_of

    with pytest.raises(TypeError, match=r"write @tag\(\)"):
        tag(len)  # type: ignore[arg-type]

    def function() -> None: ...

    assert tag("a")(function) is function
    assert [mark.name for mark in tags_of(function)] == ["a"]


def test_a_project_that_is_not_there_is_told(pool: PythonPool, tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="/no/such is not there"):
        run_call(pool, Call(uses="a/b@c", project="/no/such"), tmp_path, Cancellation())

"""The shell completes what is in a Lab, and is quick about it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.contract.cli.calling import Project

LAB = '''
from stageline.lab import Lab, Run, stage

@stage(outputs={"said": "$out/said", "same": "$out/same"}, params={"n": 0})
def say(inputs, outputs, params):
    return f"""echo {params.n} | tee "{outputs.said}" > "{outputs.same}" """

lab = Lab(version="1", runs=[
    Run("small", say, params={"n": [1, 2]}, groups="paper"),
    Run("large", say, params={"n": list(range(600))}),
])
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("completing"))
    project.write("lab.py", LAB)
    assert project.call("build", "--no-check").code == 0
    project.write("w.yml", "name: w\nstages:\n  - bash: 'true'\n")
    return project


def environment(*words: str) -> dict[str, str]:
    line = " ".join(["stageline", *words])
    return {"_STAGELINE_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words))}


def completed(project: Project, *words: str) -> list[str]:
    """What bash would offer for these words, the last of which is being typed."""
    said = project.call(env=environment(*words))
    assert said.err == ""
    return [entry.partition(",")[2] for entry in said.out.splitlines() if entry]


def ids(project: Project, *names: str) -> list[str]:
    return [job["id"] for job in project.call("list", "jobs", *names, "--json").json["jobs"]]


def test_names_of_runs_groups_and_jobs_are_offered_where_a_lab_is_named(project: Project) -> None:
    assert completed(project, "run", "w") == ["w.yml"]
    assert completed(project, "run", "--lab", "result", "s") == ["small"]
    assert completed(project, "run", "--lab", "result", "") == ["small", "large", "@paper"]
    assert completed(project, "run", "--lab", "result", "@") == ["@paper"]
    (first, _) = ids(project, "small")
    assert completed(project, "run", "--lab", "result", "small", first[:8]) == [first]
    assert completed(project, "plan", first[:8]) == [first]
    assert completed(project, "list", "jobs", "@") == ["@paper"]


@pytest.mark.parametrize("words", [("why",), ("trace",), ("debug",), ("log",), ("show", "job"), ("show", "output")])
def test_jobs_are_offered(project: Project, words: tuple[str, ...]) -> None:
    (first, _) = ids(project, "small")
    assert completed(project, *words, first[:8]) == [first]
    assert completed(project, *words, "--lab", "nowhere", first[:8]) == []


def test_so_many_that_nobody_can_choose_are_not_offered(project: Project) -> None:
    assert completed(project, "why", "") == []
    digit = ids(project)[0][0]
    assert set(completed(project, "why", digit)) == {id for id in ids(project) if id.startswith(digit)}


def test_words_and_outputs_of_show_are_offered(project: Project) -> None:
    (first, _) = ids(project, "small")
    assert completed(project, "show", "jo") == ["job"]
    assert completed(project, "show", "output", first[:10], "sa") == ["said", "same"]


def test_little_is_imported_for_that(project: Project) -> None:
    program = "import sys\nfrom stageline.cli.main import main\nsys.argv[0] = 'stageline'\ntry:\n    main()\n"
    program += "finally:\n    print(*sys.modules, file=sys.stderr)"
    env = {**project.env, **environment("why", "a")}
    said = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, cwd=project.folder, env=env
    )
    assert said.stdout
    heavy = {"yaml", "jinja2", "sqlite3", "rich", "asyncio", "stageline.lab.read", "stageline.lab.model"}
    assert not heavy & set(said.stderr.split())

"""A lab's file, run as the program it is; what it names on disk; and its functions, run by bash and python3."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from stageline.lab import load_lab, resolve
from stageline.lab.disk import content_digest, listing
from stageline.lab.model import LabPlan
from stageline.lab.revision import git_revision
from stageline.load.problems import LoadError

LAB = """
from stageline.lab import Lab, Run, files, pipeline, stage

@stage(outputs={"data": "$out/data.csv"}, params={"slope": 1, "table": ""}, run_dependencies=["python3"])
def producer(inputs, outputs, params):
    return f'''python3 simulate.py --slope {params.slope} "${{params[table]}}" > "{outputs.data}"'''

@stage(inputs={"data": "", "config": "config.json"}, outputs={"total": "$out/total.txt"})
def summer(inputs, outputs, params):
    return f'''sum "{inputs.config}" "{inputs.data}" > "{outputs.total}"'''

@pipeline
def simulate():
    return summer(producer())

lab = Lab(version="2.1", runs=[Run("simulation", simulate, params={"slope": [1, 2], "table": files("tables/*.csv")})])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lab.py").write_text(LAB)
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "one.csv").write_text("1")
    (tmp_path / "tables" / "two.csv").write_text("2")
    return tmp_path


def planned(folder: Path) -> LabPlan:
    return resolve(load_lab(folder / "lab.py"))


def told(path: Path) -> list[str]:
    with pytest.raises(LoadError) as refused:
        load_lab(path)
    return [str(problem).removeprefix(f"{path.parent}/") for problem in refused.value.problems]


def test_a_file_makes_a_lab(folder: Path) -> None:
    made = planned(folder)
    assert made.version == "2.1"
    assert len(made.jobs) == 8
    assert {param.value for job in made.jobs.values() if (param := job.params.get("table"))} == {
        f"{folder}/tables/one.csv",
        f"{folder}/tables/two.csv",
    }


def test_what_is_in_a_file_decides_which_jobs_are_new(folder: Path) -> None:
    before = set(planned(folder).jobs)
    (folder / "tables" / "two.csv").write_text("changed")
    assert len(before & set(planned(folder).jobs)) == 4
    (folder / "tables" / "two.csv").write_text("2")
    (folder / "config.json").write_text('{"more": 1}')
    assert len(before & set(planned(folder).jobs)) == 4


def test_two_processes_make_the_same_ids(folder: Path) -> None:
    script = "import sys; from pathlib import Path; from stageline.lab import load_lab, resolve\n"
    script += "print(*resolve(load_lab(Path(sys.argv[1]))).jobs)"
    argv = [sys.executable, "-c", script, str(folder / "lab.py")]
    printed = {
        subprocess.run(argv, check=True, capture_output=True, text=True, env={"PYTHONHASHSEED": seed}).stdout
        for seed in ("1", "2")
    }
    assert printed == {" ".join(planned(folder).jobs) + "\n"}


def test_modules_beside_the_file_are_read_anew_for_each(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "parts.py").write_text(
            f"from stageline.lab import stage\n@stage(outputs={{'x': '$out/x'}})\n"
            f"def part_{name}():\n    return 'true'\n"
        )
        (tmp_path / name / "lab.py").write_text(
            f"from parts import part_{name}\nfrom stageline.lab import Lab, Run\n"
            f"lab = Lab(runs=[Run('r', part_{name})])\n"
        )
    path = list(sys.path)
    assert [job.pname for name in ("a", "b") for job in planned(tmp_path / name).jobs.values()] == ["part-a", "part-b"]
    assert sys.path == path
    assert "parts" not in sys.modules


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "lab.py:1:1: the file makes no Lab; write: lab = Lab(runs=[…])"),
        ("x = 1\ny = (\n", "lab.py:2:5: SyntaxError: '(' was never closed"),
        ("x = 1\ny = x / 0\n", "lab.py:2:1: ZeroDivisionError: division by zero"),
        ("import no_such_module\n", "lab.py:1:1: ModuleNotFoundError: No module named 'no_such_module'"),
        (
            "from stageline.lab import Run\nRun('r', None, parms={})\n",
            "lab.py:2:1: TypeError: Unexpected keyword argument 'parms'",
        ),
        ("class Mine(Exception): ...\nraise Mine('no')\n", "lab.py:2:1: Mine: no"),
        (
            "import sys\nsys.exit(7)\n",
            "lab.py:2:1: the program is ended here, with 7; a file that is built defines a Lab and goes on",
        ),
        (
            "from stageline.lab import stage\n@stage\ndef one(): ...\none()\n",
            "lab.py:4:1: 'one' is a stage: it is called inside a function under @pipeline, or given to a Run",
        ),
        (
            "from stageline.lab import Lab\na = Lab(runs=[])\nb = Lab(runs=[])\n",
            "lab.py:3:5: the file makes several Labs; keep one, with the runs of all",
        ),
    ],
)
def test_files_that_make_no_lab(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "lab.py"
    path.write_text(text)
    assert told(path) == [message]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert told(tmp_path / "lab.py")[0].startswith("lab.py:1:1: there is no such file; a lab is a Python file")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert told(tmp_path)[0].split(":1:1: ")[1].startswith("this is a folder; a lab is a Python file")


def test_a_file_that_cannot_be_looked_at_is_told_where_it_is_named(folder: Path) -> None:
    text = (folder / "lab.py").read_text()
    (folder / "lab.py").write_text(text.replace("config.json", "x" * 300))
    with pytest.raises(LoadError, match=r"lab\.py:\d+:\d+: summer\.inputs\.config: OSError: .*File name too long"):
        planned(folder)


def test_a_file_with_a_nul_is_told_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lab.py").write_text("a = 1\0\n")
    with pytest.raises(LoadError, match=r"^lab\.py:1:1: .*null bytes"):
        load_lab(Path("lab.py"))


def test_a_pattern_that_matches_nothing_ever_is_told_where_it_stands(folder: Path) -> None:
    text = (folder / "lab.py").read_text()
    (folder / "lab.py").write_text(text.replace("tables/*.csv", "**.csv"))
    with pytest.raises(LoadError, match=r"lab\.py:\d+:\d+: simulation\.params\.table: ValueError: Invalid pattern"):
        planned(folder)


def test_an_error_in_a_module_beside_the_file_is_told_there(tmp_path: Path) -> None:
    (tmp_path / "parts.py").write_text("def f():\n    return [][1]\nf()\n")
    (tmp_path / "lab.py").write_text("import parts\n")
    assert told(tmp_path / "lab.py") == ["parts.py:2:1: IndexError: list index out of range"]


def test_the_content_of_a_folder_is_all_names_and_bytes_in_it(tmp_path: Path) -> None:
    held = tmp_path / "held"
    (held / "deep").mkdir(parents=True)
    (held / "deep" / "a").write_text("1")
    seen = [content_digest(held)]
    (held / "deep" / "a").rename(held / "deep" / "b")
    seen.append(content_digest(held))
    (held / "deep" / "b").write_text("2")
    seen.append(content_digest(held))
    (held / "empty").mkdir()
    seen.append(content_digest(held))
    assert len(set(seen)) == 4
    assert content_digest(tmp_path / "nothing") is None


def test_files_and_folders_are_listed_in_order(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / f"{name}.csv").write_text("")
    assert listing(str(tmp_path), "*", "folder") == [f"{tmp_path}/{name}" for name in "abc"]
    assert listing(str(tmp_path), "*.csv", "file") == [f"{tmp_path}/{name}.csv" for name in "abc"]
    assert listing("/", f"{tmp_path}/a*", "file") == [f"{tmp_path}/a.csv"]


def test_the_revision_is_that_of_git(tmp_path: Path) -> None:
    repository, scratch = tmp_path / "repository", tmp_path / "scratch"
    repository.mkdir()
    assert git_revision(repository, scratch / "0") == ""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(repository)]
    (repository / "lab.py").write_text("1")
    for words in (["init", "-q"], ["add", "lab.py"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert git_revision(repository, scratch / "1") == commit
    (repository / "lab.py").write_text("2")
    assert git_revision(repository, scratch / "2") == f"{commit}-dirty"


BODY = '''
from pathlib import Path

from stageline.lab import Lab, Run, stage


@stage(inputs={"table": "table.txt"}, outputs={"made": "$out/made.json"})
def keep(table: Path, made: Path, text: str = "", number: float = 1, count: int = 3, flag: bool = False):
    """Keep all that is handed over."""
    import json

    note = """
no margin is taken from this
"""
    made.write_text(json.dumps([table.read_text(), text, number, count, flag, note]))


lab = Lab(runs=[Run("r", keep, params={"text": "a 'b' \\"c\\"\\n$d é", "number": 2, "flag": True})])
'''


def test_a_python_body_has_its_arguments_with_their_types(tmp_path: Path) -> None:
    (tmp_path / "table.txt").write_text("t")
    (tmp_path / "lab.py").write_text(BODY)
    (job,) = planned(tmp_path).jobs.values()
    assert job.body is not None
    of = job.body.ingredients
    (tmp_path / "keep.py").write_text(of.program)
    (tmp_path / "job").write_text(
        f"set -euo pipefail\nout={tmp_path}\ndeclare -A inputs=([table]={tmp_path}/table.txt)\n"
        f"declare -A params=([text]=$'a \\'b\\' \"c\"\\n$d é' [number]=2 [count]=3 [flag]=true)\n{of.script}"
    )
    subprocess.run(["bash", str(tmp_path / "job")], check=True)
    assert json.loads((tmp_path / "made.json").read_text()) == [
        "t",
        "a 'b' \"c\"\n$d é",
        2.0,
        3,
        True,
        "\nno margin is taken from this\n",
    ]

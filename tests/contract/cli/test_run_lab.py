"""`stageline run --lab` and `debug`, through the installed program."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from stageline.lab.build import BuildOptions, build
from stageline.lab.host_tools import HostTools

PROGRAM = Path(sys.executable).with_name("stageline")

LAB = """
from stageline.lab import Lab, Run, pipeline, stage

@stage(outputs={"x": "$out/x"}, params={"n": 0, "note": "a b"})
def work(inputs, outputs, params):
    return f'''
    echo said {params.n}
    [[ {params.n} != 1 || -e "$out/../../../../repaired" ]] || { echo oh no; exit 4; }
    echo {params.n} > "{outputs.x}"'''

@stage(inputs={"x": ""}, outputs={"y": "$out/y"})
def after(inputs, outputs, params):
    return f'''cat "{inputs.x}" > "{outputs.y}"'''

@pipeline
def chain():
    return after(work())

lab = Lab(version="1", runs=[
    Run("good", chain, params={"n": [0]}, groups=["all", "sound"]),
    Run("bad", chain, params={"n": [1, 2]}, groups=["all"]),
])
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "lab.py").write_text(LAB.replace("|| {", "|| {{").replace("4; }", "4; }}"))
    tools = HostTools(os.environ["PATH"], tmp_path / "scratch", tmp_path / "cache")
    options = BuildOptions(home=tmp_path / ".stageline", capture=tools.environment, machine=os.uname().machine)
    build(tmp_path / "lab.py", tmp_path / "result", options)
    return tmp_path


def call(project: Path, *words: str, said: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROGRAM), *words], cwd=project, input=said, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_run_by_its_name_then_nothing_to_do(project: Path) -> None:
    ended = call(project, "run", "good", "--lab", "result", "-j", "2", "--mem", "1G")
    assert ended.returncode == 0, ended.stderr
    succeeded = [line.split("  ")[2] for line in ended.stdout.splitlines() if "succeeded " in line]
    assert [re.sub("[0-9a-f]{12}", "ID", line) for line in succeeded] == ['work-ID (n=0, note="a b")', "after-ID"]
    assert call(project, "run", "good", "--lab", "result").stdout == "nothing to do: 2 jobs are finished\n"


def test_a_group_by_its_name(project: Path) -> None:
    ended = call(project, "run", "@sound", "--lab", "result")
    assert ended.returncode == 0, ended.stderr
    assert "SUCCEEDED" in ended.stdout
    assert len(list((project / ".stageline/records").iterdir())) == 2
    unknown = call(project, "run", "@sounds", "--lab", "result")
    assert (unknown.returncode, "did you mean 'sound'" in unknown.stderr) == (2, True), unknown.stderr


def test_what_would_run_and_why(project: Path) -> None:
    call(project, "run", "good", "--lab", "result")
    said = call(project, "run", "@all", "--lab", "result", "--dry-run").stdout
    assert "these 4 would be, and 2 jobs are finished:" in said
    assert "it was never run to its end" in said
    as_json = msgspec.json.decode(call(project, "run", "@all", "--lab", "result", "--dry-run", "--json").stdout)
    assert (as_json["finished"], len(as_json["todo"])) == (2, 4)


def test_a_failed_job_says_all_that_helps(project: Path) -> None:
    ended = call(project, "run", "bad", "--lab", "result", "-j", "1")
    assert ended.returncode == 1
    said = ended.stderr
    assert "stage  work(n=1, note='a b')" in said
    assert "at     lab.py:4:1" in said
    assert 'cause  work (n=1, note="a b") ended with exit code 4' in said
    assert "     | oh no" in said
    log = next(line for line in said.splitlines() if line.startswith("log    ")).removeprefix("log    ")
    assert Path(log).read_text() == "said 1\noh no\n"
    (project / "repaired").touch()
    retry = next(line for line in said.splitlines() if "retry" in line).split()
    assert call(project, *retry[1:]).returncode == 0
    assert call(project, "run", "bad", "--lab", "result").stdout == "nothing to do: 4 jobs are finished\n"


def test_the_shell_that_a_failed_job_offers_is_where_the_job_was(project: Path) -> None:
    failed = call(project, "run", "bad", "--lab", "result", "-j", "1").stderr
    words = next(line for line in failed.splitlines() if "stageline debug" in line).split()
    script = 'echo "${params[x y]-none}, ${!inputs[@]}"; pwd; type -P jq; env | wc -l; echo $((1 + 1)); exit 5\n'
    ended = call(project, *words[2:], said=script)
    assert ended.returncode == 5, ended.stderr
    note, folder, jq, variables, two = ended.stdout.splitlines()
    assert note == "none, "
    assert folder.endswith("/out")
    assert "/debug/" in folder
    assert "/host-tools/" in jq
    assert int(variables) < 12
    assert two == "2"
    assert "run it with:  source" in ended.stderr


def test_a_shell_whose_folder_cannot_be_written_says_so(project: Path) -> None:
    call(project, "run", "good", "--lab", "result")
    (project / ".stageline" / "debug").write_text("in the way")
    id = next((project / ".stageline" / "records").iterdir()).stem
    ended = call(project, "debug", id)
    assert ended.returncode == 2
    assert f"debug/{id} cannot be written: " in ended.stderr


def test_what_jobs_are_given_is_said_by_resources_toml(project: Path) -> None:
    rules = project / "resources.toml"
    rules.write_text('[defaults]\ncpus = 2\n\n[[rules]]\nstage = "wo*"\ncpus = 99\n')
    ended = call(project, "run", "good", "--lab", "result", "-j", "2")
    assert ended.returncode == 2
    assert "99 cpus" in ended.stderr
    rules.write_text('[defaults]\ncpus = 99\n\n[[rules]]\nstage = "[aw]*"\ncpus = 2\n')
    assert call(project, "run", "good", "--lab", "result", "-j", "2").returncode == 0
    rules.write_text("[defaults]\ncpu = 2\n")
    ended = call(project, "run", "bad", "--lab", "result")
    assert ended.returncode == 2
    assert "resources.toml:2:1: defaults.cpu: unknown resource 'cpu'; did you mean 'cpus'?" in ended.stderr


def test_a_workflow_file_is_run_as_before(project: Path) -> None:
    (project / "flow.yaml").write_text("name: flow\nstages:\n  - name: one\n    bash: echo hello\n")
    assert call(project, "run", "flow.yaml").returncode == 0
    assert call(project, "run", "flow.yaml", "--force").returncode == 2
    assert call(project, "run", "--lab", "result", "-p", "a=1").returncode == 2
    assert call(project, "run").returncode == 2


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["goood"], 2, "did you mean 'good'?"),
        (["good", "--mem", "7"], 2, "write a number and its unit"),
    ],
)
def test_what_cannot_be_run_is_told(project: Path, words: list[str], code: int, said: str) -> None:
    ended = call(project, "run", *words, "--lab", "result")
    assert ended.returncode == code
    assert said in ended.stderr

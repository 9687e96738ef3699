"""`stageline run`: what it prints, what it ends with, where it keeps its things."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.cli.calling import COMMAND, Project, statuses
from tests.contract.cli.workflows import FAILING, GREETING


def test_a_run_prints_one_line_for_each_thing_that_happens(project: Project) -> None:
    project.write("w.yml", GREETING)
    said = project.call("run", "w.yml")
    assert (said.code, said.err) == (0, "")
    words = [line.split()[1:3] for line in said.out.splitlines()[1:-1]]
    assert words[:2] == [["started", "say"], ["succeeded", "say"]]
    assert ["succeeded", "nested/0/inner"] in words
    assert said.out.splitlines()[-1].startswith("SUCCEEDED in ")
    assert "\x1b" not in said.out


def test_a_run_as_json_is_a_tree_of_stages(project: Project) -> None:
    project.write("w.yml", GREETING)
    run = project.run("w.yml", "-p", "name=you", "-p", "times=4")
    assert {"id", "name", "status", "params", "stages"} <= run.keys()
    assert (run["name"], run["status"], run["params"]) == ("greeting", "SUCCEEDED", {"name": "you", "times": 4})
    say, nested = run["stages"]
    assert {"ref", "name", "kind", "status", "outputs", "error", "started_at", "ended_at", "stages"} <= say.keys()
    assert (say["ref"], say["name"], say["kind"], say["status"]) == ("say", "Say", "bash", "SUCCEEDED")
    assert (say["outputs"]["stdout"], say["error"], say["stages"]) == ("hello you 5\n", None, [])
    assert say["started_at"].endswith("Z")
    inner = [scope["stages"][0] for scope in nested["stages"]]
    assert [one["outputs"]["stdout"] for one in inner] == ["a\n", "b\n"]
    assert project.last() == run


def test_a_failing_run_ends_with_all_one_needs_to_know(project: Project) -> None:
    project.write("w.yml", FAILING)
    said = project.call("run", "w.yml")
    assert said.code == 1
    run = project.runs()[0]["id"]
    lines = [line.split(None, 1) for line in said.err.splitlines() if line.strip()]
    told = {line[0]: line[1] for line in lines}
    assert told["failed"] == "loop/1/inner  (bash)"
    assert told["at"] == "w.yml:8"
    assert told["cause"] == "the script ended with exit code 1"
    assert told["|"] == "looking at 2"
    assert Path(told["log"]).read_text() == "looking at 2\n"
    assert told["next"] == f"stageline log {run} loop/1/inner"
    assert f"stageline retry {run}" in said.err
    assert "Traceback" not in said.err


def test_a_failing_run_as_json_is_still_json_and_its_exit_code_tells(project: Project) -> None:
    project.write("w.yml", FAILING)
    said = project.call("run", "w.yml", "--json")
    assert said.code == 1
    assert said.json["status"] == "FAILED"
    failed = said.json["stages"][1]["stages"][1]["stages"][0]
    assert (failed["error"]["cause"], failed["error"]["code"]) == ("exit", 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "missing.yml"], "missing.yml: the file cannot be read: No such file or directory"),
        (["run", "w.yml", "-p", "nmae=x"], "did you mean 'name'?"),
        (["run", "w.yml", "-p", "times=many"], "times"),
        (["run", "w.yml", "-p", "name"], "'name' is no KEY=VALUE"),
        (["run", "w.yml", "--workflow", "greting"], "did you mean 'greeting'?"),
        (["run", "w.yml", "--from", "sya"], "did you mean 'say'?"),
        (["run", "w.yml", "--only", "say", "--from", "say"], "give one of them"),
        (["run", "w.yml", "--nonsense"], "No such option"),
        (["run"], "name one workflow file"),
        (["rum", "w.yml"], "no command 'rum'; did you mean 'run'?"),
        (["run", "w.yml", "--store", "mysql://x"], "names no store"),
        (["run", "w.yml", "-j", "0"], "workers is a whole number, 1 or more, not '0'"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_runs(
    project: Project, arguments: list[str], words: str
) -> None:
    project.write("w.yml", GREETING)
    said = project.call(*arguments)
    assert said.code == 2
    assert words in said.err
    assert "Traceback" not in said.err
    assert project.runs() == []


def test_all_mistakes_of_a_file_are_told_with_their_places(project: Project) -> None:
    project.write(
        "w.yml", "name: w\nstages:\n  - name: a\n    bsh: x\n  - name: b\n    bash: ${{ stages.z.outputs.x }}\n"
    )
    said = project.call("run", "w.yml")
    assert said.code == 2
    assert "w.yml:4:5: stages[0].bsh: unknown key 'bsh'; did you mean 'bash'?" in said.err
    assert "w.yml:6:" in said.err


def test_parameters_come_from_a_file_and_single_ones_count_before_it(project: Project) -> None:
    project.write("w.yml", GREETING)
    project.write("p.yml", "name: file\ntimes: 7\n")
    assert project.run("w.yml", "-P", "p.yml", "-p", "name=me")["params"] == {"name": "me", "times": 7}


def test_a_dry_run_shows_what_would_be_and_keeps_nothing(project: Project) -> None:
    project.write("w.yml", GREETING)
    said = project.call("run", "w.yml", "--dry-run")
    assert said.code == 0
    assert "say (bash)" in said.out
    assert project.call("run", "w.yml", "--dry-run", "--json").json["status"] == "NOT_STARTED"
    assert not (project.folder / ".stageline").exists()


def test_only_one_stage_runs_and_the_others_keep_what_they_put_out(project: Project) -> None:
    text = (
        "name: w\nstages:\n  - name: a\n    id: a\n    bash: echo a >> trace; date +%N\n"
        "  - name: b\n    bash: echo b >> trace; echo '${{ stages.a.outputs.stdout }}'\n"
    )
    project.write("w.yml", text)
    first = project.run("w.yml")
    again = project.run("w.yml", "--from", "b")
    assert (project.folder / "trace").read_text() == "a\nb\nb\n"
    assert statuses(again) == {"a": "SKIPPED", "b": "SUCCEEDED"}
    assert again["stages"][1]["outputs"]["stdout"].strip() == first["stages"][0]["outputs"]["stdout"].strip()
    assert statuses(project.run("w.yml", "--only", "a")) == {"a": "SUCCEEDED", "b": "SKIPPED"}


def test_state_is_kept_beside_the_workflow_in_a_private_folder(project: Project) -> None:
    project.write("w.yml", GREETING)
    run = project.run("w.yml")
    home = project.folder / ".stageline"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert (home / ".gitignore").read_text() == "*\n"
    assert sorted(path.name for path in home.iterdir() if "db-" not in path.name) == [
        ".gitignore",
        "runs",
        "stageline.db",
    ]
    assert (home / "runs" / run["id"] / "say").is_dir()


def test_from_another_folder_the_state_is_beside_the_workflow_and_the_next_commands_say_where(
    project: Project, tmp_path: Path
) -> None:
    file = project.write("w.yml", FAILING)
    said = project.call("run", str(file), cwd=tmp_path)
    assert said.code == 1
    assert not (tmp_path / ".stageline").exists()
    (next_command,) = [line for line in said.err.splitlines() if line.startswith("next")]
    assert next_command.endswith("--home 'a project/.stageline'")
    words = [*next_command.split()[2:5], "--home", "a project/.stageline"]
    assert "looking at 2" in project.call(*words, cwd=tmp_path).out


def test_the_state_folder_is_found_upward_and_may_be_named(project: Project, tmp_path: Path) -> None:
    project.write("w.yml", GREETING)
    project.run("w.yml")
    file = project.write("below/v.yml", GREETING)
    project.run(str(file))
    assert len(project.runs()) == 2
    elsewhere = str(tmp_path / "else where")
    assert project.call("run", "w.yml", env={"STAGELINE_HOME": elsewhere}).code == 0
    assert project.call("run", "w.yml", "--home", elsewhere).code == 0
    assert len(project.call("list", "--json", "--home", elsewhere).json["runs"]) == 2
    assert len(project.runs()) == 2


def test_another_store_is_used_when_it_is_named(project: Project, fresh_postgres_url: str) -> None:
    project.write("w.yml", GREETING)
    assert project.run("w.yml", "--store", fresh_postgres_url)["status"] == "SUCCEEDED"
    assert project.runs() == []
    assert [run["name"] for run in project.call("list", "--json", "--store", fresh_postgres_url).json["runs"]] == [
        "greeting"
    ]
    assert "hello world 2" in project.call("log", "--store", fresh_postgres_url).out
    assert not (project.folder / ".stageline" / "stageline.db").exists()


def test_a_folder_that_cannot_be_written_is_named_with_a_way_out(project: Project) -> None:
    project.write("w.yml", GREETING)
    project.write(".stageline", "a file is in the way")
    said = project.call("run", "w.yml")
    assert said.code == 3
    assert "--home" in said.err
    assert "Traceback" not in said.err


def test_secrets_come_from_the_environment_or_a_file_and_show_nowhere(project: Project) -> None:
    text = 'name: w\nstages:\n  - name: a\n    bash: echo "<$TOKEN>"\n    env: {TOKEN: "${{ secrets.TOKEN }}"}\n'
    project.write("w.yml", text)
    missing = project.call("run", "w.yml")
    assert (missing.code, "STAGELINE_SECRET_TOKEN" in missing.err) == (2, True)
    said = project.call("run", "w.yml", "--json", env={"STAGELINE_SECRET_TOKEN": "s3cr3t-value"})
    assert said.code == 0
    assert "s3cr3t-value" not in said.out + said.err
    project.write("stageline.toml", 'secrets = "secret.env"\n')
    project.write("secret.env", "TOKEN=another-secret\n").chmod(0o600)
    assert project.run("w.yml")["status"] == "SUCCEEDED"
    kept = b"".join(path.read_bytes() for path in project.folder.rglob("*") if path.is_file() and path.suffix != ".env")
    assert b"s3cr3t-value" not in kept
    assert b"another-secret" not in kept


def test_a_reader_that_goes_away_ends_no_run_and_is_no_reason_for_a_traceback(project: Project) -> None:
    project.write("w.yml", GREETING)
    pipe = f"'{project.folder}/run.sh'"
    project.write("run.sh", "stageline run w.yml | head -n 1\n")
    assert os.system(f"cd '{project.folder}' && PATH='{project.env['PATH']}' bash {pipe} 2> err >/dev/null") == 0  # noqa: S605
    assert (project.folder / "err").read_text() == ""
    assert project.last()["status"] == "SUCCEEDED"


@pytest.mark.parametrize(("where", "code", "said"), [("/dev/full", 3, "No space left on device"), ("&-", 0, "")])
def test_output_that_goes_nowhere(where: str, code: int, said: str, project: Project) -> None:
    project.write("w.yml", GREETING)
    script = f"stageline run w.yml >{where}"
    ended = subprocess.run(
        ["bash", "-c", script], check=False, cwd=project.folder, env=project.env, stderr=subprocess.PIPE, text=True
    )
    assert (ended.returncode, "defect" in ended.stderr) == (code, False), ended.stderr
    assert said in ended.stderr


def test_python_m_stageline_is_the_same(project: Project) -> None:
    said = subprocess.run([sys.executable, "-m", "stageline", "--version"], check=True, capture_output=True, text=True)
    assert said.stdout == project.call("--version").out


def test_json_is_one_document(project: Project) -> None:
    project.write("w.yml", GREETING)
    json.loads(project.call("run", "w.yml", "--json").out)


def test_a_folder_that_is_read_only_is_told_with_a_way_out(project: Project) -> None:
    project.write("w.yml", GREETING)
    project.folder.chmod(0o555)
    as_anybody = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]  # root may write everywhere
    argv = [*(as_anybody if os.access(project.folder, os.W_OK) else []), COMMAND, "run", "w.yml"]
    said = subprocess.run(argv, check=False, cwd=project.folder, env=project.env, capture_output=True, text=True)
    assert said.returncode == 3
    assert "cannot be made: Permission denied; name another one with --home" in said.stderr
    project.folder.chmod(0o755)


def test_a_script_that_is_no_bash_is_told_before_anything_runs(project: Project) -> None:
    project.write(
        "w.yml", "name: w\nstages:\n  - name: a\n    echo: x\n  - name: b\n    bash: |\n      if true; then\n"
    )
    said = project.call("run", "w.yml")
    assert (said.code, said.err.startswith("w.yml:7:7: stages[1].bash: this is not bash: ")) == (2, True), said
    assert project.runs() == []


def test_of_several_that_failed_one_is_told_and_the_others_are_counted(project: Project) -> None:
    inside = "{name: d, parallel: {l: [{name: e, bash: exit 4}]}, needs: []}"
    failing = "\n".join(f"  - {{name: {name}, bash: exit 3, needs: []}}" for name in "abc")
    project.write("many.yml", f"name: many\non-failure: keep-going\nstages:\n{failing}\n  - {inside}\n")
    said = project.call("run", "many.yml")
    assert said.code == 1
    id = project.last()["id"]
    assert f"\nalso   3 more failed: stageline show {id}\nnext " in said.err
    project.write("one.yml", "name: one\nstages:\n  - {name: a, bash: exit 3}\n  - {name: b, bash: ls}\n")
    assert "also " not in project.call("run", "one.yml").err

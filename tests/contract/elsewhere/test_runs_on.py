"""Stages with `runs-on`: they do on each kind of target what they do here."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.contract.cli.calling import Project, end, statuses, until
from tests.contract.targets.working import lives, pids_in

ALIKE = """
env: {SHARED: "a b"}
jobs:
  there:
    runs-on: {target: there, resources: {cpus: 1, mem: 100M, time: 5m}}
    stages:
      - {name: say, bash: 'echo "$SHARED|$OWN|$STAGELINE_EXECUTION"; echo err >&2; echo data >file', env: {OWN: "it's"}}
      - name: read
        run: |
          import sys
          found = open("file").read()
          doubled = [2 * given, found]
          print("said")
          print("told", file=sys.stderr)
        vars: {given: 3}
      - {name: in, stages: [{name: here, bash: pwd, runs-on: local}]}
  code: {needs: [], runs-on: there, stages: [{name: fails, bash: "echo some; echo why >&2; exit 7"}]}
  killed: {needs: [], runs-on: there, stages: [{name: fails, bash: "kill -9 $$"}]}
  raised: {needs: [], runs-on: there, stages: [{name: fails, run: "a = 1\\nraise ValueError(a)"}]}
  quits: {needs: [], runs-on: there, stages: [{name: fails, run: "import sys\\nsys.exit(3)"}]}
"""


def test_outputs_logs_and_failures_are_those_of_the_same_stages_here(project: Project, place: str, base: Path) -> None:
    project.write("w.yml", "on-failure: keep-going\n" + ALIKE)
    run = project.run("w.yml")
    jobs = {job["ref"]: job["stages"] for job in run["stages"]}
    say, read, inside = [stage for scope in jobs["there"] for stage in scope["stages"]]
    assert say["outputs"]["return_code"] == 0
    shared, own, token = say["outputs"]["stdout"].strip().split("|")
    assert (shared, own, token.strip("@").startswith(run["id"])) == ("a b", "it's", True)
    assert say["outputs"]["stderr"] == "err\n"
    assert read["outputs"] == {"found": "data\n", "doubled": [6, "data\n"]}
    assert inside["stages"][0]["stages"][0]["outputs"]["stdout"] == f"{project.folder}\n"
    (log,) = project.folder.glob(".stageline/runs/*/**/read/**/stdout")
    assert log.read_text() == "said\n"
    assert log.with_name("stderr").read_text() == "told\n"
    assert (base / "work" / run["id"] / "file").read_text() == "data\n"
    failures = {name: jobs[name][0]["stages"][0] for name in ("code", "killed", "raised", "quits")}
    assert failures["code"]["outputs"] == {"return_code": 7, "stdout": "some\n", "stderr": "why\n"}
    errors = {name: (one["error"]["cause"], one["error"]["message"]) for name, one in failures.items()}
    assert errors == {
        "code": ("exit", "the script ended with exit code 7"),
        "killed": ("signal", "the script was killed by signal KILL"),
        "raised": ("exception", "ValueError: 1 (line 2 of the script)"),
        "quits": ("exit", "the script ended with exit code 3"),
    }
    assert failures["code"]["error"]["detail"] == "why"


SECRET = "zx81-Geheim"
SECRETS = """
stages:
  - name: tell
    runs-on: there
    env: {TOKEN: "${{ secrets.KEY }}"}
    bash: |
      echo "${{ secrets.KEY }} $TOKEN"
      [ "$TOKEN" = "${{ secrets.KEY }}" ] && echo same
      for each in /proc/[0-9]*/cmdline; do grep -q "$TOKEN" "$each" 2>/dev/null && echo "seen in $each"; done
      cat
      true
  - name: compute
    runs-on: there
    run: |
      length = len("${{ secrets.KEY }}")
      said = "${{ secrets.KEY }}"
      print(said)
"""


def test_secrets_are_in_no_argument_and_no_file_of_others_and_are_masked(
    project: Project, place: str, base: Path
) -> None:
    project.write("w.yml", SECRETS.replace('grep -q "$TOKEN"', 'grep -q -f - <<<"$TOKEN" --'))
    project.env["STAGELINE_SECRET_KEY"] = SECRET
    run = project.run("w.yml")
    tell, compute = run["stages"]
    assert tell["outputs"]["stdout"] == "*** ***\nsame\n"
    assert compute["outputs"] == {"length": len(SECRET), "said": "***"}
    kept = [path for path in project.folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert kept == []
    with_it = [path for path in base.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert {path.name for path in with_it} <= {"stdout", "stderr", "answer"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in with_it)


def test_what_it_says_is_in_its_log_while_it_runs(project: Project, place: str, tmp_path: Path) -> None:
    go = tmp_path / "go"
    text = f"echo early; until [ -e '{go}' ]; do sleep 0.1; done; echo late"
    project.write("w.yml", f'stages: [{{name: a, runs-on: there, bash: "{text}"}}]')
    call = project.begin("run", "w.yml")

    def said() -> str:
        return "".join(path.read_text() for path in project.folder.glob(".stageline/runs/*/a/**/stdout"))

    until(said)
    assert said() == "early\n"
    assert project.last()["stages"][0]["status"] == "RUNNING"
    go.touch()
    assert end(call).code == 0
    assert said() == "early\nlate\n"


@pytest.mark.parametrize("place", ["folder", "host", "far"], indirect=True)
def test_timeout_and_cancel_end_the_work_there(project: Project, place: str, tmp_path: Path) -> None:
    work = "(trap '' TERM; echo $BASHPID >>'{log}'; exec sleep 1000) & echo $$ >>'{log}'; sleep 1000"
    stage = '{{name: {name}, needs: [], runs-on: there, bash: "{text}"{more}}}'
    stages = [
        stage.format(name="slow", text=work.format(log=tmp_path / "slow"), more=", timeout: 5"),
        stage.format(name="other", text=work.format(log=tmp_path / "other"), more=""),
    ]
    project.write("w.yml", "on-failure: keep-going\nstages:\n" + "\n".join(f"  - {one}" for one in stages))
    call = project.begin("run", "w.yml")
    slow, other = pids_in(tmp_path / "slow", 2), pids_in(tmp_path / "other", 2)
    until(lambda: statuses(project.last())["slow"] == "FAILED")
    assert not any(map(lives, slow))
    assert all(map(lives, other))
    failure = project.last()["stages"][0]["error"]
    assert (failure["cause"], failure["message"]) == ("timeout", "timed out after 5 s")
    assert project.call("cancel", project.last()["id"]).code == 0
    assert end(call).code != 0
    assert statuses(project.last())["other"] == "CANCELED"
    assert not any(map(lives, other))


COUNTED = "echo x >>'{log}'; until [ -e '{go}' ]; do sleep 0.1; done; echo done"


def test_an_engine_that_is_started_again_goes_on_with_what_was_begun(
    project: Project, place: str, tmp_path: Path
) -> None:
    log, go = tmp_path / "log", tmp_path / "go"
    text = COUNTED.format(log=log, go=go)
    project.write("w.yml", f'stages: [{{name: a, runs-on: there, bash: "{text}"}}, {{name: b, echo: "b"}}]')
    call = project.begin("run", "w.yml")
    until(log.exists)
    end(call, signal.SIGKILL)
    again = project.begin("resume", "--json")
    until(lambda: project.last()["stages"][0]["status"] == "RUNNING")
    end(again, signal.SIGKILL)
    go.touch()
    said = project.call("resume", "--json")
    assert said.code == 0, said
    assert said.json["stages"][0]["outputs"] == {"return_code": 0, "stdout": "done\n", "stderr": ""}
    assert log.read_text() == "x\n"


@pytest.mark.parametrize("place", ["folder", "far"], indirect=True)
def test_a_failure_is_tried_again_by_a_new_start(project: Project, place: str, tmp_path: Path) -> None:
    text = f"echo x >>'{tmp_path}/log'; [ $(wc -l <'{tmp_path}/log') = 2 ]"
    project.write("w.yml", f'stages: [{{name: a, runs-on: there, retry: {{attempts: 2, delay: 0}}, bash: "{text}"}}]')
    assert project.call("run", "w.yml").code == 0
    assert (tmp_path / "log").read_text() == "x\nx\n"


ONE_SPOILT = """
on-failure: keep-going
stages:
  - {name: good, needs: [], runs-on: there, bash: echo good}
  - {name: dashed, needs: [], runs-on: there, env: {A-B: "1"}, bash: echo bad}
  - {name: nul, needs: [], runs-on: there, bash: "${{ 'echo a\\0b' }}"}
  - {name: too, needs: [], runs-on: there, bash: echo good}
"""


@pytest.mark.parametrize("place", ["folder", "far"], indirect=True)
def test_what_cannot_be_handed_over_does_not_spoil_what_is_handed_over_with_it(project: Project, place: str) -> None:
    project.write("w.yml", ONE_SPOILT)
    run = project.run("w.yml")
    assert statuses(run) == {"good": "SUCCEEDED", "dashed": "FAILED", "nul": "FAILED", "too": "SUCCEEDED"}
    dashed, nul = (stage["error"]["message"] for stage in run["stages"][1:3])
    assert dashed == "'A-B' is no name of a variable that a shell can hand on"
    assert nul == "the command, or a variable of it, holds a NUL character, which none can"

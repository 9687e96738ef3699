"""A new project, checks, the schema, the doctor, completions, and what a defect of ours looks like."""

import json
import os
import shutil
from pathlib import Path

from tests.contract.cli.calling import Project
from tests.contract.cli.workflows import GREETING


def test_a_new_project_runs_at_once_and_nothing_is_overwritten(project: Project) -> None:
    said = project.call("init")
    assert said.code == 0
    assert project.call("check", "workflow.yml").code == 0
    run = project.run("workflow.yml", "-p", "name=you")
    assert run["stages"][-1]["outputs"]["stdout"].startswith("Hello you, from Linux")
    project.write("workflow.yml", "mine")
    again = project.call("init")
    assert "kept  workflow.yml" in again.out
    assert (project.folder / "workflow.yml").read_text() == "mine"
    assert project.call("init", "deep/er").code == 0
    assert project.call("run", "deep/er/workflow.yml").code == 0


def test_check_tells_all_mistakes_of_all_files_and_runs_nothing(project: Project) -> None:
    project.write("good.yml", GREETING)
    project.write(
        "bad.yml", "name: w\nstages:\n  - name: a\n    bash: 'if true; then'\n  - name: b\n    python: 'x ='\n"
    )
    project.write("worse.yml", "name: w\nname: v\nstages: [")
    said = project.call("check", "good.yml", "bad.yml", "worse.yml", "none.yml")
    assert said.code == 2
    assert "good.yml: ok (greeting)" in said.out
    assert "bad.yml:6:" in said.err
    assert "worse.yml:" in said.err
    assert "none.yml: the file cannot be read" in said.err
    assert not (project.folder / ".stageline").exists()


def test_check_as_json(project: Project) -> None:
    project.write("good.yml", GREETING)
    project.write("bad.yml", "name: w\nstages:\n  - name: a\n    bash: 'if true; then'\n")
    good = project.call("check", "good.yml", "--json")
    assert (good.code, good.json["ok"], good.json["files"][0]["workflows"]) == (0, True, ["greeting"])
    bad = project.call("check", "bad.yml", "--json")
    assert (bad.code, bad.json["ok"]) == (2, False)
    (problem,) = bad.json["files"][0]["problems"]
    assert (problem["file"], problem["line"]) == ("bad.yml", 4)
    assert {"column", "path", "message", "hint"} <= problem.keys()


def test_the_schema_is_one(project: Project) -> None:
    import jsonschema

    schema = project.call("schema").json
    jsonschema.validators.validator_for(schema).check_schema(schema)


def test_the_doctor_says_what_is_missing_what_for_and_how_to_get_it(project: Project, tmp_path: Path) -> None:
    said = project.call("doctor", "--json")
    assert said.code == 0
    found = {finding["name"]: finding for finding in said.json["findings"]}
    assert found["python"]["found"].startswith("3.")
    assert found["bash"]["required"]
    for name in ("bwrap", "docker", "podman", "uv", "git", "shellcheck", "[postgres]", "state folder", "local disk"):
        assert found[name]["purpose"]
        assert found[name]["remedy"]
    kinds = [found[name] for name in ("lab tools", "lab packages", "lab images")]
    assert all(kind["purpose"].startswith("Labs: ") for kind in kinds)
    assert (kinds[0]["found"], kinds[1]["found"][:3]) == ("all base tools", "uv ")
    bare = tmp_path / "bin"
    bare.mkdir()
    (bare / "git").symlink_to(shutil.which("git") or "")
    said = project.call("doctor", env={"PATH": str(bare)})
    assert said.code == 3
    assert "MISSING  bash" in said.out
    assert "missing  bwrap" in said.out
    assert "apt install bubblewrap" in said.out
    assert "ok       git" in said.out
    assert "missing  lab tools     for Labs: the tools that every script has: there is no program 'bash'" in said.out
    assert "lab images    for Labs: environment=image(…): docker: apt install docker.io" in said.out
    assert not (project.folder / ".stageline").exists()


def test_the_doctor_refuses_a_uv_that_is_too_old(project: Project, tmp_path: Path) -> None:
    (tmp_path / "uv").write_text("#!/bin/sh\necho uv 0.5.9\n")
    (tmp_path / "uv").chmod(0o755)
    said = project.call("doctor", env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}).out
    assert "ok       uv            uv 0.5.9" in said
    assert "missing  lab packages  for Labs: environment=uv(…): uv 0.6 or newer: pip install 'stageline[uv]'" in said


def completed(project: Project, *words: str) -> list[str]:
    """What bash would offer for these words, the last of which is being typed."""
    line = " ".join(["stageline", *words])
    env = {"_STAGELINE_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words))}
    return [entry.partition(",")[2] for entry in project.call(env=env).out.splitlines()]


def test_the_shell_completes_commands_runs_stages_and_files(project: Project) -> None:
    project.write("w.yml", GREETING)
    project.call("run", "w.yml")
    run = project.runs()[0]["id"]
    assert completed(project, "re") == ["resume", "retry"]
    assert completed(project, "run", "") == ["w.yml"]
    assert completed(project, "show", run[:3]) == [run]
    assert completed(project, "log", run, "nested/") == [
        "nested/0",
        "nested/0/inner",
        "nested/1",
        "nested/1/inner",
    ]
    assert "--store" in completed(project, "run", "--st")
    for shell in ("bash", "zsh", "fish"):
        said = project.call("completions", shell)
        assert (said.code, "_STAGELINE_COMPLETE" in said.out) == (0, True)


def test_a_defect_of_ours_is_written_down_and_ends_with_70(project: Project) -> None:
    (project.folder / ".stageline").mkdir()
    project.write(
        "broken/sitecustomize.py",
        "import stageline.cli.table as t\nt.ENTRIES['list'] = None or t.ENTRIES['show']._replace(module='gone')\n",
    )
    said = project.call("list", env={"PYTHONPATH": str(project.folder / "broken")})
    assert said.code == 70
    assert "a defect of Stageline: ModuleNotFoundError" in said.err
    assert "Traceback" not in said.err
    log = Path(project.env["XDG_CACHE_HOME"]) / "stageline" / "log" / "stageline.log"
    assert "Traceback" in log.read_text()
    assert str(log) in said.err


def test_every_command_has_help_that_runs(project: Project) -> None:
    from stageline.cli.table import ENTRIES

    for name in ENTRIES:
        said = project.call(name, "--help")
        assert (said.code, said.out.startswith(f"Usage: stageline {name}")) == (0, True), said


def test_schema_json_is_plain(project: Project) -> None:
    json.loads(project.call("schema").out)

"""Settings and the log: where values come from, what a wrong one is answered with, what is written down."""

import json
from pathlib import Path

import pytest

from tests.contract.cli.calling import Project
from tests.contract.cli.workflows import GREETING

TALKING = """\
import logging, os
from stageline.stages.base import BaseStage


class TalkStage(BaseStage):
    body = "talk"
    talk: str

    def process(self, params, run_id, context, **more):
        logging.getLogger("stageline.talking").warning("the token is %s", os.environ["STAGELINE_SECRET_T"])
"""


def setting(project: Project, name: str, **more: str) -> tuple[object, str]:
    found = project.call("config", "--json", env=more).json[name]
    return found["value"], found["origin"]


def test_each_layer_counts_before_the_one_below_and_the_origin_is_told(project: Project) -> None:
    assert setting(project, "stage.retry-delay") == (5.0, "default")
    user = Path(project.env["XDG_CONFIG_HOME"]) / "stageline" / "config.toml"
    user.parent.mkdir(parents=True)
    user.write_text("[stage]\nretry-delay = 6\n")
    assert setting(project, "stage.retry-delay") == (6.0, f"{user}:2")
    mine = project.write("stageline.toml", "# mine\n[stage]\nretry_delay = 7\n")
    assert setting(project, "stage.retry-delay") == (7.0, f"{mine}:3")
    alias = {"WORKFLOW_CORE_STAGE_RETRY_DELAY": "8"}
    assert setting(project, "stage.retry-delay", **alias) == (8.0, "environment: WORKFLOW_CORE_STAGE_RETRY_DELAY")
    both = {**alias, "STAGELINE_STAGE_RETRY_DELAY": "9"}
    assert setting(project, "stage.retry-delay", **both) == (9.0, "environment: STAGELINE_STAGE_RETRY_DELAY")
    assert setting(project, "color", STAGELINE_COLOR="auto") == ("auto", "environment: STAGELINE_COLOR")
    said = project.call("config", "--json", "--color", "never").json["color"]
    assert (said["value"], said["origin"]) == ("never", "--color")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[stage]\ntimeout = 'soon'\n",
            "stageline.toml:2: stage.timeout is a number of seconds, 0 or more, not 'soon'",
        ),
        ("[log]\n\nlevle = 'info'\n", "stageline.toml:3: no setting 'log.levle'; did you mean 'log.level'?"),
        ("[log\n", "stageline.toml is not TOML"),
        ("workers = 0\n", "stageline.toml:1: workers is a whole number, 1 or more, not 0"),
    ],
)
def test_a_wrong_setting_is_named_with_its_place(project: Project, text: str, words: str) -> None:
    project.write("stageline.toml", text)
    said = project.call("list")
    assert said.code == 2
    assert words in said.err
    assert "Traceback" not in said.err


def test_a_wrong_variable_is_named_and_a_misspelt_one_warned_of(project: Project) -> None:
    said = project.call("list", env={"STAGELINE_LOG_LEVEL": "loud"})
    assert (said.code, "environment: STAGELINE_LOG_LEVEL: log.level is one of debug" in said.err) == (2, True)
    said = project.call("list", env={"STAGELINE_LOG_LEVLE": "info"})
    assert (said.code, "did you mean 'STAGELINE_LOG_LEVEL'?" in said.err) == (0, True)


def test_paths_in_a_file_are_seen_from_the_file(project: Project) -> None:
    project.write("stageline.toml", 'home = "state"\n')
    file = project.write("below/w.yml", GREETING)
    assert project.call("run", str(file)).code == 0
    assert (project.folder / "state" / "stageline.db").exists()
    project.write("stageline.toml", 'store = "sqlite:///other.db"\n')
    assert project.call("run", str(file)).code == 0
    assert (project.folder / "other.db").exists()


def test_no_password_is_shown(project: Project) -> None:
    url = "postgresql://me:hunter2@localhost:1/x"
    said = project.call("config", "--store", url)
    assert "me@localhost" in said.out
    assert "hunter2" not in said.out + said.err
    said = project.call("list", "--store", url)
    assert (said.code, "hunter2" in said.err) == (3, False)


def log_of(project: Project) -> Path:
    return Path(project.env["XDG_CACHE_HOME"]) / "stageline" / "log" / "stageline.log"


def test_what_happens_is_written_to_a_log_with_times(project: Project) -> None:
    project.write("w.yml", GREETING)
    project.call("run", "w.yml")
    first = log_of(project).read_text().splitlines()[0]
    assert first[:4].isdigit()
    assert first.split()[0].endswith("Z")
    assert f"run {project.runs()[0]['id']} of 'greeting'" in log_of(project).read_text()


def test_verbosity_is_that_of_stderr(project: Project) -> None:
    project.write("w.yml", GREETING)
    assert project.call("run", "w.yml").err == ""
    assert " info " in project.call("run", "w.yml", "-v").err
    assert " info " in project.call("-v", "run", "w.yml").err
    assert " info " in project.call("run", "w.yml", env={"STAGELINE_LOG_LEVEL": "info"}).err
    assert project.call("run", "w.yml", "-q").out == ""


def test_a_log_of_json_lines(project: Project) -> None:
    project.write("w.yml", GREETING)
    said = project.call("run", "w.yml", "-v", "--log-format", "json")
    lines = [json.loads(line) for line in said.err.splitlines()]
    assert all({"time", "level", "logger", "message"} <= line.keys() for line in lines)
    assert [json.loads(line) for line in log_of(project).read_text().splitlines()]


def test_a_full_log_gives_way_to_a_new_one(project: Project) -> None:
    project.write("w.yml", GREETING)
    project.write("stageline.toml", "[log]\nmax-size = 300\nkeep = 1\n")
    for _ in range(4):
        project.call("run", "w.yml")
    assert sorted(path.name for path in log_of(project).parent.iterdir()) == ["stageline.log", "stageline.log.1"]


def test_a_log_that_cannot_be_written_stops_nothing(project: Project) -> None:
    project.write("w.yml", GREETING)
    project.write("file", "")
    said = project.call("run", "w.yml", env={"STAGELINE_LOG_FILE": "file/x.log"})
    assert (said.code, "no log is written" in said.err) == (0, True)
    assert project.call("run", "w.yml", env={"STAGELINE_LOG_FILE": "none"}).err == ""


@pytest.mark.parametrize("form", ["text", "json"])
def test_secrets_are_not_in_the_log(project: Project, form: str) -> None:
    project.write("talking.py", TALKING)
    project.write("w.yml", "name: w\nplugins: [talking]\nstages:\n  - name: a\n    talk: x\n")
    secret = {"STAGELINE_SECRET_T": "very-secret-thing"}
    said = project.call("run", "w.yml", "--log-format", form, env=secret)
    assert said.code == 0
    for text in (said.out + said.err, log_of(project).read_text()):
        assert "very-secret-thing" not in text
    assert "the token is ***" in said.err


def test_a_file_of_secrets_that_others_can_read_is_refused(project: Project) -> None:
    project.write("w.yml", GREETING)
    project.write("s.env", "T=x\n").chmod(0o644)
    said = project.call("run", "w.yml", env={"STAGELINE_SECRETS": "s.env"})
    assert (said.code, "chmod 600" in said.err) == (2, True)


def test_an_error_has_its_traceback_only_when_asked(project: Project) -> None:
    assert "Traceback" not in project.call("show").err
    assert "Traceback" in project.call("show", "-v").err

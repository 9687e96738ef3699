"""Stages that do one thing, as the documentation of YAML stages writes them, each run by the command."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.yaml_project import YamlProject
from tests.contract.tasks.test_virtual_env import wheel

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def project(tmp_path: Path) -> YamlProject:
    return YamlProject(tmp_path)


def test_a_message(project: YamlProject) -> None:
    text = """
        stages:
          - name: "Say Hello"
            echo: "The pipeline begins"
    """
    assert project.outputs(text) == {"echo": "The pipeline begins"}
    assert "The pipeline begins" in project.said(text).out


def test_a_message_after_a_while(project: YamlProject) -> None:
    text = """
        stages:
          - name: "Give It Time"
            echo: "Now it should be up..."
            sleep: 0.3
    """
    stage = project.stages(text)["give-it-time"]
    assert stage["outputs"] == {"echo": "Now it should be up..."}
    assert stage["ended_at"] > stage["started_at"]


@pytest.mark.parametrize(("verbose", "status"), [(True, "SUCCEEDED"), (False, "SKIPPED")])
def test_a_message_under_a_condition(project: YamlProject, verbose: bool, status: str) -> None:
    text = """
        stages:
          - name: "Tell More"
            if: "${{ params.verbose == true }}"
            echo: "Here are the details"
    """
    assert project.stages(text, verbose=verbose)["tell-more"]["status"] == status


def test_a_command(project: YamlProject) -> None:
    outputs = project.outputs("""
        stages:
          - name: "Free Space"
            bash: "df -h /"
    """)
    assert outputs["return_code"] == 0
    assert outputs["stderr"] == ""
    assert "/" in outputs["stdout"]


def test_a_script_with_variables(project: YamlProject) -> None:
    outputs = project.outputs(f"""
        stages:
          - name: "Sort Files"
            env:
              SOURCE: "{project.folder}"
              TARGET: "{project.folder}/out put"
            bash: |
              echo "Sorting what is in $SOURCE"
              ls -d "$SOURCE"/tasks
              mkdir -p "$TARGET"
    """)
    assert outputs["stdout"] == f"Sorting what is in {project.folder}\n{project.folder}/tasks\n"
    assert (project.folder / "out put").is_dir()


SAFE = """
        stages:
          - name: "Careful Step"
            bash: |
              set -e  # the first error is the last
              if [ ! -f "input.csv" ]; then
                echo "there is no input"
                exit 1
              fi
              echo "input is here"
"""


def test_a_script_that_looks_before_it_works(project: YamlProject) -> None:
    said = project.said(SAFE)
    assert said.code == 1
    assert "there is no input" in said.out + said.err
    assert "flow.yml:3" in said.err
    (stage,) = project.last()["stages"]
    assert (stage["outputs"]["return_code"], stage["outputs"]["stdout"]) == (1, "there is no input\n")

    (project.folder / "input.csv").touch()
    assert project.outputs(SAFE)["stdout"] == "input is here\n"


PEOPLE = "name,age\nada,36\ngrace,85\n"


def test_python_text_puts_out_its_names(project: YamlProject) -> None:
    project.write("people.csv", PEOPLE)
    outputs = project.outputs("""
        stages:
          - name: "Look At Data"
            run: |
              import csv
              import statistics as st

              rows = list(csv.DictReader(open('people.csv')))
              mean = st.mean(int(row['age']) for row in rows)
              print(f"There are {len(rows)} rows")
    """)
    assert outputs == {"rows": [{"name": "ada", "age": "36"}, {"name": "grace", "age": "85"}], "mean": 60.5}
    assert "There are 2 rows" in project.call("log").out


@pytest.mark.parametrize(("most", "said"), [(1, "Many: 2 rows"), (2, "Few: 2 rows")])
def test_python_text_with_variables(project: YamlProject, most: int, said: str) -> None:
    project.write("people.csv", PEOPLE)
    text = f"""
        stages:
          - name: "Count"
            vars:
              source: "people.csv"
              most: {most}
            run: |
              import csv

              rows = list(csv.DictReader(open(source)))
              if len(rows) > most:
                  print(f"Many: {{len(rows)}} rows")
              else:
                  print(f"Few: {{len(rows)}} rows")
    """
    project.stages(text)
    assert said in project.call("log").out


SHIELDED = """
        stages:
          - name: "Shielded"
            run: |
              try:
                  import csv
                  rows = list(csv.DictReader(open('people.csv')))
                  result = len(rows)
                  print(f"Read {result} rows")
              except Exception as e:
                  print(f"It cannot be read: {e}")
                  raise
"""


def test_python_text_that_raises_what_it_caught(project: YamlProject) -> None:
    said = project.said(SHIELDED)
    assert said.code == 1
    assert "FileNotFoundError" in said.err
    assert "flow.yml:3" in said.err
    assert "It cannot be read" in project.call("log").out

    project.write("people.csv", PEOPLE)
    assert project.outputs(SHIELDED)["result"] == 2


def test_python_text_in_an_environment_of_its_own(project: YamlProject) -> None:
    outputs = project.outputs(f"""
        stages:
          - name: "Alone"
            version: "{VERSION}"
            deps: ["--no-index", "{wheel(project.folder, 42)}"]
            run: |
              import tiny

              value = tiny.VALUE
              print(f"It is {{value}}")
    """)
    assert outputs == {"value": 42}


def test_a_version_of_python_that_is_not_there(project: YamlProject) -> None:
    said = project.said("""
        stages:
          - name: "Alone"
            version: "3.2"
            deps: []
            run: "value = 1"
    """)
    assert said.code != 0
    assert "3.2" in said.err
    assert VERSION in said.err


def test_a_function(project: YamlProject) -> None:
    project.write("people.csv", PEOPLE)
    outputs = project.outputs("""
        stages:
          - name: "Count Rows"
            uses: "tasks/count_rows@latest"
            with:
              source: "people.csv"
              target: "rows.txt"
    """)
    assert outputs == {"rows": 2, "target": "rows.txt"}
    assert (project.folder / "rows.txt").read_text() == "2"


def test_a_function_with_all_kinds_of_arguments(project: YamlProject) -> None:
    outputs = project.outputs(
        """
        stages:
          - name: "Post"
            uses: "api/post_note@v1"
            with:
              text: "All is done"
              receivers: ["ada@example.com"]
              urgency: "high"
              details:
                run: "${{ params.run }}"
                seconds: "${{ params.seconds }}"
    """,
        run="r-1",
        seconds=12,
    )
    assert outputs == {"result": "All is done to ada@example.com (high, {'run': 'r-1', 'seconds': 12})"}


@pytest.mark.parametrize(("wanted", "outputs"), [(True, {"sent": "warning: It is done"}), (False, {})])
def test_a_function_under_a_condition(project: YamlProject, wanted: bool, outputs: dict[str, Any]) -> None:
    text = """
        stages:
          - name: "Alert"
            if: "${{ params.wanted == true }}"
            uses: "alerts/raise_alert@production"
            with:
              level: "${{ params.level }}"
              text: "It is done"
    """
    assert project.outputs(text, wanted=wanted, level="warning") == outputs


def test_an_error_on_purpose(project: YamlProject) -> None:
    said = project.said("""
        stages:
          - name: "Break"
            raise: "Broken to see what happens"
    """)
    assert said.code == 1
    assert "Broken to see what happens" in said.err
    assert "flow.yml:3" in said.err


@pytest.mark.parametrize(("broken", "code"), [(True, 1), (False, 0)])
def test_an_error_under_a_condition(project: YamlProject, broken: bool, code: int) -> None:
    text = """
        stages:
          - name: "Break"
            if: "${{ params.broken == true }}"
            raise: "Broken, as was asked for"
    """
    assert project.said(text, broken=broken).code == code


def test_a_container(project: YamlProject, container_engine: str, container_image: str) -> None:
    image, _, tag = container_image.rpartition(":")
    (project.folder / "data").mkdir()
    outputs = project.outputs(f"""
        stages:
          - name: "Contained"
            image: "{image}"
            tag: "{tag}"
            engine: {container_engine}
            network: none
            env:
              WHO: "you"
            volume:
              ./data: /data
            command: echo "$WHO" | tee /data/who
    """)
    assert outputs == {"return_code": 0, "stdout": "you\n", "stderr": ""}
    assert (project.folder / "data" / "who").read_text() == "you\n"


def test_a_script_that_bash_cannot_read_does_not_begin(project: YamlProject) -> None:
    said = project.said("""
        stages:
          - name: "Half"
            bash: |
              touch begun
              if true; then
    """)
    assert said.code == 2
    assert "flow.yml:6:15: stages[0].bash: this is not bash" in said.err
    assert not (project.folder / "begun").exists()


def test_an_error_in_an_expression_is_shown_in_full_at_the_end_only(project: YamlProject) -> None:
    said = project.said("stages: [{name: x, echo: '${{ params.m.k }}'}]", m={"kk": 1})
    assert said.code == 1
    assert "x  0.0s  params.m has no 'k'; did you mean 'kk'?\nFAILED" in said.out
    assert (
        "cause  params.m has no 'k'; did you mean 'kk'?\n     |   ${{ params.m.k }}\n     |                ^\n"
        in said.err
    )


def test_a_value_of_a_wrong_type_is_told_in_the_words_of_files(project: YamlProject) -> None:
    text = "stages: [{name: x, sleep: '${{ params.s }}'}]"
    assert "expected a number, got a text (at sleep)" in project.said(text, s="soon").err
    assert "expected a number <= 1800.0 (at sleep)" in project.said(text, s=5000).err


def test_what_cannot_be_called_is_told_before_the_run(project: YamlProject) -> None:
    said = project.said("stages: [{name: x, uses: count_rows}]")
    assert said.code == 2
    assert "flow.yml:1:26: stages[0].uses: uses is 'module/function@tag' or 'package.module:function'" in said.err


def test_a_parameter_that_is_not_declared_keeps_what_a_file_says(project: YamlProject) -> None:
    text = """
        stages:
          - name: "Kind"
            vars: {version: "${{ params.version }}"}
            run: "kind = type(version).__name__"
    """
    assert project.stages(text, version="1.2")["kind"]["outputs"]["kind"] == "str"
    assert project.stages(text, version=1.2)["kind"]["outputs"]["kind"] == "float"
    given = project.call("run", "flow.yml", "-p", "version=1.2", "--json")
    assert given.json["stages"][0]["outputs"]["kind"] == "float"

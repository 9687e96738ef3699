"""Stages that hold others, as the documentation of YAML stages writes them, each run by the command."""

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.yaml_project import YamlProject


@pytest.fixture
def project(tmp_path: Path) -> YamlProject:
    return YamlProject(tmp_path)


def said_by(stages: dict[str, Any]) -> dict[str, Any]:
    """The outputs of stages, as they stand inside of others' outputs."""
    return {ref: stage["outputs"] for ref, stage in stages.items()}


def test_another_workflow(project: YamlProject) -> None:
    project.write(
        "night.yml", "name: night-run\nstages: [{name: Say, id: say, echo: '${{ params.day }} ${{ params.on }}'}]"
    )
    outputs = project.outputs(
        """
        stages:
          - name: "Start The Night Run"
            trigger: "night-run"
            params:
              day: "${{ params.today }}"
              on: "production"
    """,
        today="2025-05-01",
    )
    assert outputs["params"] == {"day": "2025-05-01", "on": "production"}
    assert said_by(outputs["stages"]) == {"say": {"echo": "2025-05-01 production"}}
    assert project.call("show", outputs["run"], "--json").json["name"] == "night-run"


def test_another_workflow_with_parameters_of_all_kinds(project: YamlProject) -> None:
    project.write(
        "roll-out.yaml",
        """
        name: roll-out
        params: {program: str, places: list, version: str, undo: bool}
        stages:
          - name: Each
            foreach: "${{ params.places }}"
            stages:
              - name: go
                echo: "${{ params.program }} ${{ params.version }} to ${{ item }}, undo: ${{ params.undo }}"
    """,
    )
    outputs = project.outputs(
        """
        stages:
          - name: "Roll Out Everywhere"
            trigger: "roll-out"
            params:
              program: "shop"
              places: ["here", "there"]
              version: "${{ params.version }}"
              undo: true
    """,
        version="1.2",
    )
    each = outputs["stages"]["each"]["outputs"]["foreach"]
    assert {key: said_by(item["stages"])["go"]["echo"] for key, item in each.items()} == {
        "here": "shop 1.2 to here, undo: true",
        "there": "shop 1.2 to there, undo: true",
    }


def test_branches(project: YamlProject) -> None:
    outputs = project.outputs("""
        stages:
          - name: "Both Halves"
            parallel:
              north:
                - name: "Work On North"
                  bash: "echo work --on north"
                - name: "Check North"
                  uses: "checks/rows@latest"
              south:
                - name: "Work On South"
                  bash: "echo work --on south"
    """)
    north, south = (outputs["parallel"][branch]["stages"] for branch in ("north", "south"))
    assert said_by(north)["check-north"] == {"good": 7}
    assert south["work-on-south"]["outputs"]["stdout"] == "work --on south\n"


def test_branches_side_by_side_that_share_parameters(project: YamlProject) -> None:
    outputs = project.outputs(
        """
        stages:
          - name: "All Is Well"
            max-workers: 3
            parallel:
              database:
                - name: "Ask Database"
                  uses: "checks/answers@latest"
                  with:
                    of: "${{ params.database }}"
              web:
                - name: "Ask Web"
                  uses: "checks/answers@latest"
                  with:
                    of: "${{ params.web }}"
              cache:
                - name: "Ask Cache"
                  uses: "checks/answers@latest"
                  with:
                    of: "${{ params.cache }}"
    """,
        database="db",
        web="http://web",
        cache="redis://cache",
    )
    answers = [stage["outputs"] for branch in outputs["parallel"].values() for stage in branch["stages"].values()]
    assert sorted(answer["of"] for answer in answers) == ["db", "http://web", "redis://cache"]
    last, first = (max(a["started"] for a in answers), min(a["ended"] for a in answers))
    assert last < first, "three workers for three branches, and they did not overlap"


def test_each_file_two_at_a_time(project: YamlProject) -> None:
    outputs = project.outputs(
        """
        stages:
          - name: "All Files"
            foreach: "${{ params.files }}"
            concurrent: 2
            stages:
              - name: "Work on ${{ item }}"
                bash: "echo 'file: ${{ item }}'"
    """,
        files=["a.csv", "b c.csv", "d.csv"],
    )
    texts = {
        key: stage["outputs"]["stdout"] for key, item in outputs["foreach"].items() for stage in item["stages"].values()
    }
    assert texts == {"a.csv": "file: a.csv\n", "b c.csv": "file: b c.csv\n", "d.csv": "file: d.csv\n"}


def test_each_place_with_a_function(project: YamlProject) -> None:
    outputs = project.outputs(
        """
        stages:
          - name: "All Places"
            foreach: "${{ params.places }}"
            stages:
              - name: "To ${{ item }}"
                uses: "deploy/application@latest"
                with:
                  to: "${{ item }}"
                  version: "${{ params.version }}"
    """,
        places=["dev", "prod"],
        version="3",
    )
    results = [stage["outputs"]["result"] for item in outputs["foreach"].values() for stage in item["stages"].values()]
    assert results == ["3 to dev", "3 to prod"]


def test_each_with_its_number(project: YamlProject) -> None:
    outputs = project.outputs("""
        stages:
          - name: "Numbered"
            foreach: ["x", "y", "x"]
            use-index-as-key: true
            stages:
              - name: "Item ${{ item }} is number ${{ loop }}"
                echo: "Item ${{ item }} (number: ${{ loop }})"
    """)
    texts = {
        key: stage["outputs"]["echo"] for key, item in outputs["foreach"].items() for stage in item["stages"].values()
    }
    assert texts == {"0": "Item x (number: 0)", "1": "Item y (number: 1)", "2": "Item x (number: 2)"}


@pytest.mark.parametrize(
    ("place", "done"),
    [("development", "small"), ("staging", "middle"), ("production", "large"), ("moon", "as usual")],
)
def test_one_of_several(project: YamlProject, place: str, done: str) -> None:
    outputs = project.outputs(
        """
        stages:
          - name: "Prepare"
            case: "${{ params.place }}"
            match:
              - case: "development"
                stages:
                  - name: "Small"
                    id: done
                    bash: "echo small"
              - case: "staging"
                stages:
                  - name: "Middle"
                    id: done
                    bash: "echo middle"
              - case: "production"
                stages:
                  - name: "Large"
                    id: done
                    bash: "echo large"
              - case: "_"
                stages:
                  - name: "As Usual"
                    id: done
                    bash: "echo as usual"
    """,
        place=place,
    )
    assert outputs["case"] == place
    assert outputs["stages"]["done"]["outputs"]["stdout"] == f"{done}\n"


@pytest.mark.parametrize(("trouble", "way"), [("network", "second"), ("unheard of", "the database is ready")])
def test_a_remedy_for_each_trouble(project: YamlProject, trouble: str, way: str) -> None:
    outputs = project.outputs(
        """
        stages:
          - name: "Mend"
            case: "${{ params.trouble }}"
            match:
              - case: "network"
                stages:
                  - name: "Other Way"
                    uses: "api/second_way@latest"
              - case: "_"
                stages:
                  - name: "Start Anew"
                    uses: "checks/set_up@latest"
    """,
        trouble=trouble,
    )
    (stage,) = outputs["stages"].values()
    assert list(stage["outputs"].values()) == [way]


def test_rounds_that_count(project: YamlProject) -> None:
    outputs = project.outputs(
        """
        stages:
          - name: "Wait For The Work"
            item: 0
            until: "${{ item >= 3 }}"
            max-loop: 30
            stages:
              - name: "Look"
                uses: "work/look@latest"
                with:
                  number: "${{ params.number }}"
              - name: "Count"
                run: "item = ${{ item }} + 1"
    """,
        number=5,
    )
    assert [stages["stages"]["count"]["outputs"]["item"] for stages in outputs["until"].values()] == [1, 2, 3]
    assert outputs["until"]["1"]["stages"]["look"]["outputs"] == {"state": "5 is at work"}


def test_rounds_until_something_has_worked(project: YamlProject) -> None:
    outputs = project.outputs(
        """
        stages:
          - name: "Ask Again"
            item: 0
            until: "${{ result.success == true }}"
            max-loop: 5
            stages:
              - name: "Ask"
                uses: "api/ask@latest"
                with:
                  service: "${{ params.service }}"
              - name: "Count"
                run: "item = ${{ item }} + 1"
    """,
        service="service.txt",
    )
    assert list(outputs["until"]) == ["1", "2", "3"]
    assert outputs["until"]["3"]["stages"]["ask"]["outputs"] == {"success": True, "attempts": 3}


def test_rounds_that_come_to_their_limit(project: YamlProject) -> None:
    said = project.said("""
        stages:
          - name: "In Vain"
            until: "${{ item >= 9 }}"
            max-loop: 2
            stages:
              - {name: "Say", echo: "${{ item }}"}
    """)
    assert said.code == 1
    assert "after 2 rounds" in said.err


def test_all_of_it_together(project: YamlProject) -> None:
    stages = project.stages(
        """
        stages:
          - name: "Make Ready"
            parallel:
              data:
                - name: "Get Data"
                  stages:
                    - name: "Fetch"
                      bash: "echo fetched > data.txt"
                    - name: "Look"
                      uses: "checks/rows@latest"
              place:
                - name: "Get Place"
                  stages:
                    - name: "Database"
                      uses: "checks/set_up@latest"
                    - name: "Services"
                      uses: "checks/set_up@latest"
                      with: {what: "a service"}

          - name: "Work"
            foreach: "${{ params.sources }}"
            stages:
              - name: "Work on ${{ item }}"
                uses: "work/transform@latest"
                with:
                  source: "${{ item }}"
    """,
        sources=["one", "three"],
    )
    branches = stages["make-ready"]["outputs"]["parallel"]
    place = branches["place"]["stages"]["get-place"]["outputs"]["stages"]
    assert {ref: stage["outputs"]["result"] for ref, stage in place.items()} == {
        "database": "the database is ready",
        "services": "a service is ready",
    }
    items = stages["work"]["outputs"]["foreach"]
    assert [next(iter(item["stages"].values()))["outputs"] for item in items.values()] == [{"length": 3}, {"length": 5}]


def test_another_way_when_the_first_fails_and_cleaning_up_in_any_case(project: YamlProject) -> None:
    stages = project.stages("""
        stages:
          - name: "Sure To Work"
            stages:
              - name: "Attempt"
                try:
                  - name: "First Way"
                    uses: "api/first_way@latest"
                catch:
                  - name: "Second Way"
                    uses: "api/second_way@latest"
                finally:
                  - name: "Clean Up"
                    uses: "work/clean_up@latest"
    """)
    attempt = stages["sure-to-work"]["outputs"]["stages"]["attempt"]
    assert attempt["status"] == "SUCCEEDED"
    parts = attempt["outputs"]
    assert parts["try"]["stages"]["first-way"]["status"] == "FAILED"
    assert parts["catch"]["stages"]["second-way"]["outputs"] == {"way": "second"}
    assert parts["finally"]["stages"]["clean-up"]["status"] == "SUCCEEDED"
    assert (project.folder / "cleaned-up").exists()

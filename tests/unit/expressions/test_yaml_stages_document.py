"""The expressions of the YAML stages document, with values that a user would have."""

from typing import Any

import pytest

from stageline.expressions import parse, parse_condition, parse_tree

ROOTS = frozenset(
    ["params", "stages", "jobs", "item", "loop", "branch", "case", "matrix", "result", "env", "run", "secrets"]
)

NAMES: dict[str, Any] = {
    "params": {
        "debug_mode": True,
        "workflow_id": "w-1",
        "execution_time": 1.5,
        "send_alerts": False,
        "alert_level": "high",
        "processing_date": "2024-01-31",
        "app_version": "1.2.0",
        "db_host": "db",
        "api_url": "http://api",
        "redis_url": "redis://cache",
        "file_list": ["a.csv", "b c.csv"],
        "environments": ["dev", "prod"],
        "environment": "staging",
        "error_type": "network",
        "job_id": 17,
        "api_endpoint": "/v1",
        "simulate_failure": False,
        "data_sources": ["s1"],
    },
    "item": 3,
    "loop": 0,
    "result": {"success": True},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${{ params.debug_mode == true }}", True),
        ("${{ params.send_alerts == true }}", False),
        ("${{ params.simulate_failure == true }}", False),
        ("${{ item >= 3 }}", True),
        ("${{ result.success == true }}", True),
    ],
)
def test_its_conditions(text: str, expected: bool) -> None:
    assert parse_condition(text, ROOTS).evaluate(NAMES) is expected


@pytest.mark.parametrize("name", sorted(NAMES["params"]))
def test_its_lone_parameters_keep_their_type(name: str) -> None:
    assert parse(f"${{{{ params.{name} }}}}", ROOTS).evaluate(NAMES) is NAMES["params"][name]


@pytest.mark.parametrize(
    ("text", "item", "expected"),
    [
        ("Process ${{ item }}", "a.csv", "Process a.csv"),
        ("process_file.sh '${{ item }}'", "b c.csv", "process_file.sh 'b c.csv'"),
        ("Deploy to ${{ item }}", "dev", "Deploy to dev"),
        ("${{ item }}", "dev", "dev"),
        ("Process item ${{ item }} at index ${{ loop }}", "a", "Process item a at index 0"),
        ("Processing item ${{ item }} (index: ${{ loop }})", "a", "Processing item a (index: 0)"),
        ("item = ${{ item }} + 1", 0, "item = 0 + 1"),
    ],
)
def test_its_texts(text: str, item: Any, expected: str) -> None:
    assert parse(text, ROOTS).evaluate({**NAMES, "item": item}) == expected


def test_its_nested_arguments() -> None:
    arguments = {
        "message": "Workflow completed successfully",
        "recipients": ["admin@example.com"],
        "metadata": {"workflow_id": "${{ params.workflow_id }}", "execution_time": "${{ params.execution_time }}"},
    }
    assert parse_tree(arguments, ROOTS).evaluate(NAMES) == {
        **arguments,
        "metadata": {"workflow_id": "w-1", "execution_time": 1.5},
    }


def test_its_scripts_are_left_alone() -> None:
    script = 'set -e\nif [ ! -f "$INPUT_DIR/${X}" ]; then exit 1; fi\nprint(f"{len(df)} rows {x}")\n'
    assert parse(script).evaluate({}) is script

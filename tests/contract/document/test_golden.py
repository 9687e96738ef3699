"""Twenty workflows come to the very same on every store; `golden/results.json` has what that is.

After a change that is meant: `UPDATE_GOLDEN=1 pytest tests/contract/document -k memory`, and read the difference.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from stageline import run
from stageline.document.load import load_file
from stageline.document.running import make_run
from stageline.engine.ports import Store
from stageline.stages.registry import stage_tasks
from stageline.stages.tools import Tools
from tests.contract.stages.nested import tree
from tests.contract.stages.test_nested import plain, store

__all__ = ["store"]

GOLDEN = Path(__file__).with_name("golden")
RESULTS = GOLDEN / "results.json"


def results(store: Store) -> dict[str, Any]:
    """What has become of each workflow: its state, and the states, outputs and failures of all its stages."""
    document = load_file(GOLDEN / "workflows.yml")
    kinds = {kind for workflow in document.workflows.values() for kind in workflow.kinds()}
    found = {}
    with stage_tasks(kinds, Tools(secrets={"WORD": "open-sesame"})) as tasks:
        for name, workflow in document.workflows.items():
            ended = run(make_run(workflow, {"n": 0} if name == "child" else {}), store, tasks, timeout=60)
            found[name] = {"status": str(ended.status), "stages": tree(ended)}
    return plain(found)


@pytest.mark.timeout(240)
def test_every_workflow_comes_to_the_same(store: Store) -> None:
    found = results(store)
    assert len(found) >= 20
    if os.environ.get("UPDATE_GOLDEN"):
        RESULTS.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    golden = json.loads(RESULTS.read_text())
    assert found.keys() == golden.keys()
    assert {name: found[name] for name in found if found[name] != golden[name]} == {}

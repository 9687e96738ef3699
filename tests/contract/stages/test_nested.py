"""Kinds that hold stages come to the very same on every store; `nested.json` has what that is.

After a change that is meant: `UPDATE_GOLDEN=1 pytest tests/contract/stages -k memory`, and read the difference.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stageline import Orchestrator, run
from stageline.engine.ports import Store
from stageline.model.status import Status
from stageline.model.workflow import Workflow
from stageline.stages.base import BaseStage
from stageline.stages.empty import EmptyStage
from stageline.stages.foreach import ForEachStage
from stageline.stages.lower import lower
from stageline.stages.registry import stage_tasks
from stageline.store.memory import MemoryStore
from stageline.store.opening import open_store
from tests.contract.stages.nested import everything, tasks, tree
from tests.folding import folded

GOLDEN = Path(__file__).with_name("nested.json")
DRAWN = re.compile(r"[0-9a-f]{16}")


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    files = tmp_path / "files"
    match request.param:
        case "memory":
            made: Store = MemoryStore(files)
        case "sqlite":
            made = open_store(f"sqlite:///{tmp_path / 'runs.db'}", files=files)
        case _:
            made = open_store(request.getfixturevalue("fresh_postgres_url"), files=files)
    yield made
    made.close()


def plain(found: dict[str, Any]) -> dict[str, Any]:
    """As JSON gives it back, with the ids of child runs made equal."""
    back: dict[str, Any] = json.loads(DRAWN.sub("child-run", json.dumps(found)))
    return back


def test_every_kind_comes_to_the_same(store: Store) -> None:
    ended = run(everything(), store, tasks(), timeout=60)
    assert ended.status is Status.SUCCEEDED, ended.failure
    found = plain(tree(ended))
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    assert found == json.loads(GOLDEN.read_text())
    log = folded(ended, store.events(ended.id))
    assert [stage.record for stage in log.stages] == [stage.record for stage in store.retrieve(ended.id).stages]


class NeedsFileStage(BaseStage):
    """Fails until there is a file."""

    path: str

    def process(self, *_: Any, **__: Any) -> dict[str, Any]:
        if not Path(self.path).exists():
            raise FileNotFoundError(self.path)
        return {"found": True}


def test_a_retry_keeps_what_is_done_inside(store: Store, tmp_path: Path) -> None:
    needs = NeedsFileStage(name="needs", path=str(tmp_path / "${{ item }}"))
    stages = [ForEachStage(name="each", foreach=["a", "b", "c"], stages=[EmptyStage(name="say", echo="hi"), needs])]
    kinds = stage_tasks({ForEachStage, EmptyStage, NeedsFileStage})
    (tmp_path / "a").touch()
    first = run(Workflow.create("w", lower(stages), id="run"), store, kinds, timeout=60)
    assert first.status is Status.FAILED
    (tmp_path / "b").touch()
    (tmp_path / "c").touch()
    Orchestrator(store=store).retry("run")
    last = run("run", store, kinds, timeout=60)
    assert last.status is Status.SUCCEEDED, last.failure
    assert list(last.stage("each").outputs["foreach"]) == ["a", "b", "c"]
    rounds = {path: last.stage(f"each/{path}").record.round for path in ("0", "1", "2", "1/say", "1/needs")}
    assert rounds == {"0": 0, "1": 1, "2": 1, "1/say": 0, "1/needs": 1}
    assert [stage.record for stage in folded(last, store.events("run")).stages] == [s.record for s in last.stages]

"""What the tests of stores are told with: places to keep runs, workflows, processors and changes."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import stageline
from stageline.engine.events import Event
from stageline.engine.messages import Message, StartWorkflow
from stageline.engine.peers import this_peer
from stageline.engine.ports import Change, Claim, Peer, Store
from stageline.model.record import RunRecord, StageRecord
from stageline.model.stage import StageExecution
from stageline.model.status import Status
from stageline.model.workflow import Workflow

NOW = 1_700_000_000_000_000
SECOND = 1_000_000
LATER = NOW + 1000 * SECOND
ROOT = Path(__file__).parents[3]


@dataclass
class Place:
    """Somewhere to keep runs, which can be opened several times; `url` for other processes, if they can come there."""

    kind: str
    url: str
    opener: Callable[[], Store]
    opened: list[Store] = field(default_factory=list)

    def open(self) -> Store:
        store = self.opener()
        self.opened.append(store)
        return store

    def close(self) -> None:
        for store in self.opened:
            store.close()


def stage(ref: str, *needs: str, **more: Any) -> StageExecution:
    return StageExecution(ref_id=ref, type="noop", requisite_stage_ref_ids=needs, **more)


def a_run(id: str = "", stages: Sequence[StageExecution] = (), name: str = "a workflow") -> Workflow:
    return Workflow.create(name, stages or [stage("a"), stage("b", "a")], application="tests", id=id)


def joined(store: Store, id: str = "", slots: int = 1, lease_until: int = LATER) -> Peer:
    peer = this_peer(slots, id)
    store.join(peer, lease_until)
    return peer


def started(store: Store, run: str = "run", stages: Sequence[StageExecution] = ()) -> str:
    """Keep a run and leave it its first message."""
    store.store(a_run(run, stages))
    store.push(run, StartWorkflow(), NOW)
    return run


def claimed(store: Store, peer: Peer, run: str = "run") -> Claim:
    """Keep a run that this processor owns."""
    started(store, run)
    (claim,) = store.claim(peer.id, NOW, 1)
    assert claim.run == run
    return claim


def record(events: int = 0, status: Status = Status.RUNNING) -> RunRecord:
    return RunRecord(status, started_at=NOW, events=events)


def change(claim: Claim, events: Sequence[Event] = (), seen: int = 0, **more: Any) -> Change:
    """A change of a claimed run that had `seen` events before."""
    return Change(run=claim.run, fence=claim.fence, record=record(seen + len(events)), events=events, **more)


def done(**outputs: Any) -> StageRecord:
    return StageRecord(Status.SUCCEEDED, NOW, NOW + 1, outputs=outputs)


def free(store: Store, peer: Peer, claim: Claim, ready_at: int | None = None) -> None:
    """Consume all messages of a run and let go of it."""
    seen = tuple(d.id for d in store.inbox(peer.id) if d.run == claim.run)
    refused = store.commit(peer.id, [change(claim, consumed=seen, release=True, ready_at=ready_at)], NOW)
    assert not refused


def messages(store: Store, peer: Peer) -> list[Message]:
    return [delivery.message for delivery in store.inbox(peer.id)]


def another_process(*arguments: str, **more: Any) -> "subprocess.Popen[str]":
    """A process that does one of the things in `worker.py`, with pipes to it and from it."""
    environment = {**os.environ, "PYTHONPATH": f"{Path(stageline.__file__).parents[1]}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-m", "tests.contract.store.worker", *arguments]
    return subprocess.Popen(
        command, env=environment, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **more
    )

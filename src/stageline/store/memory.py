"""A store that lives and dies with its process. It keeps every promise of the port, and is what tests run on.

All that is handed in is kept as text and read anew each time, so nothing is shared with those who handed it in.
"""

import itertools
import threading
from collections.abc import Collection, Iterable, Sequence
from heapq import nsmallest
from pathlib import Path

from stageline.engine.blobs import references_in, with_large_values
from stageline.engine.events import Event
from stageline.engine.messages import CompleteTask, Message, StartWorkflow
from stageline.engine.peers import is_gone, this_host
from stageline.engine.ports import Change, Claim, Delivery, Loaded, Offer, Peer, RunRow
from stageline.errors import DocumentError, UnknownName, did_you_mean
from stageline.model.workflow import Workflow
from stageline.store import codec
from stageline.store.files import Files

_START = codec.encode(StartWorkflow())


class _Offer:
    """A task on offer, and who holds it."""

    def __init__(self, run: str, stage: int, execution: int, type: str, body: str) -> None:
        self.key = (run, stage, execution)
        self.type = type
        self.body = body
        self.holder: str | None = None

    def taken(self, peer: str) -> Offer:
        self.holder = peer
        return Offer(*self.key, self.type, codec.decode_body(self.body))


class _Run:
    """One run, as texts."""

    def __init__(self, workflow: Workflow) -> None:
        self.id = workflow.id
        self.name = workflow.name
        self.application = workflow.application
        self.parent = workflow.parent.run if workflow.parent else ""
        self.definition = codec.encode_definition(workflow)
        self.record = codec.encode(workflow.record)
        self.stages = [codec.encode_stage(stage) for stage in workflow.stages]
        self.records = {number: codec.encode(record) for number, record in codec.begun(workflow.stages)}
        self.events: list[str] = []
        self.messages: dict[int, str] = {}
        self.offers: dict[tuple[int, int], _Offer] = {}
        self.owner: str | None = None
        self.fence = 0

    def write(self, texts: codec.Texts) -> None:
        self.record = texts.record
        self.stages += [text for _, text in texts.planned]
        self.records.update(texts.stages)
        self.events += [text for _, text in texts.events]
        for id in texts.change.consumed:
            self.messages.pop(id, None)
        for key in texts.change.withdrawn:
            self.offers.pop(key, None)
        for stage, execution, type, body in texts.offers:
            self.offers[stage, execution] = _Offer(self.id, stage, execution, type, body)

    @property
    def is_over(self) -> bool:
        """Whether nobody has anything to do with it any more."""
        return self.owner is None and not self.messages and codec.decode_run_record(self.record).status.ended

    def texts(self) -> Iterable[str]:
        """All texts in which outputs can stand."""
        return (*self.records.values(), *self.events, *self.messages.values(), *(o.body for o in self.offers.values()))

    def workflow(self) -> Workflow:
        stages = [(text, self.records.get(number)) for number, text in enumerate(self.stages)]
        return codec.decode_workflow(self.definition, self.record, stages)


class _Runs:
    """All runs, and where they stand: owned by whom, or free and ready when; and which of them offer tasks."""

    def __init__(self) -> None:
        self.all: dict[str, _Run] = {}
        self.owned: dict[str, dict[str, _Run]] = {}
        self.ready: dict[str, int] = {}
        self.offering: dict[str, _Run] = {}
        self._ids = itertools.count(1)

    def find(self, run: str) -> _Run:
        if found := self.all.get(run):
            return found
        raise UnknownName(f"no run '{run}' in memory{did_you_mean(run, self.all)}")

    def tell(self, run: _Run, message: str) -> None:
        run.messages[next(self._ids)] = message
        if run.owner is None:
            self.ready[run.id] = 0

    def due(self, now: int, limit: int, runs: Collection[str] | None) -> list[_Run]:
        ready = self.ready_of(runs).items()
        due = [(at, order, id) for order, (id, at) in enumerate(ready) if at <= now]
        return [self.all[id] for _, _, id in nsmallest(max(limit, 0), due)]

    def ready_of(self, runs: Collection[str] | None) -> dict[str, int]:
        return self.ready if runs is None else {id: at for id, at in self.ready.items() if id in runs}

    def own(self, run: _Run, peer: str) -> Claim:
        del self.ready[run.id]
        run.owner = peer
        run.fence += 1
        self.owned.setdefault(peer, {})[run.id] = run
        return Claim(run.id, run.fence)

    def free(self, run: _Run, ready_at: int | None) -> None:
        del self.owned[run.owner or ""][run.id]
        run.owner = None
        if run.messages:
            ready_at = 0
        if ready_at is not None:
            self.ready[run.id] = ready_at

    def free_all(self, peer: str) -> None:
        for run in list(self.owned.get(peer, {}).values()):
            self.free(run, 0)
        for run in self.offering.values():
            for offer in run.offers.values():
                if offer.holder == peer:
                    offer.holder = None

    def write(self, texts: codec.Texts, children: Iterable[_Run]) -> None:
        run = self.all[texts.change.run]
        run.write(texts)
        self.list_offers(run)
        for child in children:
            if child.id not in self.all:
                self.all[child.id] = child
                self.tell(child, _START)
        for target, message in texts.tells:
            if target in self.all:
                self.tell(self.all[target], message)

    def forget(self, id: str) -> None:
        for kept in (self.all, self.ready, self.offering):
            kept.pop(id, None)

    def list_offers(self, run: _Run) -> None:
        if run.offers:
            self.offering[run.id] = run
        else:
            self.offering.pop(run.id, None)


class MemoryStore:
    """Runs kept in this process only. Without `files` that folder is a temporary one, removed by `close`."""

    def __init__(self, files: Path | str | None = None) -> None:
        self._runs = _Runs()
        self._peers: dict[str, tuple[Peer, int]] = {}
        self._woken: set[str] = set()
        self._changed = threading.Condition()
        self._files = Files(Path(files) if files else None)
        self._host = this_host()

    @property
    def url(self) -> str:
        return "memory:"

    @property
    def files(self) -> Path:
        return self._files.path()

    def store(self, workflow: Workflow) -> None:
        run = _Run(workflow)
        with self._changed:
            if self._runs.all.setdefault(run.id, run) is not run:
                raise DocumentError(f"there is a run '{run.id}' in memory already; give the new one another id")

    def retrieve(self, run: str) -> Workflow:
        with self._changed:
            found = self._runs.find(run).workflow()
        return with_large_values(codec.with_task_records(found), lambda: self.files)

    def list_runs(self, limit: int = 100) -> list[RunRow]:
        with self._changed:
            newest = list(itertools.islice(reversed(self._runs.all.values()), max(limit, 0)))
            return [self._row(run) for run in newest]

    def _row(self, run: _Run) -> RunRow:
        owner = self._peers[run.owner][0] if run.owner in self._peers else None
        record, ready_at = codec.decode_run_record(run.record), self._runs.ready.get(run.id)
        return RunRow(run.id, run.name, run.application, record, run.parent, owner, ready_at)

    def find_runs(self, prefix: str, limit: int = 10) -> list[str]:
        with self._changed:
            found = (id for id in reversed(self._runs.all) if id.startswith(prefix))
            return list(itertools.islice(found, max(limit, 0)))

    def forget(self, runs: Sequence[str]) -> frozenset[str]:
        with self._changed:
            over = [id for id in runs if (run := self._runs.all.get(id)) and run.is_over]
            for id in over:
                self._runs.forget(id)
            return frozenset(over)

    def large_values(self) -> frozenset[str]:
        with self._changed:
            return references_in(text for run in self._runs.all.values() for text in run.texts())

    def events(self, run: str, after: int = 0) -> list[Event]:
        with self._changed:
            return [codec.decode_event(text) for text in self._runs.find(run).events[max(after, 0) :]]

    def push(self, run: str, message: Message, now: int) -> None:
        text = codec.encode(message)
        with self._changed:
            self._runs.tell(self._runs.find(run), text)
            self._wake_all()

    def join(self, peer: Peer, lease_until: int) -> None:
        with self._changed:
            self._peers[peer.id] = (peer, lease_until)

    def beat(self, peer: str, now: int, lease_until: int) -> int | None:
        with self._changed:
            if peer not in self._peers:
                return None
            self._peers[peer] = (self._peers[peer][0], lease_until)
            for other, until in list(self._peers.values()):
                if other.id != peer and (until <= now or is_gone(other, self._host)):
                    self._forget(other.id)
            return sum(other.slots for other, _ in self._peers.values() if other.id != peer)

    def leave(self, peer: str) -> None:
        with self._changed:
            self._forget(peer)
            self._woken.discard(peer)

    def _forget(self, peer: str) -> None:
        if self._peers.pop(peer, None):
            self._runs.free_all(peer)
            self._wake_all()

    def claim(self, peer: str, now: int, limit: int, runs: Collection[str] | None = None) -> list[Claim]:
        with self._changed:
            if peer not in self._peers:
                return []
            return [self._runs.own(run, peer) for run in self._runs.due(now, limit, runs)]

    def load(self, run: str) -> Loaded:
        with self._changed:
            found = self._runs.find(run)
            return Loaded(found.workflow(), tuple(sorted({stage for stage, _ in found.offers})))

    def inbox(self, peer: str) -> list[Delivery]:
        with self._changed:
            owned = self._runs.owned.get(peer, {}).values()
            texts = sorted((id, run.id, text) for run in owned for id, text in run.messages.items())
        return [Delivery(id, run, codec.decode_message(text)) for id, run, text in texts]

    def commit(self, peer: str, changes: Sequence[Change], now: int) -> frozenset[str]:
        written = [(codec.Texts(change), [_Run(child) for child in change.children]) for change in changes]
        with self._changed:
            good = [(texts, children) for texts, children in written if self._holds(peer, texts.change)]
            for texts, children in good:
                self._runs.write(texts, children)
            accepted = [texts.change for texts, _ in good]
            for change in accepted:
                if change.release:
                    self._runs.free(self._runs.all[change.run], change.ready_at)
            if any(c.tells or c.children or c.offers or c.withdrawn or c.release for c in accepted):
                self._wake_all()
            return frozenset(change.run for change in changes) - {change.run for change in accepted}

    def _holds(self, peer: str, change: Change) -> bool:
        run = self._runs.all.get(change.run)
        return run is not None and run.owner == peer and run.fence == change.fence

    def pending(self, now: int, runs: Collection[str] | None = None) -> int | None:
        with self._changed:
            ready = self._runs.ready_of(runs)
            return max(min(ready.values()) - now, 0) if ready else None

    def take_offers(
        self, peer: str, types: Sequence[str], limit: int, runs: Collection[str] | None = None
    ) -> list[Offer]:
        with self._changed:
            if peer not in self._peers:
                return []
            found = self._free_offers(frozenset(types), runs)
            return [offer.taken(peer) for offer in itertools.islice(found, max(limit, 0))]

    def _free_offers(self, types: frozenset[str], runs: Collection[str] | None) -> Iterable[_Offer]:
        for run in self._runs.offering.values():
            if runs is not None and run.id not in runs:
                continue
            for offer in run.offers.values():
                if offer.holder is None and offer.type in types:
                    yield offer

    def answer_offer(self, peer: str, run: str, answer: CompleteTask, now: int) -> bool:
        text = codec.encode(answer)
        with self._changed:
            found = self._runs.find(run)
            offer = found.offers.get((answer.stage, answer.execution))
            if offer is None or offer.holder != peer:
                return False
            del found.offers[answer.stage, answer.execution]
            self._runs.list_offers(found)
            self._runs.tell(found, text)
            self._wake_all()
            return True

    def held_offers(self, peer: str) -> frozenset[tuple[str, int, int]]:
        with self._changed:
            offers = (offer for run in self._runs.offering.values() for offer in run.offers.values())
            return frozenset(offer.key for offer in offers if offer.holder == peer)

    def wait(self, peer: str, timeout: float) -> bool:
        with self._changed:
            woken = self._changed.wait_for(lambda: peer in self._woken, max(timeout, 0.0))
            self._woken.discard(peer)
            return woken

    def wake(self, peer: str) -> None:
        with self._changed:
            self._woken.add(peer)
            self._changed.notify_all()

    def _wake_all(self) -> None:
        self._woken.update(self._peers)
        self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._wake_all()
            self._files.close()

"""The store over any SQL database: the port's methods as transactions of named statements.

Times are kept by the clock that all users of the database share; what is handed in is moved onto it here.
"""

from collections.abc import Collection, Sequence
from pathlib import Path

from stageline.engine.blobs import MARK, references_in, with_large_values
from stageline.engine.events import Event
from stageline.engine.messages import CompleteTask, Message
from stageline.engine.peers import is_gone, this_host
from stageline.engine.ports import Change, Claim, Delivery, Loaded, Offer, Peer, RunRow
from stageline.errors import DocumentError, StoreError, UnknownName, did_you_mean
from stageline.model.workflow import Workflow
from stageline.store import codec
from stageline.store.changes import NewRun, Writing, leave_messages, write_changes
from stageline.store.database import EVERYONE, Bells, Database, Row, Transaction, json_texts
from stageline.store.files import Files
from stageline.store.forgetting import forget_run


class SqlStore:
    """Runs in a SQL database. The subclasses open one."""

    def __init__(self, url: str, database: Database, bells: Bells, files: Files) -> None:
        self._url = url
        self._database: Database | None = database
        self._bells = bells
        self._files: Files | None = files
        self._host = this_host()

    @property
    def _db(self) -> Database:
        if self._database is None:
            raise self._closed()
        return self._database

    def _closed(self) -> StoreError:
        return StoreError(f"the store {self.url} is closed")

    @property
    def url(self) -> str:
        return self._url

    @property
    def files(self) -> Path:
        if self._files is None:
            raise self._closed()
        return self._files.path()

    def store(self, workflow: Workflow) -> None:
        new = NewRun(workflow)
        with self._db.write() as tx:
            if new.insert(tx) is None:
                raise DocumentError(
                    f"there is a run '{workflow.id}' in {self.url} already; give the new one another id"
                )

    def retrieve(self, run: str) -> Workflow:
        with self._db.read() as tx:
            _, definition, record, stages = self._run_rows(tx, run)
        found = codec.with_task_records(codec.decode_workflow(definition, record, stages))
        return with_large_values(found, lambda: self.files)

    def _run_rows(self, tx: Transaction, run: str) -> tuple[int, str, str, list[tuple[str, str | None]]]:
        found = tx.rows("run", run)
        if not found:
            raise self._unknown(tx, run)
        key, definition, record = found[0]
        # Put together here: a planner that takes the tables to be small would join them row by row.
        records = dict[int, str](tx.rows("records", key))
        return key, definition, record, [(spec, records.get(seq)) for seq, spec in tx.rows("stages", key)]

    def _unknown(self, tx: Transaction, run: str) -> UnknownName:
        return UnknownName(f"no run '{run}' in {self.url}{did_you_mean(run, (id for (id,) in tx.rows('newest_ids')))}")

    def list_runs(self, limit: int = 100) -> list[RunRow]:
        return [_run_row(row, self._db.ahead) for row in self._db.query("list_runs", max(limit, 0))]

    def find_runs(self, prefix: str, limit: int = 10) -> list[str]:
        return [id for (id,) in self._db.query("runs_that_begin", len(prefix), prefix, max(limit, 0))]

    def forget(self, runs: Sequence[str]) -> frozenset[str]:
        gone = set()
        for run in dict.fromkeys(runs):
            # One by one: a large run takes its time, and others want to write in between.
            with self._db.write() as tx:
                if forget_run(tx, run):
                    gone.add(run)
        return frozenset(gone)

    def large_values(self) -> frozenset[str]:
        mark = f"%{MARK}%"
        return references_in(text for (text,) in self._db.query("texts_with", mark, mark, mark, mark))

    def events(self, run: str, after: int = 0) -> list[Event]:
        with self._db.read() as tx:
            found = tx.rows("key_of_run", run)
            if not found:
                raise self._unknown(tx, run)
            rows = tx.rows("events", found[0][0], after)
        return [codec.decode_event(text) for (text,) in rows]

    def push(self, run: str, message: Message, now: int) -> None:
        text = codec.encode(message)
        with self._db.write() as tx:
            held = tx.lock((run,)).get(run)
            if held is None:
                raise self._unknown(tx, run)
            leave_messages(tx, [(held.key, text)])
            tx.ring((held.owner or EVERYONE,))

    def join(self, peer: Peer, lease_until: int) -> None:
        address = self._bells.hang(peer.id)
        row = (peer.id, peer.host, peer.pid, peer.birth, peer.slots, address, lease_until + self._db.ahead)
        with self._db.write() as tx:
            tx.run("join", *row)

    def beat(self, peer: str, now: int, lease_until: int) -> int | None:
        self._db.check()
        ahead = self._db.ahead
        with self._db.write() as tx:
            if not tx.changed("renew", lease_until + ahead, peer):
                return None
        live = 0
        over: list[tuple[str, int]] = []
        for id, host, pid, birth, slots, until in self._db.query("others", peer):
            if until <= now + ahead or is_gone(Peer(id, host, pid, birth, slots), self._host):
                over.append((id, until))
            else:
                live += slots
        # Looked for each time, not only after a burial: whoever buried them may have died before freeing.
        if over or self._db.query("orphans_there"):
            self._bury(over)
        return live

    def _bury(self, over: Sequence[tuple[str, int]]) -> None:
        with self._db.write() as tx:
            for id, until in over:
                tx.run("bury", id, until)
            _free_orphans(tx)

    def leave(self, peer: str) -> None:
        with self._db.write() as tx:
            tx.run("leave", peer)
            _free_orphans(tx)
        self._bells.drop(peer)

    def claim(self, peer: str, now: int, limit: int, runs: Collection[str] | None = None) -> list[Claim]:
        at = now + self._db.ahead
        ready = self._next_ready(runs)
        if ready is None or ready > at or limit < 1:
            return []
        with self._db.write() as tx:
            if not tx.rows("alive", peer):
                return []
            found = tx.rows("claimable", at, limit) if runs is None else _claimable_of(tx, runs, at, limit)
            if found:
                tx.many("own", [(peer, fence + 1, key) for key, _, fence in found])
        return [Claim(id, fence + 1) for _, id, fence in found]

    def load(self, run: str) -> Loaded:
        with self._db.read() as tx:
            key, definition, record, stages = self._run_rows(tx, run)
            offered = tuple([stage for (stage,) in tx.rows("offered", key)])
        return Loaded(codec.decode_workflow(definition, record, stages), offered)

    def inbox(self, peer: str) -> list[Delivery]:
        return [Delivery(id, run, codec.decode_message(text)) for id, run, text in self._db.query("inbox", peer)]

    def commit(self, peer: str, changes: Sequence[Change], now: int) -> frozenset[str]:
        writings = [Writing(codec.Texts(change), [NewRun(child) for child in change.children]) for change in changes]
        with self._db.write() as tx:
            return write_changes(tx, peer, writings, self._db.ahead)

    def _next_ready(self, runs: Collection[str] | None) -> int | None:
        rows = self._db.query("next_ready") if runs is None else self._db.query("next_ready_of", json_texts(runs))
        ready: int | None = rows[0][0]
        return ready

    def pending(self, now: int, runs: Collection[str] | None = None) -> int | None:
        ready = self._next_ready(runs)
        return None if ready is None else max(ready - self._db.ahead - now, 0)

    def take_offers(
        self, peer: str, types: Sequence[str], limit: int, runs: Collection[str] | None = None
    ) -> list[Offer]:
        if limit < 1 or not self._db.query("free_offers_there"):
            return []
        with self._db.write() as tx:
            if not tx.rows("alive", peer):
                return []
            found = _free_offers(tx, json_texts(types), limit, runs)
            if found:
                tx.many("hold_offer", [(peer, key, stage, execution) for key, _, stage, execution, _, _ in found])
        return [Offer(run, stage, n, type, codec.decode_body(body)) for _, run, stage, n, type, body in found]

    def answer_offer(self, peer: str, run: str, answer: CompleteTask, now: int) -> bool:
        text = codec.encode(answer)
        with self._db.write() as tx:
            held = tx.lock((run,)).get(run)
            if held is None:
                raise self._unknown(tx, run)
            if not tx.changed("answer_offer", held.key, answer.stage, answer.execution, peer):
                return False
            leave_messages(tx, [(held.key, text)])
            tx.ring((held.owner or EVERYONE,))
        return True

    def held_offers(self, peer: str) -> frozenset[tuple[str, int, int]]:
        return frozenset((run, stage, execution) for run, stage, execution in self._db.query("held_offers", peer))

    def wait(self, peer: str, timeout: float) -> bool:
        if self._database is None:
            raise self._closed()
        return self._bells.wait(peer, max(timeout, 0.0))

    def wake(self, peer: str) -> None:
        self._bells.ring(peer)

    def close(self) -> None:
        # What several stores share lives until the last of them lets go of it.
        database, self._database, self._files = self._database, None, None
        if database is not None:
            self._bells.close()
            database.close()


def _run_row(row: Row, ahead: int) -> RunRow:
    id, name, application, record, definition, ready_at, *peer = row
    return RunRow(
        id,
        name,
        application,
        codec.decode_run_record(record),
        codec.decode_parent(definition),
        Peer(*peer) if peer[0] else None,
        ready_at and max(ready_at - ahead, 0),
    )


def _claimable_of(tx: Transaction, runs: Collection[str], at: int, limit: int) -> list[Row]:
    return tx.rows("claimable_of", at, json_texts(runs), limit)


def _free_offers(tx: Transaction, types: str, limit: int, runs: Collection[str] | None) -> list[Row]:
    if runs is None:
        return tx.rows("free_offers", types, limit)
    return tx.rows("free_offers_of", types, json_texts(runs), limit)


def _free_orphans(tx: Transaction) -> None:
    """Free what is owned by processors that are no more."""
    runs, offers = tx.rows("orphans"), tx.rows("orphaned_offers")
    if runs:
        tx.many("free_run", runs)
    if offers:
        tx.many("free_offer", offers)
    if runs or offers:
        tx.ring((EVERYONE,))

"""What a commit does, statement by statement. Runs are locked first and all at once; the rest needs no answers."""

from collections.abc import Sequence
from typing import NamedTuple

from stageline.engine.messages import StartWorkflow
from stageline.model.workflow import Workflow
from stageline.store import codec
from stageline.store.database import EVERYONE, Held, Row, Transaction

_START = codec.encode(StartWorkflow())


class NewRun:
    """A run yet to be inserted, as text."""

    __slots__ = ("records", "row", "stages")

    def __init__(self, workflow: Workflow) -> None:
        definition, record = codec.encode_definition(workflow), codec.encode(workflow.record)
        self.row = (workflow.id, workflow.name, workflow.application, definition, record)
        self.stages = [codec.encode_stage(stage) for stage in workflow.stages]
        self.records = [(number, codec.encode(begun)) for number, begun in codec.begun(workflow.stages)]

    def insert(self, tx: Transaction) -> int | None:
        """Its key, or None when its id is taken."""
        if not tx.changed("add_run", *self.row):
            return None
        key: int = tx.rows("key_of_run", self.row[0])[0][0]
        tx.many("add_stages", [(key, number, text) for number, text in enumerate(self.stages)])
        if self.records:
            tx.many("put_records", [(key, number, text) for number, text in self.records])
        return key


class Writing(NamedTuple):
    """A change as text, and the runs that it creates."""

    texts: codec.Texts
    children: Sequence[NewRun]


class _Kept(NamedTuple):
    key: int
    texts: codec.Texts
    children: Sequence[NewRun]


def write_changes(tx: Transaction, peer: str, writings: Sequence[Writing], ahead: int) -> frozenset[str]:
    """Write what `peer` may write; answers the runs that it may not, as they are no longer its own."""
    runs = {writing.texts.change.run for writing in writings}
    targets = {target for writing in writings for target, _ in writing.texts.tells}
    held = tx.lock(runs | targets if targets else runs)
    kept = [
        _Kept(run.key, texts, children)
        for texts, children in writings
        if (run := held.get(texts.change.run)) and run.owner == peer and run.fence == texts.change.fence
    ]
    if kept:
        _write_state(tx, kept)
    if beyond := [each for each in kept if each.texts.change.goes_beyond]:
        woken = _write_messages(tx, beyond, held) | _write_offers(tx, beyond) | _write_releases(tx, beyond, ahead)
        if woken:
            tx.ring(woken)
    return frozenset(runs.difference(k.texts.change.run for k in kept))


def _write_state(tx: Transaction, kept: Sequence[_Kept]) -> None:
    tx.many("save_run", [(texts.record, key) for key, texts, _ in kept])
    if rows := [(key, number, text) for key, texts, _ in kept for number, text in texts.planned]:
        tx.many("add_stages", rows)
    if rows := [(key, number, text) for key, texts, _ in kept for number, text in texts.stages.items()]:
        tx.many("put_records", rows)
    if rows := [(key, number, text) for key, texts, _ in kept for number, text in texts.events]:
        tx.many("add_events", rows)


def _write_messages(tx: Transaction, kept: Sequence[_Kept], held: dict[str, Held]) -> set[str]:
    if consumed := [(id, key) for key, texts, _ in kept for id in texts.change.consumed]:
        tx.many("consume", consumed)
    tells: list[Row] = []
    woken: set[str] = set()
    for _, _, children in kept:
        for child in children:
            key = child.insert(tx)
            if key is not None:
                tells.append((key, _START))
                held[child.row[0]] = Held(key, None, 0)
                woken.add(EVERYONE)
    for _, texts, _ in kept:
        for target, message in texts.tells:
            if run := held.get(target):
                tells.append((run.key, message))
                woken.add(run.owner or EVERYONE)
    if tells:
        leave_messages(tx, tells)
    return woken


def leave_messages(tx: Transaction, messages: Sequence[Row]) -> None:
    """Put messages (key of the run, text) into inboxes; the runs must be locked."""
    tx.many("add_message", messages)
    tx.many("mark_ready", [(key,) for key in dict.fromkeys(key for key, _ in messages)])


def _write_offers(tx: Transaction, kept: Sequence[_Kept]) -> set[str]:
    withdrawn = sorted((key, stage, n) for key, texts, _ in kept for stage, n in texts.change.withdrawn)
    if withdrawn:
        tx.many("withdraw", withdrawn)
    offers = [(key, *offer) for key, texts, _ in kept for offer in texts.offers]
    if offers:
        tx.many("add_offers", offers)
    return {EVERYONE} if withdrawn or offers else set()


def _write_releases(tx: Transaction, kept: Sequence[_Kept], ahead: int) -> set[str]:
    released = [(key, texts.change.ready_at) for key, texts, _ in kept if texts.change.release]
    if released:
        tx.many("release", [(at + ahead if at is not None else None, key) for key, at in released])
        return {EVERYONE}
    return set()

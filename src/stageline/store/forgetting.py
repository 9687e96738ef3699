"""Deleting a run from a SQL database, with all that is kept of it; what has not ended, or is to go on, is let be."""

from stageline.store import codec
from stageline.store.database import Transaction

_PARTS = ("forget_stages", "forget_records", "forget_events", "forget_offers", "forget_run")


def forget_run(tx: Transaction, run: str) -> bool:
    """Delete the run; False when there is none, or when somebody still has to do with it."""
    held = tx.lock((run,)).get(run)
    if held is None or held.owner is not None or tx.rows("message_of", held.key):
        return False
    ((_, _, record),) = tx.rows("run", run)
    if not codec.decode_run_record(record).status.ended:
        return False
    for part in _PARTS:
        tx.run(part, held.key)
    return True

"""Which run is meant: by the beginning of its id, or, without one, the last that was started by itself."""

from stageline.engine.ports import RunRow, Store
from stageline.errors import DocumentError, UnknownName, did_you_mean

SHOWN = 5
_EVERY = 1_000_000


def choose_run(store: Store, given: str | None) -> str:
    """The id of the run that is meant."""
    if given is None:
        return last_run(store).id
    found = store.find_runs(given, SHOWN + 1) if given else []
    if given in found or len(found) == 1:
        return given if given in found else found[0]
    if found:
        more = ", …" if len(found) > SHOWN else ""
        raise DocumentError(f"several runs begin with '{given}': {', '.join(found[:SHOWN])}{more}; give more of the id")
    known = [row.id for row in store.list_runs(1000)]
    hint = did_you_mean(given, known) or "; `stageline list` shows them"
    raise UnknownName(f"no run '{given}' in {store.url}{hint}")


def last_run(store: Store) -> RunRow:
    """The newest run that no other one has started."""
    for limit in (50, _EVERY):
        for row in store.list_runs(limit):
            if not row.parent:
                return row
    raise UnknownName(f"there are no runs in {store.url} yet; start one: stageline run FILE")

"""Which run is meant: by the beginning of its id, or, without one, the last that was started by itself."""

from collections.abc import Callable

from stageline.engine.ports import RunRow, Store
from stageline.errors import DocumentError, UnknownName, did_you_mean

SHOWN = 5
EVERY = 1_000_000
FEW = 200


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


def newest(store: Store, count: int, fits: Callable[[RunRow], bool]) -> list[RunRow]:
    """The newest runs that fit, so many at most; of a long list no more is read than it takes."""
    found: list[RunRow] = []
    for limit in (FEW, EVERY):
        rows = store.list_runs(limit)
        found = [row for row in rows if fits(row)][:count]
        if len(found) == count or len(rows) < limit:
            break
    return found


def last_run(store: Store) -> RunRow:
    """The newest run that no other one has started."""
    if found := newest(store, 1, lambda row: not row.parent):
        return found[0]
    raise UnknownName(f"there are no runs in {store.url} yet; start one: stageline run FILE")

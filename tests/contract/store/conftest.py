"""The four places that every promise of the port is tried in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.engine.ports import Peer, Store
from stageline.store.memory import MemoryStore
from stageline.store.opening import open_store
from tests.contract.store.world import Place, joined


@pytest.fixture(params=["memory", "sqlite-memory", "sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Each kind of store in turn, empty."""
    made = _place(request, tmp_path)
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgres"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Each kind of store that several processes can use."""
    made = _place(request, tmp_path)
    yield made
    made.close()


def _place(request: pytest.FixtureRequest, folder: Path) -> Place:
    files = folder / "files"
    match request.param:
        case "memory":
            only = MemoryStore(files)
            return Place("memory", only.url, lambda: only)
        case "sqlite-memory":
            url = "sqlite:///:memory:"
        case "sqlite":
            url = f"sqlite:///{folder / 'runs.db'}"
        case _:
            url = request.getfixturevalue("fresh_postgres_url")
    return Place(request.param, url, lambda: open_store(url, files=files))


@pytest.fixture
def store(place: Place) -> Store:
    return place.open()


@pytest.fixture
def me(store: Store) -> Peer:
    """A processor that has joined the store."""
    return joined(store, "me")


@pytest.fixture
def other(store: Store) -> Peer:
    """Another processor of this process that has joined the store."""
    return joined(store, "other", slots=3)

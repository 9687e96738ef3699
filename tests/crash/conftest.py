"""Processes that may be killed: forked from a server that has imported everything and has no threads."""

import multiprocessing
from multiprocessing.context import ForkServerContext

import pytest

PRELOADED = ["tests.crash.driver", "psycopg", "sqlite3", "pytest"]


@pytest.fixture(scope="session")
def processes() -> ForkServerContext:
    """Where processes come from, cheaply."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context

"""Every way to have a workflow executed, in turn."""

from collections.abc import Iterator

import pytest

from tests.acceptance.ways import LOCAL, Way, on_postgres


@pytest.fixture(params=[*LOCAL, "on PostgreSQL"])
def execute(request: pytest.FixtureRequest) -> Iterator[Way]:
    """Executes a workflow, with the tasks that it names, and answers it with its records."""
    if request.param in LOCAL:
        yield LOCAL[request.param]
    else:
        with on_postgres(request.getfixturevalue("fresh_postgres_url")) as way:
            yield way

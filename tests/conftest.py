"""What all tests share: real engines for those that name them, and the account of what did not run here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from hypothesis import settings

from tests.engines.control import Engines
from tests.engines.dask import DaskCluster
from tests.engines.needed import up
from tests.lanes import Lanes
from tests.not_run import summary

settings.register_profile("house", deadline=None, print_blob=True)
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Nothing that a test leaves goes into the folders of the user who runs it."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """The engines that this run uses; what it started is stopped at its end."""
    running = Engines()
    yield running
    running.release()


@pytest.fixture(scope="session")
def postgres_url(engines: Engines) -> str:
    """A real PostgreSQL, as a user who may create databases."""
    return up(engines, "postgres")["POSTGRES_URL"]


@pytest.fixture
def fresh_postgres_url(postgres_url: str) -> Iterator[str]:
    """A new and empty database on it, gone after the test."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute(SQL("create database {}").format(Identifier(name)))
        yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
        server.execute(SQL("drop database {} with (force)").format(Identifier(name)))


@pytest.fixture(scope="session", params=["docker", "podman"])
def container_engine(request: pytest.FixtureRequest, engines: Engines) -> Iterator[str]:
    """The command of a container engine that is up and has the test image: each in turn."""
    name: str = request.param
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in up(engines, name).items():
            patch.setenv(variable, value)
        yield name


@pytest.fixture(scope="session")
def ssh_config(engines: Engines) -> Path:
    """A file for `ssh -F`, by which the hosts `one`, `two` and `bare` can be reached."""
    return Path(up(engines, "sshd")["SSH_CONFIG"])


@pytest.fixture(scope="session")
def slurm_nodes(engines: Engines) -> Iterator[list[str]]:
    """A Slurm cluster that the programs of Slurm find; the names of its four nodes."""
    said = up(engines, "slurm")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", said["SLURM_CONF"])
        yield said["NODES"].split()


@pytest.fixture(scope="session")
def dask_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    """A Dask scheduler with two workers of one thread each; a test that kills any of it makes its own."""
    with DaskCluster(tmp_path_factory.mktemp("dask"), workers=2) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def container_image() -> str:
    """The image that every container engine has: static busybox and bash."""
    return "localhost/stageline-base:2"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Lanes:
    """How tests are shared out when there is more than one process for them."""
    return Lanes(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Nothing is skipped without being named."""
    lines = summary(terminalreporter.stats.get("skipped", []))
    if lines:
        terminalreporter.section("not run here")
        for line in lines:
            terminalreporter.write_line(line)

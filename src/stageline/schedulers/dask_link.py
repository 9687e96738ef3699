"""A connection to a Dask scheduler, and the orders that are sent over it. The only place that speaks to `distributed`.

What is sent names Stageline's function by words alone, so that a scheduler needs no Stageline, and a worker without it
can say so.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from io import BytesIO
from operator import methodcaller
from typing import Any

from stageline.errors import ConfigError, MissingDependency, TargetLost
from stageline.schedulers.dask_wire import VERSION, Reply, Request, packed, read_reply
from stageline.tasks.raised import in_words

CONNECT = 5.0
CLOSE = 2.0
STOP = 2.0
WORKER = "stageline.schedulers.dask_worker"
_UNFIT = (OSError, ValueError, TypeError, KeyError, RuntimeError, MemoryError, EOFError)
REMEDY = f"pip install 'stageline[dask]=={VERSION}' where the workers are, and start them anew"


class Link:
    """A connection. Used from many threads."""

    def __init__(self, client: Any, where: str, cluster: Any = None) -> None:
        self.where = where
        self._client = client
        self._cluster = cluster

    @property
    def is_up(self) -> bool:
        """Whether it can be used; one that was lost stays so."""
        return bool(self._client.status == "running")

    def send(self, request: Request) -> Sent:
        """Have a worker carry out a request; TargetLost when the connection is lost."""
        compose = import_module("toolz").compose
        call = compose(methodcaller("perform", VERSION, BytesIO(packed(request))), import_module)
        closed = getattr(import_module("distributed.client"), "ClosedClientError", RuntimeError)  # older ones have none
        try:
            future = self._client.submit(call, WORKER, key=request.key, pure=False)
        except (closed, OSError) as error:
            raise TargetLost(f"the connection to {self.where} was lost") from error
        return Sent(self._client, future, request.key, self.where)

    def workers(self) -> dict[str, int]:
        """How many orders each worker carries out at a time; none when nobody can be asked."""
        try:
            return dict(self._client.sync(self._client.scheduler.ncores, workers=None, callback_timeout=CONNECT))
        except (OSError, RuntimeError):
            return {}

    def versions(self) -> dict[str, str | None]:
        """The version of Stageline that each worker has; of none, when one of them does not answer in time."""
        ask = {"op": "versions", "packages": ["stageline"]}
        broadcast = self._client.scheduler.broadcast
        with suppress(OSError):
            found = self._client.sync(broadcast, msg=ask, on_error="ignore", callback_timeout=CONNECT)
            return {name: one["packages"].get("stageline") for name, one in found.items()}
        return {}

    def close(self) -> None:
        """Let go; what was sent and has not ended is ended there."""
        with suppress(OSError, CancelledError):
            self._client.close(timeout=CLOSE)
        if self._cluster is not None:
            self._cluster.close(timeout=CLOSE)


class Sent:
    """A request on its way. One thread waits for its end."""

    def __init__(self, client: Any, future: Any, key: str, where: str) -> None:
        self._client = client
        self._future = future
        self._key = key
        self._where = where
        self._lost = ""
        self._done = threading.Event()
        self._woken = threading.Event()
        future.add_done_callback(self._end)

    def wait(self) -> None:
        """Block until it has ended, or somebody wakes who waits."""
        self._woken.wait()

    def wake(self) -> None:
        """Let `wait` return."""
        self._woken.set()

    def give_up(self, why: str) -> None:
        """Nobody is going to carry it out."""
        self._lost = why
        self._woken.set()

    def stop(self, reason: str) -> None:
        """Have it ended where it runs, and wait for that a little; or taken back, where it does not run yet."""
        if not self._done.is_set() and not self._lost:
            from stageline.schedulers.dask_worker import stop

            with suppress(OSError, RuntimeError):
                places = list(self._client.call_stack([self._future]))
                if places:
                    self._client.run(stop, self._key, reason, workers=places, on_error="ignore")
                    self._done.wait(STOP)

    def release(self) -> None:
        """It is not wanted any more, however far it has come."""
        with suppress(OSError, RuntimeError):
            if self._done.is_set():
                self._future.release()
            else:
                self._future.cancel()

    def reply(self) -> Reply | None:
        """What came of it, None if it has not ended; TargetLost and MissingDependency when nothing did."""
        if self._lost:
            raise TargetLost(self._lost)
        if not self._done.is_set():
            return None
        if self._future.status == "error":
            raise self._translated(self._future.exception())
        try:
            version, data = self._future.result()
        except (CancelledError, OSError) as error:
            raise TargetLost(f"{self._where} was lost while this ran, or has dropped it") from error
        if version != VERSION:
            raise MissingDependency(f"a worker of {self._where} has Stageline {version}, not {VERSION}: {REMEDY}")
        return read_reply(data)

    def _end(self, _: Any) -> None:
        self._done.set()
        self._woken.set()

    def _translated(self, error: BaseException) -> ConfigError:
        if isinstance(error, import_module("distributed").KilledWorker):
            died = error.allowed_failures + 1
            return TargetLost(f"{died} Dask workers died while they ran this, {error.last_worker.address} the last")
        if isinstance(error, ModuleNotFoundError) and str(error.name).partition(".")[0] == "stageline":
            return MissingDependency(f"a worker of {self._where} does not have Stageline {VERSION}: {REMEDY}")
        return ConfigError(f"{self._where} could not run this: {in_words(error)}")


def connect(address: str | None, threads: int) -> Link:
    """A connection to the scheduler there, or to a cluster of so many threads that is made in this process."""
    distributed = _imported()
    return _local(distributed, threads) if address is None else _remote(distributed, address)


def _imported() -> Any:
    """The library. What it says at length of a lost connection we say ourselves, unless the program has use for it."""
    known = "distributed" in sys.modules
    try:
        distributed = import_module("distributed")
    except ImportError as error:
        raise MissingDependency(
            f"Python work on Dask needs distributed: pip install 'stageline[dask]' ({error})"
        ) from error
    for name in () if known else ("distributed", "distributed.client"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return distributed


def _local(distributed: Any, threads: int) -> Link:
    """Its one worker is in this process: orders have processes of their own in any case."""
    try:
        cluster = distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=threads,
            processes=False,
            dashboard_address="127.0.0.1:0",
            scheduler_kwargs={"dashboard": False},
            silence_logs=logging.ERROR,
        )
        return Link(_client(distributed, cluster), "the local Dask cluster", cluster)
    except _UNFIT as error:
        raise ConfigError(f"no local Dask cluster can be made: {_why(error)}") from error


def _remote(distributed: Any, address: str) -> Link:
    where = f"the Dask scheduler at {address}"
    try:
        _look_for_scheduler(distributed, address)
        client = _client(distributed, address)
    except _UNFIT as error:
        raise TargetLost(f"{where} cannot be reached: {_why(error)}") from error
    link = Link(client, where)
    try:
        _check_versions(link)
    except ConfigError:
        link.close()
        raise
    return link


def _why(error: BaseException) -> str:
    """MemoryError: the first bytes of whatever answered were taken for the size of what follows."""
    if isinstance(error, MemoryError | KeyError):
        return "what answers there is no Dask scheduler"
    return str(error) or "there is no answer"


def _look_for_scheduler(distributed: Any, address: str) -> None:
    """Raise unless a scheduler answers there: a client that meets anything else does not close well."""
    with ThreadPoolExecutor(1) as pool:  # the caller's thread may have an event loop already
        found = pool.submit(asyncio.run, _identity(distributed, address)).result()
    if found != "Scheduler":
        raise ValueError(f"a Dask {str(found).lower()} answers there, not a scheduler")


async def _identity(distributed: Any, address: str) -> object:
    make: Callable[..., Any] = import_module("distributed.core").rpc
    security = distributed.Security().get_connection_args("client")
    async with make(address, timeout=CONNECT, connection_args=security) as peer:
        identity: dict[str, object] = await asyncio.wait_for(peer.identity(), CONNECT)
        return identity["type"]


def _client(distributed: Any, to: Any) -> Any:
    make: Callable[..., Any] = distributed.Client
    return make(to, timeout=CONNECT, set_as_default=False, name="stageline")


def _check_versions(link: Link) -> None:
    others = {name: version for name, version in link.versions().items() if version != VERSION}
    if others:
        said = "; ".join(f"{name} has {version or 'none'}" for name, version in sorted(others.items())[:5])
        raise MissingDependency(f"the workers of {link.where} need Stageline {VERSION}, but {said}: {REMEDY}")

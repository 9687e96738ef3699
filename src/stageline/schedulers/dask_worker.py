"""On a Dask worker: carries out orders in warm processes of its own, as the engine's machine would.

Dask itself lets what runs run on when nobody wants it any more. Here it is ended: when the engine says so, and when
the scheduler no longer wants the key, because the engine is gone. With the worker's process the kernel ends it.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from distributed import WorkerPlugin, get_worker

from stageline.errors import DocumentError, StagelineError
from stageline.schedulers.dask_wire import VERSION, Reply, Request, packed, read_request
from stageline.targets.cancellation import Cancellation, limited
from stageline.tasks.python_pool import PythonPool
from stageline.tasks.python_wire import Answer, Orders
from stageline.tasks.raised import raised

if TYPE_CHECKING:
    from distributed import Worker

NAME = "stageline"
LOG_LIMIT = 64 * 1024 * 1024
_AT_WORK = ("executing", "long-running")
_UNWANTED = ("released", "forgotten")


def perform(version: str, sent: BytesIO) -> tuple[str, bytes]:
    """Carry out the request of an engine of that version; answers the version here, and the reply if they agree.

    It raises nothing: Dask would write into its log what it was given.
    """
    if version != VERSION:
        return VERSION, b""
    request, worker = read_request(sent.getvalue()), get_worker()
    begun = asyncio.run_coroutine_threadsafe(_begin(worker, request.key), worker.loop.asyncio_loop)  # type: ignore[attr-defined]
    work, cancellation = begun.result()
    return VERSION, packed(work.carry_out(request, cancellation, worker))


def stop(key: str, reason: str, dask_worker: Worker) -> bool:
    """End what runs for this key, if this worker runs it."""
    work = dask_worker.plugins.get(NAME)
    return isinstance(work, OrdersAtWork) and work.stop(key, reason)


class OrdersAtWork(WorkerPlugin):
    """The orders that a worker carries out now. Lives in its event loop, but for `carry_out`."""

    def __init__(self) -> None:
        self._pool = PythonPool()
        self._cancellations: dict[str, Cancellation] = {}

    def begin(self, key: str) -> Cancellation:
        """From now on the order can be stopped."""
        cancellation = self._cancellations[key] = Cancellation()
        return cancellation

    def stop(self, key: str, reason: str) -> bool:
        """Have it ended; answers whether it is at work."""
        cancellation = self._cancellations.get(key)
        if cancellation is not None:
            cancellation.cancel(reason)
        return cancellation is not None

    def transition(self, key: Any, start: str, finish: str, **_: Any) -> None:
        """Called by Dask at each change of a key."""
        if finish in _UNWANTED:
            self.stop(str(key), "nobody waits for it any more")

    def teardown(self, worker: Worker) -> None:
        """The worker closes."""
        for key in tuple(self._cancellations):
            self.stop(key, "its Dask worker is closing")
        self._pool.close()

    def carry_out(self, request: Request, cancellation: Cancellation, worker: Worker) -> Reply:
        """Do it, in a folder that is gone afterwards."""
        try:
            return self._carried_out(request, cancellation, worker)
        except (StagelineError, OSError) as error:
            failure = raised(error)
            where = f"{failure.message} (on the Dask worker {worker.address})"
            return Reply(answer=Answer(1, failure=msgspec.structs.replace(failure, message=where)))
        finally:
            self._cancellations.pop(request.key, None)

    def _carried_out(self, request: Request, cancellation: Cancellation, worker: Worker) -> Reply:
        scratch = tempfile.TemporaryDirectory(NAME, dir=worker.local_directory, ignore_cleanup_errors=True)
        with scratch as folder, limited(cancellation, request.limit):
            stdout, stderr = Path(folder, "stdout"), Path(folder, "stderr")
            order = _placed(request.order, stdout, stderr)
            end = self._pool.run(order, Path(folder), cancellation)
            return Reply(
                answer=end if isinstance(end, Answer) else None,
                ended=None if isinstance(end, Answer) else end,
                timed_out=cancellation.timed_out,
                stdout=_printed(stdout),
                stderr=_printed(stderr),
            )


async def _begin(worker: Worker, key: str) -> tuple[OrdersAtWork, Cancellation]:
    """In the worker's own thread, so that no change of the key is missed."""
    if NAME not in worker.plugins:
        await worker.plugin_add(OrdersAtWork(), NAME)
    work = worker.plugins[NAME]
    assert isinstance(work, OrdersAtWork)
    cancellation, task = work.begin(key), worker.state.tasks.get(key)
    if task is None or task.state not in _AT_WORK:
        work.stop(key, "nobody waits for it any more")
    return work, cancellation


def _placed(order: Orders, stdout: Path, stderr: Path) -> Orders:
    if order.cwd and not Path(order.cwd).is_dir():
        raise DocumentError(
            f"the folder {order.cwd} is not there: let the Dask workers see the workflow's folder under the same path"
        )
    return msgspec.structs.replace(order, stdout=str(stdout), stderr=str(stderr))


def _printed(path: Path) -> bytes:
    """What is in a file; of very much the first and the last part."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= LOG_LIMIT:
                return file.read()
            half = LOG_LIMIT // 2
            first = file.read(half)
            file.seek(size - half)
            return first + f"\n[… {size - 2 * half} bytes were left on the Dask worker …]\n".encode() + file.read(half)
    except FileNotFoundError:
        return b""

"""Kinds that hold stages, executed by themselves with real threads: limits, cancel, timeouts, and what is shared."""

import threading
import time
from collections.abc import Callable
from typing import Any, ClassVar

import pytest

from stageline.model.retry import Retry
from stageline.stages.base import BaseAsyncStage, BaseStage
from stageline.stages.definition import StageDefinition
from stageline.stages.empty import EmptyStage
from stageline.stages.foreach import ForEachStage
from stageline.stages.group import GroupStage
from stageline.stages.matrix import MatrixStage
from stageline.stages.parallel import ParallelStage
from stageline.stages.result import CANCEL, FAILED, SUCCESS
from stageline.stages.try_catch import TryStage

WAVES = 4


class Counter:
    """Counts how many are inside at a time; each waits until `limit` are, so that fewer are noticed too."""

    def __init__(self, limit: int) -> None:
        self.most = 0
        self._inside = 0
        self._lock = threading.Lock()
        self._barrier = threading.Barrier(limit)

    def work(self) -> None:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        self._barrier.wait(30)
        time.sleep(0.01)
        with self._lock:
            self._inside -= 1


class CountedStage(BaseStage):
    """Lets itself be counted."""

    counter: ClassVar[Counter]

    def process(self, *_: Any, **__: Any) -> None:
        self.counter.work()


class SlowStage(BaseStage):
    """Works until it is asked to go."""

    def process(self, *_: Any, **more: Any) -> None:
        more["event"].wait(60)


def counted(limit: int) -> Counter:
    CountedStage.counter = Counter(limit)
    return CountedStage.counter


Make = Callable[[int, list[StageDefinition]], StageDefinition]

LIMITED: dict[str, Make] = {
    "parallel": lambda n, stages: ParallelStage(
        name="p", max_workers=n, parallel={f"b{i}": stages for i in range(n * WAVES)}
    ),
    "foreach": lambda n, stages: ForEachStage(name="f", concurrent=n, foreach=list(range(n * WAVES)), stages=stages),
    "matrix": lambda n, stages: MatrixStage(
        name="m", max_parallel=n, combinations=[{"i": i} for i in range(n * WAVES)], stages=stages
    ),
}


@pytest.mark.parametrize("limit", [1, 2, 5])
@pytest.mark.parametrize("kind", LIMITED)
def test_limits_hold_exactly(kind: str, limit: int) -> None:
    counter = counted(limit)
    stage = LIMITED[kind](limit, [EmptyStage(name="e"), CountedStage(name="c"), EmptyStage(name="f")])
    assert isinstance(stage, BaseStage)
    result = stage.execute()
    assert result.status is SUCCESS, result.failure
    assert counter.most == limit


def test_limits_hold_for_loops_in_loops() -> None:
    counter = counted(4)
    inner = ForEachStage(name="in", concurrent=2, foreach=[1, 2, 3, 4], stages=[CountedStage(name="c")])
    result = ForEachStage(name="out", concurrent=2, foreach=[1, 2], stages=[inner]).execute()
    assert result.status is SUCCESS, result.failure
    assert counter.most == 4


def test_finally_runs_when_the_caller_cancels() -> None:
    event = threading.Event()
    threading.Timer(0.2, event.set).start()
    begun = time.monotonic()
    stage = TryStage(name="t", try_=[SlowStage(name="slow")], finally_=[EmptyStage(name="end", echo="clean")])
    result = stage.execute(event=event)
    assert result.status is CANCEL
    assert result.outputs["finally"]["stages"]["end"]["outputs"] == {"echo": "clean"}
    assert time.monotonic() - begun < 10


def test_finally_runs_when_time_is_up_in_each_try() -> None:
    stage = TryStage(
        name="t",
        timeout=0.2,
        retry=Retry(1, delay=0.01),
        try_=[SlowStage(name="slow")],
        finally_=[EmptyStage(name="end", echo="clean")],
    )
    result = stage.execute()
    assert result.status is FAILED
    assert result.failure is not None
    assert result.failure.name == "timeout"
    assert result.outputs["finally"]["status"] == "SUCCEEDED"


class GreedyStage(BaseStage):
    """Spoils all that it gets hold of."""

    taken: Any = None

    def process(self, params: Any, run_id: str, context: Any, **_: Any) -> dict[str, Any]:
        seen = sorted(params["rows"])
        for found in (params["rows"], context["stages"]["first"]["outputs"]["rows"], self.taken):
            found.clear()
        return {"rows": seen}


class RowsStage(BaseStage):
    """Puts out some rows."""

    def process(self, *_: Any, **__: Any) -> dict[str, Any]:
        return {"rows": [1, 2]}


def test_what_one_stage_does_to_its_values_no_other_sees() -> None:
    greedy = GreedyStage(name="g", taken="${{ params.rows }}")
    loop = ForEachStage(name="loop", foreach=[1, 2, 3], stages=[greedy])
    last = EmptyStage(name="last", echo="${{ params.rows }} ${{ stages.first.outputs.rows }}")
    result = GroupStage(name="group", stages=[RowsStage(name="first"), loop, last]).execute({"rows": [7, 8]})
    assert result.status is SUCCESS, result.failure
    stages = result.outputs["stages"]
    assert stages["last"]["outputs"] == {"echo": "[7, 8] [1, 2]"}
    items = stages["loop"]["outputs"]["foreach"]
    assert [item["stages"]["g"]["outputs"] for item in items.values()] == [{"rows": [7, 8]}] * 3


class WaitingStage(BaseAsyncStage):
    """Waits without holding a thread."""

    async def async_process(self, *_: Any, **__: Any) -> dict[str, Any]:
        import asyncio

        await asyncio.sleep(0.3)
        return {}


def test_a_hundred_branches_wait_together() -> None:
    stage = MatrixStage(name="m", combinations=[{"n": n} for n in range(100)], stages=[WaitingStage(name="w")])
    begun = time.monotonic()
    assert stage.execute().status is SUCCESS
    assert time.monotonic() - begun < 10

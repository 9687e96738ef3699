"""What the tests of running share: experiments that are built with this machine's tools, and run to their end."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from stageline.engine.orchestrator import Orchestrator
from stageline.engine.queue_processor import QueueProcessor
from stageline.lab.afar.reached import Reach, no_reach
from stageline.lab.build import BuildOptions, build
from stageline.lab.host_tools import HostTools
from stageline.lab.model import Job, LabPlan
from stageline.lab.read import BuiltLab, read_lab
from stageline.lab.record import Record, read_records
from stageline.lab.running import Asked, RunOptions, ask, bring, open_run
from stageline.lab.script_check import ScriptCheck
from stageline.lab.tasks import LabTasks
from stageline.model.workflow import Workflow
from stageline.runtimes.sandbox import Runtime
from stageline.schedulers.admission import Amount
from stageline.store.memory import MemoryStore
from stageline.tasks.registry import TaskRegistry

HEAD = """
from stageline.lab import Lab, Run, pipeline, scatter_gather, stage
"""
SQUARES = """
@stage(inputs={"worker__item": ""}, outputs={"square": "$out/square"})
def worker(inputs, outputs, params):
    return f'''n=$(jq .n < "{inputs.worker__item}"); echo $((n * n)) > "{outputs.square}"'''

@stage(inputs={"worker__outs": "[]"}, outputs={"all": "$out/all"})
def gather(inputs, outputs, params):
    return f'''jq -r '.[].square' < "{inputs.worker__outs}" | xargs -d '\\n' cat > "{outputs.all}"'''

squares = scatter_gather(pname="squares", scatter=scatter, worker=worker, gather=gather)
"""
TWO_RUNS = (
    """
@stage(outputs={"work__items": "$out/items.json", "worker__arg": {"n": 0}})
def scatter(inputs, outputs, params):
    return f'''echo '[{{"n": 3}}, {{"n": 4}}]' > "{outputs.work__items}"'''
"""
    + SQUARES
    + """
@pipeline
def read():
    return reader(producer())

lab = Lab(version="1", runs=[
    Run("first", [producer, squares], params={"slope": [1, 3], "note": ["a 'b' \\"c\\"\\n$d ü"]}),
    Run("second", read, params={"slope": [3]}, depends_on="first"),
])
"""
)
ROOMY = Amount(4, 1 << 40)


class Bench:
    """A folder with an experiment in it, which can be built and run again and again."""

    def __init__(self, folder: Path, tools: HostTools, runtime: Runtime | None = None) -> None:
        self.folder = folder
        self.home = folder / ".stageline"
        self.capacity = ROOMY
        self.runtime = runtime
        self.reach: Reach = no_reach
        self.way: dict[str, Any] = {}
        self._tools = tools
        self.lines: list[str] = []

    def build(self, text: str) -> BuiltLab:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "lab.py").write_text(HEAD + text)
        build(self.folder / "lab.py", self.folder / "result", self.options())
        return self.lab

    def options(self, tar: bool = False, check: bool = False) -> BuildOptions:
        """How it is built; scripts are looked at only when that is asked for."""
        tools = self._tools
        return BuildOptions(
            home=self.home,
            capture=tools.environment,
            packages=tools.packages,
            own=tools.own,
            check=ScriptCheck(self.folder / "check", os.environ["PATH"]) if check else None,
            tar=tar,
            machine=os.uname().machine,
        )

    @property
    def lab(self) -> BuiltLab:
        return read_lab(self.folder / "result")

    @property
    def plan(self) -> LabPlan:
        return self.lab.plan

    def asked(self, *names: str, **more: Any) -> Asked:
        options = RunOptions(capacity=self.capacity, runtime=self.runtime)
        return ask(self.lab, names, msgspec.structs.replace(options, **{**self.way, **more}), reach=self.reach)

    def run(self, *names: str, **more: Any) -> Workflow | None:
        """Run what is asked for; None when all of it is done already."""
        asked = self.asked(*names, **more)
        bring(asked, self.way.get("fetch", "declared"))
        if asked.workflow is None:
            return None
        return run_through(asked, more.get("force", False), reach=self.reach)

    def job(self, stage: str, **params: object) -> Job:
        """The only job of a stage that has these parameters."""
        (found,) = [
            job
            for job in self.plan.jobs.values()
            if job.stage == stage and all(job.params[name].value == value for name, value in params.items())
        ]
        return found

    def text(self, job: Job, output: str) -> str:
        """What a job has written to an output."""
        return Path(self.lab.out(job), job.outputs[output].partition("/")[2]).read_text()

    @property
    def records(self) -> dict[str, Record]:
        return read_records(self.home / "records")

    @property
    def times(self) -> list[str]:
        """The lines that jobs have added to the file `times` beside the Lab."""
        path = self.folder / "times"
        return path.read_text().split() if path.exists() else []


def run_through(
    asked: Asked,
    force: bool = False,
    within: Callable[[QueueProcessor], None] | None = None,
    reach: Reach = no_reach,
) -> Workflow:
    """Run it with the engine, in memory."""
    assert asked.workflow is not None
    store, registry, tasks = MemoryStore(), TaskRegistry(), LabTasks(reach)
    tasks.register(registry)
    try:
        open_run(tasks, asked, force)
        store.store(asked.workflow)
        Orchestrator(store=store).start(asked.workflow)
        with QueueProcessor(store=store, registry=registry) as processor:
            (within or QueueProcessor.process_all)(processor)
            return store.retrieve(asked.workflow.id)
    finally:
        tasks.close()


def statuses(run: Workflow | None) -> dict[str, str]:
    """How the jobs of a run ended, by their stages' names and not their ids."""
    assert run is not None
    return {stage.ref_id.rpartition("-")[0]: str(stage.status) for stage in run.stages if stage.parent is None}

"""The tasks behind the stages of a Lab's runs, for whichever process executes them: each run's Lab is opened once.

While it is open nobody else runs jobs of that home. A run that comes meanwhile is told to come again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from stageline.errors import TargetLost
from stageline.lab.about import About, about
from stageline.lab.afar.opening import Afar, crew_afar, look_afar
from stageline.lab.afar.reached import Reach, no_reach
from stageline.lab.branches import Branches
from stageline.lab.crew import Crew, LocalCrew
from stageline.lab.read import lab_folder, read_lab
from stageline.lab.record import Record, read_records
from stageline.lab.run_lock import Busy, run_lock
from stageline.lab.run_of import JOB, PART, SCATTER_GATHER, job_of
from stageline.lab.runtimes import LabRuntime
from stageline.lab.scatter_task import ITEM_NAME, JOB_NAME, ScatterGatherTask
from stageline.lab.terms import Terms, terms_in
from stageline.lab.workshop import Workshop
from stageline.model.result import TaskResult
from stageline.schedulers.local import LocalScheduler
from stageline.tasks.later import Answer, LaterTask
from stageline.tasks.registry import TaskRegistry
from stageline.tasks.task import RunningStage

BUSY_FOR = 5.0

log = logging.getLogger(__name__)


class LabTasks:
    """The workshops of the runs that are executed here; `far` if their jobs run elsewhere. `home` is the project's."""

    def __init__(self, reach: Reach = no_reach, far: bool = False, home: Path | None = None) -> None:
        self._home = home
        self._reach = reach
        self._far = far
        self._open: dict[str, Workshop] = {}
        self._leaving = ExitStack()
        self._lock = threading.Lock()

    def open(self, run: str, names: Mapping[str, Any]) -> Workshop:
        """The workshop of a run; Busy when jobs of its home are run by others, TargetLost when they are run far off."""
        with self._lock:
            if run not in self._open:
                terms = terms_in(names)
                known = about(read_lab(lab_folder(terms.lab, self._home)), terms.rules, terms.target)
                self._open[run] = self._opened(run, terms, known)
            return self._open[run]

    def open_new(
        self, run: str, terms: Terms, known: About, records: Mapping[str, Record], afar: Afar | None = None
    ) -> None:
        """Open that of a run of which all is known already."""
        with self._lock:
            self._open[run] = self._opened(run, terms, known, records, afar)

    def is_quiet(self, run: str) -> bool:
        """Whether of a run nothing is to be done before something ends by itself, as the last look has shown."""
        workshop = self._open.get(run)
        return workshop is None or workshop.is_quiet

    def forget(self, run: str, jobs: Iterable[str], parts: bool = True) -> None:
        """Take back the records of these jobs, and those of all their parts."""
        workshop = self._open[run]
        for id in jobs:
            workshop.forget(workshop.places.records, id)
            if parts and workshop.plan.jobs[id].scattered is not None:
                workshop.kept(id, Branches).forget_records()

    def register(self, registry: TaskRegistry) -> None:
        """Let a registry find the tasks."""
        registry.register(JOB, JobTask(self, self._far))
        registry.register(PART, PartTask(self, self._far))
        registry.register(SCATTER_GATHER, ScatterGatherTask(self.branches, BUSY_FOR))

    def branches(self, stage: RunningStage) -> tuple[Branches, bool] | None:
        """The parts of the job of a stage, and whether all items are gone on with when one fails; None: come again."""
        try:
            workshop = self.open(stage.execution.run, stage.names)
        except (Busy, TargetLost) as error:
            log.warning("%s", error)
            return None
        job = stage.names.get(JOB_NAME) or job_of(stage.ref_id)
        return workshop.kept(job, Branches), stage.names["keep_going"]

    def close(self) -> None:
        """Stop all work, and let others run jobs."""
        self._leaving.close()
        self._open.clear()

    def _opened(
        self,
        run: str,
        terms: Terms,
        known: About,
        records: Mapping[str, Record] | None = None,
        afar: Afar | None = None,
    ) -> Workshop:
        with ExitStack() as on_failure:
            on_failure.enter_context(run_lock(known.places.home, run, terms.runtime))
            if records is None:
                records = read_records(Path(known.places.records))
            if any(job.scattered is not None for job in known.plan.jobs.values()):
                records = {**read_records(Path(known.places.branch_records)), **records}
            if terms.target:
                afar = afar or look_afar(self._reach, terms.target, known)
                records = {**records, **afar.there.intact}
            crew = _crew(terms, known) if afar is None else crew_afar(afar, terms, known)
            on_failure.callback(crew.close)
            self._leaving.enter_context(on_failure.pop_all())
        return Workshop(known, crew, records)


class JobTask(LaterTask):
    """Runs simple jobs."""

    def __init__(self, tasks: LabTasks, far: bool = False) -> None:
        self._tasks = tasks
        self.far = far

    def begin(self, stage: RunningStage, answer: Answer) -> None:
        try:
            workshop = self._tasks.open(stage.execution.run, stage.names)
        except (Busy, TargetLost) as error:
            log.warning("%s", error)
            answer(TaskResult.running(BUSY_FOR))
            return
        workshop.do(stage, workshop.unit(workshop.plan.jobs[job_of(stage.ref_id)]), answer)


class PartTask(LaterTask):
    """Runs the parts of scatter-gather jobs."""

    def __init__(self, tasks: LabTasks, far: bool = False) -> None:
        self._tasks = tasks
        self.far = far

    def begin(self, stage: RunningStage, answer: Answer) -> None:
        found = self._tasks.branches(stage)
        if found is None:
            answer(TaskResult.running(BUSY_FOR))
            return
        branches, _ = found
        branches.do(stage, stage.names.get(ITEM_NAME), answer)


def _crew(terms: Terms, known: About) -> Crew:
    runtime = LabRuntime(terms.runtime, known.places)
    return LocalCrew(LocalScheduler(terms.capacity, drains=not terms.keep_going, warn=_warn), runtime)


def _warn(result: TaskResult) -> None:
    log.warning("%s; what runs is let end, nothing more begins", result.failure.message if result.failure else "")

"""What the processor does once a change is written: tasks begin or are stopped, timers are set."""

from stageline.engine.active import ActiveRun
from stageline.engine.executor import Done, Executor, Job, Key
from stageline.engine.messages import Execute, FireTimer, SetTimer, Stop
from stageline.engine.timers import Timers
from stageline.engine.watch import Watch
from stageline.engine.workbench import Workbench


class Effects:
    """Starts what a run's handlers asked for, and stops it again when the run is no longer ours."""

    def __init__(
        self, executor: Executor, watch: Watch, bench: Workbench, timers: Timers[tuple[str, FireTimer]]
    ) -> None:
        self._executor = executor
        self._watch = watch
        self._bench = bench
        self._timers = timers

    def start(self, run: ActiveRun) -> list[Done]:
        """Let the effects happen; answers what was done at once."""
        answers = []
        for effect in run.take_effects():
            match effect:
                case Execute():
                    if (done := self.begin(self._bench.job(run.run, effect))) is not None:
                        answers.append(done)
                case Stop():
                    self._watch.stop(Key(run.id, effect.stage, effect.execution), effect.reason)
                case SetTimer():
                    self._timers.set(effect.at, (run.id, FireTimer(effect.stage, effect.execution)))
        return answers

    def begin(self, job: Job) -> Done | None:
        """Execute a job, under watch; answers it if it was done at once."""
        self._watch.begin(job)
        return self._executor.start(job)

    def stop(self, run: ActiveRun) -> None:
        """Stop all that is executed of a run."""
        for stage, execution in run.executing:
            self._watch.stop(Key(run.id, stage, execution), "its processor has lost the run", left=True)

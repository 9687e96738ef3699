"""What the kinds use of the machine, made when it is first needed and shared by all stages of a processor."""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from stageline.errors import UnknownName
from stageline.model.params import Param, read_params
from stageline.runtimes.probe import Health
from stageline.runtimes.sandbox import Runtime
from stageline.targets.errand import Errand
from stageline.targets.health import health_of
from stageline.targets.masking import Mask
from stageline.tasks.python_executor import PythonExecutor
from stageline.tasks.python_pool import PythonPool
from stageline.tasks.shapes import converted
from stageline.tasks.task import RunningStage

KNOWN = 256
SECRETS = "secret-names"
SPECS = "param-specs"
ChildNames = Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]


def with_params(names: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The names of a run with these parameters: read as the workflow declares them, where its names say that."""
    if SPECS not in names:
        return {**names, "params": {**names.get("params", {}), **given}}
    specs = specs_of(names)
    values = read_params(specs, given, names.get("workflow", ""))
    return {**names, "params": values, "param-types": {name: spec.type for name, spec in specs.items()}}


def specs_of(names: Mapping[str, Any]) -> dict[str, Param]:
    """The parameters that the workflow of a run declares."""
    return converted(names.get(SPECS, {}), dict[str, Param])


class Courier(Protocol):
    """Has errands carried out on a target."""

    @property
    def limits(self) -> bool:
        """Whether what takes longer than its resources say is ended."""

    def submit(self, errand: Errand) -> None:
        """Do this, or go on with it if it was begun, and answer what came of it."""

    def stop(self, token: str, reason: str) -> None:
        """End this errand, if it has not ended; it answers once all of it is gone."""

    def let_go(self, token: str) -> bool:
        """Leave it to somebody else; answers whether it had not been answered, which it now never is."""


class Places(Protocol):
    """The targets that there are."""

    def courier(self, target: str, scheduler: str) -> Courier:
        """The one for a target, with another scheduler than its own if one is named; UnknownName without it."""

    def close(self) -> None:
        """Let go of all of them. What runs there goes on."""


class NoPlaces:
    """Where nobody has said what targets there are."""

    def courier(self, target: str, scheduler: str) -> Courier:
        """There is none."""
        raise UnknownName(
            f"there is no target '{target}': targets are known to the stageline command, from config.toml"
        )

    def close(self) -> None:
        """Nothing is open."""


class Tools:
    """The environment, the secrets, a folder for what can be made again, where Python text runs, and targets.

    `child_names` makes the names of a run: of those of its workflow, and the parameters that it is triggered with.
    An `executor` that is given is its owner's, who closes it afterwards.
    """

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        secrets: Mapping[str, str] | None = None,
        cache: Path | None = None,
        child_names: ChildNames | None = None,
        places: Places | None = None,
        executor: PythonExecutor | None = None,
    ) -> None:
        self.environ = environ or {}
        self.secrets = secrets or {}
        self.cache = cache
        self.child_names = child_names or with_params
        self.places = places or NoPlaces()
        self.executor = executor
        self._health: dict[Runtime, Health] = {}
        self._masks: dict[str, Mask | None] = {}

    @cached_property
    def python(self) -> PythonExecutor:
        """Where Python text runs: by default in worker processes on this machine."""
        return self.executor or PythonPool()

    @cached_property
    def venvs(self) -> Path:
        """The folder for virtual environments."""
        from platformdirs import user_cache_path

        return user_cache_path("stageline") / "environments"

    def health(self, runtime: Runtime) -> Health:
        """Whether a runtime works here; found out once."""
        if runtime not in self._health:
            self._health[runtime] = health_of(runtime)
        return self._health[runtime]

    def mask(self, stage: RunningStage) -> Mask | None:
        """What hides the secrets that the stage's workflow names, if it names any."""
        run = stage.execution.run
        if run not in self._masks:
            if len(self._masks) >= KNOWN:
                self._masks.clear()
            named = [self.secrets[name] for name in stage.names.get(SECRETS, ()) if name in self.secrets]
            self._masks[run] = Mask(named) if named else None
        return self._masks[run]

    def close(self) -> None:
        """Let go of what was made."""
        self.places.close()
        if "python" in self.__dict__ and self.executor is None:
            self.python.close()

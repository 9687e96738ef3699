"""The tasks that the stages of runs are executed by: kinds found by name when they are first asked for.

A kind of the package is in the module of its name; others come from the plugins that a run names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stageline.cli.logs import hide_in_log
from stageline.cli.session import Session
from stageline.cli.state import LAB
from stageline.config.places import OpenPlaces
from stageline.config.secrets import load_secrets
from stageline.document.plugins import import_beside
from stageline.engine.ports import Store
from stageline.model.workflow import Workflow
from stageline.stages.definition import StageDefinition
from stageline.stages.lower import TYPE, kind_in
from stageline.stages.registry import StageTasks
from stageline.stages.tools import SECRETS, Tools
from stageline.tasks.task import Task

if TYPE_CHECKING:
    from stageline.lab.tasks import LabTasks

EVERY = 1000
Names = Mapping[str, Any]


class RunTasks(StageTasks):
    """Registers kinds as they are asked for. `plugins` imports what may hold a kind that is not known."""

    def __init__(
        self,
        tools: Tools,
        plugins: Callable[[], None],
        known: Iterable[type[StageDefinition]] = (),
        session: Session | None = None,
        far: bool = False,
    ) -> None:
        super().__init__(known, tools)
        self._plugins = plugins
        self._session = session
        self._far = far
        self._lab: LabTasks | None = None

    @property
    def lab(self) -> LabTasks:
        """What executes the jobs of Labs."""
        if self._lab is None:
            from stageline.cli.reaching import reach_of
            from stageline.lab.afar.reached import no_reach
            from stageline.lab.tasks import LabTasks

            session = self._session
            reach = no_reach if session is None else reach_of(session)
            self._lab = LabTasks(reach, self._far, None if session is None else session.home)
            self._lab.register(self)
        return self._lab

    def __enter__(self) -> RunTasks:
        return self

    def close(self) -> None:
        super().close()
        if self._lab is not None:
            self._lab.close()
            self._lab = None

    def get(self, name: str) -> Task:
        if name.startswith(LAB) and self._lab is None:
            self.lab  # noqa: B018, makes them known
        if name.startswith(TYPE) and name not in self.names():
            kind = find_kind(kind_in(name), self._plugins)
            if kind is not None:
                self._add(kind)
        return super().get(name)


def find_kind(name: str, plugins: Callable[[], None]) -> type[StageDefinition] | None:
    """The kind of this name: one that is there, one of the package, one that a plugin has."""
    if found := _among_known(name):
        return found
    module = f"stageline.stages.{name.replace('-', '_')}"
    if find_spec(module) is not None:
        import_module(module)
        if found := _among_known(name):
            return found
    import_all_kinds()
    if found := _among_known(name):
        return found
    plugins()
    return _among_known(name)


def import_all_kinds() -> None:
    """Import every kind of the package."""
    import pkgutil

    from stageline import stages

    for module in pkgutil.iter_modules(stages.__path__, f"{stages.__name__}."):
        import_module(module.name)


def known_kinds() -> list[type[StageDefinition]]:
    """All kinds that are there now: of classes of one name, the one that was made last."""
    found: dict[str, type[StageDefinition]] = {}
    below = StageDefinition.__subclasses__()
    while below:
        kind = below.pop(0)
        below += kind.__subclasses__()
        found[kind.kind()] = kind
    return list(found.values())


def _among_known(name: str) -> type[StageDefinition] | None:
    return next((kind for kind in known_kinds() if kind.kind() == name), None)


def tasks_for(session: Session, run: Workflow) -> RunTasks:
    """What executes the stages of one run."""
    import_plugins(run.names_now)
    far = bool(run.names.get("target"))
    return RunTasks(tools_for(session, secrets_for(session, run)), lambda: None, session=session, far=far)


def tasks_for_all(session: Session, store: Store) -> RunTasks:
    """What executes the stages of all runs in a store; all kinds of the package are known to begin with."""

    def plugins() -> None:
        for row in store.list_runs(EVERY):
            if not row.record.status.ended:
                import_plugins(store.retrieve(row.id).names_now)

    import_all_kinds()
    secrets = load_secrets(session.config["secrets"], session.environ)
    hide_in_log(secrets.values())
    return RunTasks(tools_for(session, {**session.environ, **secrets}), plugins, known_kinds(), session)


def import_plugins(names: Names) -> None:
    """Import the modules that a run names, those beside its workflow file too."""
    plugins: Iterable[str] = names.get("plugins", ())
    for plugin in plugins:
        import_beside(names.get("folder", ""), plugin)


def tools_for(session: Session, secrets: Mapping[str, str]) -> Tools:
    """What the kinds use of this machine; results that are kept for a next time lie in the state folder."""
    return Tools(
        environ=session.environ,
        secrets=secrets,
        cache=session.home / "kept",
        places=OpenPlaces(session.config.target, session.home),
        executor=session.executor,
    )


def secrets_for(session: Session, run: Workflow) -> dict[str, str]:
    """All secrets that are known where the file of the run is, and the plain variables that it names as secrets.

    They are hidden in the log.
    """
    names = run.names_now
    file: Path | None = session.config_at(names.get("folder", ""))["secrets"]
    found = load_secrets(file, session.environ, names.get(SECRETS, ()))
    hide_in_log(found.values())
    return found

"""What the commands of one call share: what was said on the command line, the settings, the state folder, the store."""

from __future__ import annotations

import shlex
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import click

from stageline.config.layers import environment, load_config
from stageline.config.settings import BY_NAME
from stageline.errors import ConfigError, StoreError, UnknownName

if TYPE_CHECKING:
    from stageline.config.config import Config
    from stageline.engine.ports import Store
    from stageline.tasks.python_executor import PythonExecutor

WORKING = ("resume", "retry", "run")
EXECUTING = (BY_NAME["executor"], BY_NAME["dask.scheduler-address"])


class Session:
    """One call of the program; used as a context, it closes at the end what was opened."""

    def __init__(self) -> None:
        self.environ = environment()
        self.given: dict[str, object] = {}
        self.verbosity = 0
        self._store: Store | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if (executor := self.__dict__.get("executor")) is not None:
            executor.close()
        if self._store is not None:
            self._store.close()

    @cached_property
    def cwd(self) -> Path:
        """Where we are."""
        try:
            return Path.cwd()
        except FileNotFoundError as error:
            raise ConfigError("the folder that we are in is there no more; go to another one") from error

    @cached_property
    def start(self) -> Path:
        """The folder that the call is about: that of a workflow file, else where we are."""
        return self.cwd

    def at(self, folder: Path) -> None:
        """What follows is about this folder."""
        self.start = self.cwd / folder
        for known in ("config", "home", "executor"):
            self.__dict__.pop(known, None)

    @cached_property
    def config(self) -> Config:
        """The settings."""
        return load_config(self.start, self.environ, self.given)

    def config_at(self, folder: str) -> Config:
        """The settings that hold in a folder; those of this call, where there is none."""
        return load_config(Path(folder), self.environ, self.given) if folder and Path(folder).is_dir() else self.config

    @cached_property
    def executor(self) -> PythonExecutor | None:
        """Where Python work runs, if not in processes on this machine."""
        from stageline.config.executing import executor_of

        return executor_of(self.config)

    @cached_property
    def home(self) -> Path:
        """The state folder, whether it is there or not."""
        from stageline.config.home import home_of

        home = home_of(self.config, self.start)
        if home.exists() and not home.is_dir():
            raise StoreError(f"the state folder {home} is no folder; name another one with --home or STAGELINE_HOME")
        return home

    def open(self) -> Store:
        """The store, with a state folder beside it; made if it is not there."""
        from stageline.config.home import make_home, store_url
        from stageline.store.opening import open_store

        if self._store is None:
            home = make_home(self.home)
            self._store = open_store(store_url(self.config, home), files=home)
        return self._store

    def open_kept(self) -> Store:
        """The store that is there already; UnknownName when nothing was ever run here."""
        from stageline.config.home import DATABASE

        if self.config["store"] is None and not (self.home / DATABASE).exists():
            raise UnknownName(
                f"no runs are kept here: there is no {self.home / DATABASE}, nor a .stageline above it; "
                "go to the folder of the workflow, or name its state folder with --home"
            )
        return self.open()

    @property
    def has_store(self) -> bool:
        """Whether there is something to look into."""
        from stageline.config.home import DATABASE

        return self.config["store"] is not None or (self.home / DATABASE).exists()

    def say(self, *words: str) -> str:
        """A command line that does this for the same runs, when called from where we are."""
        from stageline.config.home import home_of

        more: list[str] = []
        if "store" in self.given:
            from stageline.store.address import without_password

            more += ["--store", without_password(str(self.given["store"]))]
        if words[0] in WORKING:
            for setting in EXECUTING:
                if setting.name in self.given:
                    more += [setting.option, str(self.given[setting.name])]
        here = load_config(self.cwd, self.environ)
        if home_of(here, self.cwd) != self.home:
            more += ["--home", _seen_from(self.cwd, self.home)]
        return shlex.join(["stageline", *words, *more])


def _seen_from(cwd: Path, path: Path) -> str:
    return str(path.relative_to(cwd)) if path.is_relative_to(cwd) else str(path)


def session_of(ctx: click.Context) -> Session:
    """The session of a call."""
    session = ctx.find_root().obj
    assert isinstance(session, Session)
    return session


pass_session = click.make_pass_decorator(Session)

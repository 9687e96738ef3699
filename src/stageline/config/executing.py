"""From the settings to where Python work runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stageline.config.config import Config
from stageline.errors import ConfigError

if TYPE_CHECKING:
    from stageline.tasks.python_executor import PythonExecutor

ADDRESS = "dask.scheduler-address"


def executor_of(config: Config) -> PythonExecutor | None:
    """The executor, not connected yet; None for processes on this machine."""
    if config["executor"] == "local":
        if (said := config.origin(ADDRESS)).startswith("--"):
            raise ConfigError(f"{said} is for work on Dask: say --executor dask too")
        return None
    from stageline.schedulers.dask import DaskExecutor

    return DaskExecutor(config[ADDRESS], threads=config["workers"], patience=config["dask.patience"])

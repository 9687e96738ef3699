"""The table of all settings: name, how it is read, default, what it means. A dot in a name is a table in a file.

Each has a variable, `STAGELINE_` and the name in capitals, and maybe others that mean the same.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from stageline.config import kinds


class Setting(NamedTuple):
    """One setting. `read` makes its value from a text or from what a TOML file says, or raises ValueError."""

    name: str
    read: Callable[[object], Any]
    takes: str
    default: Any
    meaning: str
    aliases: tuple[str, ...] = ()
    flag: str = ""

    @property
    def option(self) -> str:
        """What sets it on a command line."""
        return "--" + (self.flag or self.name.replace(".", "-"))

    @property
    def variable(self) -> str:
        """The variable of the environment that sets it."""
        return "STAGELINE_" + self.name.upper().replace(".", "_").replace("-", "_")


EXECUTORS = ("local", "dask")
LEVELS = ("debug", "info", "warning", "error")

SETTINGS = (
    Setting("store", kinds.text, "URL", None, "Where runs are kept; else `stageline.db` in the state folder."),
    Setting(
        "home",
        kinds.path,
        "folder",
        None,
        "The state folder; else `.stageline`, found upward, or made beside the workflow file.",
    ),
    Setting("workers", kinds.count, "number, 1 or more", None, "How many tasks run at a time; else the CPUs and 4."),
    Setting(
        "executor",
        kinds.choice(*EXECUTORS),
        ", ".join(EXECUTORS),
        "local",
        "Where python and call stages run: in processes on this machine, or on a Dask cluster.",
    ),
    Setting(
        "dask.scheduler-address",
        kinds.text,
        "address, `tcp://host:8786`",
        None,
        "The scheduler of the Dask cluster; else a small one is made for each call.",
        flag="scheduler-address",
    ),
    Setting(
        "dask.patience",
        kinds.seconds,
        "seconds",
        60.0,
        "How long a Dask cluster may be without any worker before what waits for one has failed.",
    ),
    Setting("log.level", kinds.choice(*LEVELS), ", ".join(LEVELS), "warning", "What is said on stderr and in the log."),
    Setting("log.format", kinds.choice("text", "json"), "text, json", "text", "How a line of the log looks."),
    Setting(
        "log.file", kinds.path_or_none, "file, none", None, "The log file; else `stageline.log` in the cache folder."
    ),
    Setting(
        "log.max-size",
        kinds.size,
        "bytes, `5M`",
        5_000_000,
        "A log file that has grown to this gives way to a new one.",
    ),
    Setting("log.keep", kinds.number, "number", 3, "How many full log files are kept."),
    Setting(
        "stage.default-id",
        kinds.flag,
        "true, false",
        False,
        "Whether expressions may name stages without an id by the slug of their name.",
        ("WORKFLOW_CORE_STAGE_DEFAULT_ID",),
    ),
    Setting(
        "stage.timeout",
        kinds.seconds_or_none,
        "seconds, none",
        3600.0,
        "How long an attempt of a stage may take that says nothing of it.",
        ("WORKFLOW_CORE_STAGE_TIMEOUT",),
    ),
    Setting(
        "stage.retry-delay",
        kinds.seconds,
        "seconds",
        5.0,
        "How long to wait before another attempt of a stage that says nothing of it.",
        ("WORKFLOW_CORE_STAGE_RETRY_DELAY",),
    ),
    Setting("registry", kinds.words, "list of packages", (), "Where `uses:` looks beside the project's own `tasks`."),
    Setting("secrets", kinds.path, "file", None, "What `${{ secrets.NAME }}` gives, as `NAME=value` lines or TOML."),
    Setting("color", kinds.choice("auto", "always", "never"), "auto, always, never", "auto", "Colour and live view."),
)

BY_NAME = {setting.name: setting for setting in SETTINGS}
BY_VARIABLE = {variable: s for s in SETTINGS for variable in (*s.aliases, s.variable)}

"""What the kinds use of the machine, made when it is first needed and shared by all stages of a processor."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from stageline.tasks.python_pool import PythonPool


class Tools:
    """The environment, the secrets, a folder for what can be made again, and warm Python workers."""

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        secrets: Mapping[str, Any] | None = None,
        cache: Path | None = None,
    ) -> None:
        self.environ = environ or {}
        self.secrets = secrets or {}
        self.cache = cache

    @cached_property
    def python(self) -> PythonPool:
        """Worker processes for Python text."""
        return PythonPool()

    def close(self) -> None:
        """Let go of what was made."""
        if "python" in self.__dict__:
            self.python.close()

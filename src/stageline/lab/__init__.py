"""Experiments: defined in Python, resolved into jobs that are named by all that decides their result.

`from stageline.lab import Lab, Run, pipeline, stage` is the front door; `load_lab` and `resolve` are what is behind it.
Each is imported when it is first asked for: whoever runs a Lab needs none of them.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stageline.lab.define import Lab, Run
    from stageline.lab.environment import image, uv
    from stageline.lab.load import load_lab
    from stageline.lab.pipeline import pipeline
    from stageline.lab.resolve import resolve
    from stageline.lab.scalar import quote
    from stageline.lab.scatter import scatter_gather
    from stageline.lab.stage import stage
    from stageline.lab.sweep import dirs, files, range_, zip_

_HOME = {
    "Lab": "define",
    "Run": "define",
    "dirs": "sweep",
    "files": "sweep",
    "image": "environment",
    "load_lab": "load",
    "pipeline": "pipeline",
    "quote": "scalar",
    "range_": "sweep",
    "resolve": "resolve",
    "scatter_gather": "scatter",
    "stage": "stage",
    "uv": "environment",
    "zip_": "sweep",
}

__all__ = [
    "Lab",
    "Run",
    "dirs",
    "files",
    "image",
    "load_lab",
    "pipeline",
    "quote",
    "range_",
    "resolve",
    "scatter_gather",
    "stage",
    "uv",
    "zip_",
]


class _FrontDoor(ModuleType):
    """Lets no module of this room take the place of what is called like it."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _FrontDoor


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'stageline.lab' has no attribute '{name}'")
    value = getattr(import_module(f"stageline.lab.{_HOME[name]}"), name)
    globals()[name] = value
    return value

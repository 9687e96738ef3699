"""Experiments: defined in Python, resolved into jobs that are named by all that decides their result.

`from stageline.lab import Lab, Run, pipeline, stage` is the front door; `load_lab` and `resolve` are what is behind it.
Each is imported when it is first asked for: whoever runs a Lab needs none of them.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from stageline.lazy import lazily

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

_HOMES = {
    "stageline.lab.define": "Lab Run",
    "stageline.lab.environment": "image uv",
    "stageline.lab.load": "load_lab",
    "stageline.lab.pipeline": "pipeline",
    "stageline.lab.resolve": "resolve",
    "stageline.lab.scalar": "quote",
    "stageline.lab.scatter": "scatter_gather",
    "stageline.lab.stage": "stage",
    "stageline.lab.sweep": "dirs files range_ zip_",
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
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _FrontDoor

__getattr__, __dir__ = lazily(__name__, _HOMES)

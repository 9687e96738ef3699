"""Experiments: defined in Python, resolved into jobs that are named by all that decides their result.

`from stageline.lab import Lab, Run, pipeline, stage` is the front door; `load_lab` and `resolve` are what is behind it.
"""

from stageline.lab.define import Lab, Run
from stageline.lab.environment import image, uv
from stageline.lab.load import load_lab
from stageline.lab.pipeline import pipeline
from stageline.lab.resolve import resolve
from stageline.lab.scalar import quote
from stageline.lab.scatter import scatter_gather
from stageline.lab.stage import stage
from stageline.lab.sweep import dirs, files, range_, zip_

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

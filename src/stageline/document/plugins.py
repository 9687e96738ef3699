"""Modules with kinds of stages: imported by name, their own errors told as such."""

import sys

from stageline.errors import DocumentError
from stageline.tasks.call_modules import load


def import_plugin(name: str) -> None:
    """Import a module, whose classes are kinds from then on. DocumentError says what it has raised, and where."""
    load(name)


def import_beside(folder: str, name: str) -> None:
    """The same for one that may lie beside the workflow file; installed ones of this name come first."""
    if folder not in sys.path:
        sys.path.append(folder)
    import_plugin(name)


def refuse_plugin(name: str) -> None:
    """For those who must not run what a file names."""
    raise DocumentError(f"module '{name}' is not imported here")

"""Modules with kinds of stages: imported by name, their own errors told as such."""

from importlib import import_module

from stageline.errors import DocumentError


def import_plugin(name: str) -> None:
    """Import a module, whose classes are kinds from then on."""
    try:
        import_module(name)
    except ImportError as error:
        raise DocumentError(f"module '{name}' cannot be imported: {error}") from error


def refuse_plugin(name: str) -> None:
    """For those who must not run what a file names."""
    raise DocumentError(f"module '{name}' is not imported here")

"""Modules that installed packages offer for their kinds, under the entry point `stageline.stages`."""

GROUP = "stageline.stages"


def entry_point_modules() -> list[str]:
    """Their names. Looking takes as long as there are packages, so it is done only when a kind is not known."""
    from importlib import metadata  # only here: it takes long to import

    return list(dict.fromkeys(point.module for point in metadata.entry_points(group=GROUP)))

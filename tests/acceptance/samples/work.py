"""Work that takes several looks, and what is done at its ends."""

from pathlib import Path


def look(number: int) -> dict[str, str]:
    """How far a piece of work has come."""
    return {"state": f"{number} is at work"}


def transform(source: str) -> dict[str, int]:
    """Do something with a source."""
    return {"length": len(source)}


def clean_up() -> None:
    """Leave a trace of having been here."""
    Path("cleaned-up").touch()

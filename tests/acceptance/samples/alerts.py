"""Alerts, tagged for where they go."""

from stageline import tag


@tag("production", alias="raise_alert")
def raise_alert(level: str, text: str) -> dict[str, str]:
    """An alert that somebody sees."""
    return {"sent": f"{level}: {text}"}


@tag("staging", alias="raise_alert")
def pretend(level: str, text: str) -> dict[str, str]:
    """An alert that nobody sees."""
    return {"sent": f"nowhere: {level}: {text}"}

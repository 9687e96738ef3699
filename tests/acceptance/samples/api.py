"""Calls to a service: a file stands for it here."""

from pathlib import Path
from typing import Any

from stageline import tag


@tag("v1", alias="post_note")
def post(text: str, receivers: list[str], urgency: str = "low", details: dict[str, Any] | None = None) -> str:
    """Send a note to all receivers."""
    return f"{text} to {', '.join(receivers)} ({urgency}, {details})"


def ask(service: str) -> dict[str, object]:
    """Ask a service that is ready at the third attempt."""
    asked = Path(service)
    attempts = int(asked.read_text()) + 1 if asked.exists() else 1
    asked.write_text(str(attempts))
    return {"success": attempts >= 3, "attempts": attempts}


def first_way() -> None:
    """The way that does not work today."""
    raise ConnectionError("the service is down")


def second_way() -> dict[str, str]:
    """The way around."""
    return {"way": "second"}

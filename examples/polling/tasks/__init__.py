"""A small client for JSON over HTTP."""

import json
from typing import Any
from urllib.request import Request, urlopen


def get(url: str) -> Any:
    """What is there, as JSON."""
    with urlopen(url, timeout=10) as answer:  # noqa: S310, the workflow says where
        return json.load(answer)


def post(url: str, body: dict[str, Any]) -> Any:
    """Send JSON, and answer what comes back."""
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})  # noqa: S310
    with urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)

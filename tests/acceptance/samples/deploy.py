"""Bringing a program somewhere."""


def application(to: str, version: str) -> str:
    """Bring one version to one place."""
    return f"{version} to {to}"

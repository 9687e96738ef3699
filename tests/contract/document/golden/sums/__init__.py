"""A function for the call stage."""


def add(left: int, right: int = 1) -> dict[str, int]:
    """The sum of two numbers."""
    return {"sum": left + right}

"""Amounts, as people read them."""


def in_bytes(size: int) -> str:
    """A size: small ones to the byte."""
    return f"{size / 1e6:.1f} MB" if size >= 100_000 else f"{size:,} bytes"


def many(count: int, what: str) -> str:
    """So many of a thing whose plural ends with s."""
    return f"{count:,} {what}" + ("" if count == 1 else "s")

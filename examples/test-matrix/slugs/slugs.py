"""Titles as parts of an address."""

import os
import re


def slug(title: str) -> str:
    """The title in lower case, with dashes; in strict mode nothing but ASCII is left."""
    kept = r"[^a-z0-9]+" if os.environ.get("SLUG_MODE") == "strict" else r"[\W_]+"
    return re.sub(kept, "-", title.lower()).strip("-")

"""What `uses:` says: `namespace/function@tag`, or an import path."""

import msgspec

from stageline.errors import DocumentError

LATEST = "latest"


class Uses(msgspec.Struct, frozen=True):
    """`uses:` in its parts. An import path has no tag."""

    namespace: str
    name: str
    tag: str = ""


def parse_uses(uses: str) -> Uses:
    """DocumentError if it is neither of both forms."""
    place, _, tag = uses.partition("@")
    if "/" in place:
        namespace, _, name = place.rpartition("/")
        parts = Uses(plain(namespace.replace("/", ".")), plain(name), tag or LATEST)
    elif ":" in place:
        parts = Uses(*place.split(":", 1))
    else:
        parts = Uses(*place.rpartition(".")[::2])
    names = [*parts.namespace.split("."), *parts.name.split(".")]
    if not all(name.isidentifier() for name in names) or (tag and "/" not in place):
        raise DocumentError(f"uses is 'module/function@tag' or 'package.module:function', not '{uses}'")
    return parts


def plain(name: str) -> str:
    """Dashes and underscores are the same."""
    return name.replace("-", "_")

"""What the script in a home on a target answers, as values. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from stageline.lab.disk import FOLDER, folder_digest
from stageline.lab.record import Examined, Output


class Found(msgspec.Struct, frozen=True):
    """A file or a folder: the digest of its content, and its bytes in all."""

    digest: str
    size: int


def items_in_answer(said: bytes, keep_empty: bool = False) -> list[str]:
    """The items of an answer."""
    items = said.decode("utf-8", "surrogateescape").split("\0")[:-1]
    return items if keep_empty else [item for item in items if item]


def found_in(items: Iterable[str]) -> dict[str, Found]:
    """What was examined, by name."""
    files: list[str] = []
    folders: dict[str, list[str]] = {}
    digests: dict[str, str] = {}
    sizes: dict[str, int] = {}
    at = ""
    for item in items:
        kind, rest = item[0], item[1:]
        if kind == "F":
            files.append(rest)
        elif kind == "D":
            at = rest
            folders[at] = []
        elif kind == "I":
            folders[at].append(rest)
        elif kind == "Z":
            size, _, name = rest.partition(" ")
            sizes[name] = int(size)
        else:
            digest, _, name = item.partition("  ")
            digests[name] = digest
    found = {name: Found(digests[name], sizes[name]) for name in files}
    return found | {name: _folder(name, inside, digests, sizes) for name, inside in folders.items()}


def _folder(name: str, inside: Iterable[str], digests: Mapping[str, str], sizes: Mapping[str, int]) -> Found:
    """`inside` are the names in it, each behind a letter for its kind: f is a file, or a link to one."""
    content = {one[1:]: digests[f"{name}/{one[1:]}"] if one[0] == "f" else FOLDER for one in inside}
    size = sum(sizes[f"{name}/{one[1:]}"] for one in inside if one[0] == "f")
    return Found(folder_digest(content), size)


def examined_in(found: Mapping[str, Found], out: str, declared: Mapping[str, str]) -> Examined:
    """The declared outputs of a script whose `$out` has this name there."""
    outputs: dict[str, Output] = {}
    for name, path in declared.items():
        inside = path.partition("/")[2]
        if (one := found.get(f"{out}/{inside}")) is not None:
            outputs[name] = Output(inside, one.digest, one.size)
    return Examined(outputs, tuple(name for name in declared if name not in outputs))

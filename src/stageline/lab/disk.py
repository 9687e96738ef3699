"""What a definition names on this machine, looked at: files that match, and digests of their content."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import file_digest, sha256
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from stageline.lab.model import Environment

Kind: TypeAlias = Literal["file", "folder"]
FOLDER = "folder"


def no_packages(_: Environment) -> str:
    """Nothing is known of the packages in an author's folders."""
    return ""


class Disk(msgspec.Struct, frozen=True):
    """The looks that resolving takes. `digest` is None when there is nothing; `own` stands for the author's packages in
    an environment, and is empty when there are none.
    """

    listing: Callable[[str, str, Kind], list[str]]
    digest: Callable[[str], str | None]
    own: Callable[[Environment], str] = no_packages


def this_disk(own: Callable[[Environment], str] = no_packages) -> Disk:
    """This machine's; the content of a file is read once, and a package is looked at once."""
    known: dict[str, str | None] = {}
    packages: dict[Environment, str] = {}

    def digest(path: str) -> str | None:
        if path not in known:
            known[path] = author_digest(Path(path))
        return known[path]

    def content(of: Environment) -> str:
        bare = replace(of, tools=())
        if bare not in packages:
            packages[bare] = own(bare)
        return packages[bare]

    return Disk(listing, digest, content)


def listing(folder: str, pattern: str, kind: Kind) -> list[str]:
    """The absolute paths that match a pattern, seen from a folder, in order."""
    root = Path(folder).absolute()
    if pattern.startswith("/"):
        root, pattern = Path("/"), pattern.lstrip("/")
    found = root.glob(pattern)
    return sorted(str(path) for path in found if (path.is_file() if kind == "file" else path.is_dir()))


def content_digest(path: Path, executable: bool = False) -> str | None:
    """The digest of a file's bytes, or of all names and bytes in a folder; None when there is neither.

    With `executable`, it counts whether a file can be executed: what can not leaves no trace of that.
    """
    if path.is_file():
        with path.open("rb") as opened:
            found = file_digest(opened, "sha256").hexdigest()
        runs = executable and path.stat().st_mode & 0o111
        return sha256(f"executable:{found}".encode()).hexdigest() if runs else found
    if not path.is_dir():
        return None
    return folder_digest(
        {
            str(inside.relative_to(path)): str(content_digest(inside, executable)) if inside.is_file() else FOLDER
            for inside in path.rglob("*")
        }
    )


def folder_digest(content: Mapping[str, str]) -> str:
    """The digest of a folder that has files of these digests, by name, and folders."""
    whole = sha256()
    for name in sorted(content, key=PurePosixPath):
        encoded = name.encode("utf-8", "surrogateescape")
        whole.update(b"%d:%s:%s;" % (len(encoded), encoded, content[name].encode()))
    return whole.hexdigest()


def author_digest(path: Path) -> str | None:
    """The digest of what an author has: a script that cannot be executed any more is another."""
    return content_digest(path, executable=True)

"""Paths as scripts are given them: where that of a home has blanks or quotes, those below it lead through a link.

Scripts hand paths on as words, as `xargs` and `$(cat list)` do, and such signs would cut them. The link stands for the
path as far as it has such signs. It is in a folder of the user's alone, and always the same for a home, so that what a
script writes down holds the next time too.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import msgspec

from stageline.errors import ConfigError
from stageline.lab.identity import digest_of
from stageline.runtimes.sandbox import TMP
from stageline.targets.private import have_own_folder

CUTTING = re.compile(r"[\s'\"\\]")
_KEY = "stageline plain path 1"
_LENGTH = 12


class PlainPaths(msgspec.Struct, frozen=True):
    """How paths below a home are told: a `link` stands for `cut`, what they begin with; without it, as they are."""

    home: str
    cut: str = ""
    link: str = ""

    def shown(self, path: str) -> str:
        """A path as scripts are given it."""
        below = self.link and (path == self.home or path.startswith(f"{self.home}/"))
        return f"{self.link}{path[len(self.cut) :]}" if below else path

    def words(self, inputs: Mapping[str, str]) -> list[str]:
        """Inputs as words for a script: the name of each, and its path as shown."""
        return [word for name, path in inputs.items() for word in (name, self.shown(path))]

    def have_link(self) -> None:
        """Make the link if it is not there; ConfigError when others could change where it leads."""
        if not self.link:
            return
        link = Path(self.link)
        try:
            if not have_own_folder(link.parent, stat.S_IWGRP | stat.S_IWOTH):
                raise PermissionError(0, f"{link.parent} is not yours alone")
            if not link.is_symlink() or os.readlink(link) != self.cut:  # noqa: PTH115
                _clear(link.parent)
                unnamed = link.with_name(uuid4().hex)
                unnamed.symlink_to(self.cut)
                unnamed.replace(link)
        except OSError as error:
            why = error.strerror or error
            raise ConfigError(
                f"{self.home} has blanks or quotes in its path, and scripts find it by {link}, which cannot be made: "
                f"{why}; keep the Lab in a folder without any (--home)"
            ) from error


def plain_paths(home: str) -> PlainPaths:
    """The paths of a home."""
    cut = home
    while cut and not CUTTING.search(cut.rpartition("/")[2]):
        cut = cut.rpartition("/")[0]
    return PlainPaths(home, cut, f"{TMP}/stageline-{os.getuid()}/{digest_of(_KEY, cut)[:_LENGTH]}" if cut else "")


def _clear(folder: Path) -> None:
    """Take away the links of what is not there any more."""
    for path in folder.iterdir():
        if path.is_symlink() and not path.exists():
            path.unlink(missing_ok=True)

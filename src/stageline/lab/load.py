"""The author's file, run as the program it is, and the one Lab found in it."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stageline.lab.define import Lab
from stageline.lab.mistakes import Mistakes
from stageline.load.source import Place

RUN_NAME = "stageline_lab"


def load_lab(path: Path) -> Lab:
    """The Lab that a file defines; LoadError with the place when the file cannot be run or has none or several."""
    mistakes, top = Mistakes(), Place(str(path), 1, 1)
    if not path.is_file():
        what = "this is a folder" if path.is_dir() else "there is no such file"
        mistakes.add(top, "", what, "a lab is a Python file that makes a Lab: lab = Lab(runs=[…])")
        mistakes.raise_any()
    with _beside(path):
        ran = mistakes.call("", top, runpy.run_path, str(path), run_name=RUN_NAME)
    labs = {id(value): value for value in (ran[0] if ran else {}).values() if isinstance(value, Lab)}
    if ran and not labs:
        mistakes.add(top, "", "the file makes no Lab", "write: lab = Lab(runs=[…])")
    for second in list(labs.values())[1:]:
        mistakes.add(second.place, "", "the file makes several Labs", "keep one, with the runs of all")
    mistakes.raise_any()
    return next(iter(labs.values()))


@contextmanager
def _beside(path: Path) -> Iterator[None]:
    """Modules in the file's folder can be imported, and are not kept for the next file."""
    folder = str(path.absolute().parent)
    before = set(sys.modules)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None)
            if file and Path(file).is_relative_to(folder) and "site-packages" not in file:
                del sys.modules[name]

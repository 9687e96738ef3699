"""What the tests of built Labs share: experiments in files, built with tools that are quickly captured."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from stageline.lab.build import BuildOptions, BuildReport, build
from stageline.lab.capture import Capture, capture_of
from stageline.lab.model import Environment
from stageline.lab.read import BuiltLab, read_lab
from stageline.lab.script_check import ScriptCheck
from stageline.targets.layers import Entry

LAB = """
from stageline.lab import Lab, Run, pipeline, stage

@stage(inputs={"config": "config.json"}, outputs={"data": "$out/data.csv"}, params={"slope": 1, "note": "plain"})
def producer(inputs, outputs, params):
    return f'''
    echo "${{inputs[config]}}" > "$out/seen"
    seq {params.slope} > "{outputs.data}"
    '''

@stage(inputs={"data": ""}, outputs={"total": "$out/total.txt"})
def summer(inputs, outputs, params):
    return f'''sum "{inputs.data}" > "{outputs.total}"'''

@pipeline
def simulate():
    return summer(producer())

lab = Lab(version="2.1", runs=[Run("simulation", simulate, params={"slope": [1, 2]})])
"""
MORE = LAB.replace("[1, 2]", "[1, 2, 3]")


def tools(names: Iterable[str] = ()) -> tuple[Capture, ...]:
    """Captures of texts, in a moment: what is declared, and some base tools."""
    base = [_tool(name) for name in ("bash", "env", "seq", "sum", "jq", "xargs", "cat", "sort")]
    base.append(Entry(name="bin/sh", link="bash", mode=0o777))
    return (*(capture_of([_tool(name)]) for name in sorted(names)), capture_of(base))


def packages(of: Environment) -> tuple[Capture, ...]:
    """What stands for a Python with the packages of a lock."""
    return (capture_of([_tool("python3"), Entry(name="lock", content=of.digest.encode())]),)


def experiment(folder: Path, text: str = LAB) -> Path:
    """A folder with an experiment in it; answers its file."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text('{"a": 1}')
    (folder / "lab.py").write_text(text)
    return folder / "lab.py"


def options(folder: Path, check: bool = False, tar: bool = False, image: bool = False) -> BuildOptions:
    """How the tests build: quickly, so mostly without looking at the scripts."""
    checking = ScriptCheck(folder / "check", os.environ["PATH"]) if check else None
    return BuildOptions(
        home=folder / ".stageline",
        capture=tools,
        packages=packages,
        check=checking,
        tar=tar,
        image=image,
        machine="x86_64",
    )


def built(folder: Path, text: str = LAB) -> BuildReport:
    """Build an experiment in a folder; `result` leads to it."""
    return build(experiment(folder, text), folder / "result", options(folder))


def lab_in(folder: Path, text: str = LAB) -> BuiltLab:
    """The Lab of an experiment that is built in a folder."""
    return read_lab(built(folder, text).output)


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """All that is in a folder, with modes and content, links not followed."""
    found: dict[str, tuple[int, bytes]] = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = b""
        if path.is_symlink():
            content = os.readlink(path).encode()  # noqa: PTH115
        elif path.is_file():
            content = path.read_bytes()
        found[str(path.relative_to(folder))] = (status.st_mode, content)
    return found


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """Which files these are, and when each was written."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(folder)): (path.stat().st_ino, path.stat().st_mtime_ns) for path in files}


def _tool(name: str) -> Entry:
    return Entry(name=f"bin/{name}", content=f"tool {name}".encode())

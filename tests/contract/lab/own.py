"""Projects that are packages themselves, with members and folders beside them, whose builder uv brings along."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from stageline.tasks.uv import find_uv
from tests.contract.lab.locks import lock

LAB = """
from stageline.lab import uv

@stage(outputs={"said": "$out/said"}, environment=uv("uv.lock"))
def plain(inputs, outputs, params):
    return f'measure > "{outputs.said}"; python3 -c "import member; print(member.VALUE)" >> "{outputs.said}"'

@stage(outputs={"said": "$out/said"}, environment=uv("uv.lock", extras=["plot"], groups=["analysis"]))
def more(inputs, outputs, params):
    return f'python3 -c "import drawing, digits; print(drawing.VALUE, digits.VALUE)" > "{outputs.said}"'

@stage(outputs={"said": "$out/said"}, run_dependencies=["python3"])
def other(inputs, outputs, params):
    return f'echo other > "{outputs.said}"'

lab = Lab(version="1", runs=[Run("r", [plain, more, other])])
"""
BUILT = """
[build-system]
requires = ["uv_build"]
build-backend = "uv_build"
"""
PROJECT = """
[project]
name = "{name}"
version = "1.0"
requires-python = ">=3.11"
"""
EXPERIMENT = """
dependencies = ["member"]
scripts = { measure = "experiment:main" }

[project.optional-dependencies]
plot = ["drawing"]

[dependency-groups]
dev = ["digits"]
analysis = ["digits"]

[tool.uv.workspace]
members = ["packages/*"]

[tool.uv.sources]
member = { workspace = true }
drawing = { path = "../drawing" }
digits = { path = "../digits", editable = true }
"""
MAIN = "\n\ndef main():\n    print('experiment', VALUE)\n"


def package(folder: Path, name: str, value: int = 1, more: str = "", text: str = "") -> Path:
    """A package whose module has a value."""
    module = folder / "src" / name
    module.mkdir(parents=True, exist_ok=True)
    (folder / "pyproject.toml").write_text(PROJECT.format(name=name) + more + BUILT)
    (module / "__init__.py").write_text(f"VALUE = {value}\n{text}")
    return folder


def experiment(folder: Path) -> Path:
    """A project that is a package with a program, with a member, an extra and a group, all in folders; and its lock."""
    package(folder.parent / "drawing", "drawing", 3)
    package(folder.parent / "digits", "digits", 4)
    package(folder / "packages/member", "member", 2)
    package(folder, "experiment", more=EXPERIMENT, text=MAIN)
    lock(folder)
    return folder


def source_archive(package: Path, folder: Path) -> Path:
    """A package as an archive of its source."""
    subprocess.run([find_uv(), "build", "--offline", "--quiet", "--sdist", "-o", folder, package], check=True)
    (found,) = folder.glob("*.tar.gz")
    return found


def looks_like(folder: Path) -> Mapping[str, tuple[bytes, int]]:
    """What is in a folder, and when it was written."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {os.fspath(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}

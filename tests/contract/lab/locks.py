"""Projects with a lock that need no index: their packages are wheels beside them."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

from stageline.tasks.uv import find_uv

LAB = """
from pathlib import Path
from stageline.lab import uv

@stage(outputs={"value": "$out/value"}, params={"more": 1}, environment=uv("uv.lock"))
def body(value: Path, more: int):
    import tiny

    value.write_text(str(tiny.VALUE + more))

@stage(outputs={"said": "$out/said"}, environment=uv("uv.lock"))
def script(inputs, outputs, params):
    return f'tiny-say "$PWD" > "{outputs.said}"'

lab = Lab(version="1", runs=[Run("r", [body, script], params={"more": [1, 2]})])
"""
MODULE = """
VALUE = {value}


def main():
    import sys
    print("tiny says", VALUE, *sys.argv[1:])
"""
PROJECT = """
[project]
name = "experiment"
version = "0"
requires-python = ">=3.11"
dependencies = ["{name}"]

[tool.uv.sources]
{name} = {{ path = "{source}" }}
"""


def wheel(folder: Path, name: str = "tiny", tag: str = "py3-none-any", more: Mapping[str, bytes] | None = None) -> Path:
    """A package with a module, a program by an entry point, one that is a text, and a file of data."""
    info = f"{name}-1.0.dist-info"
    texts = {
        f"{name}/__init__.py": MODULE.format(value=7),
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name}-say = {name}:main\n",
        f"{name}-1.0.data/scripts/{name}-text": f"#!python\nimport {name}\nprint('text', {name}.VALUE)\n",
        f"{name}-1.0.data/scripts/{name}-shell": "#!/bin/sh\necho shell $1\n",
        f"{name}-1.0.data/data/share/{name}/data.txt": "data\n",
    }
    files = {path: text.encode() for path, text in texts.items()} | dict(more or {})
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"]).encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-1.0-{tag}.whl"
    with zipfile.ZipFile(path, "w") as file:
        for inside, content in files.items():
            file.writestr(zipfile.ZipInfo(inside, (2020, 1, 1, 0, 0, 0)), content)
    return path


def locked(folder: Path, source: Path) -> Path:
    """A project in a folder that wants this package, and its lock."""
    folder.mkdir(parents=True, exist_ok=True)
    name = source.name.partition("-")[0]
    written = str(source.relative_to(folder)) if source.is_relative_to(folder) else str(source)
    (folder / "pyproject.toml").write_text(PROJECT.format(name=name, source=written))
    return lock(folder)


def lock(folder: Path) -> Path:
    """Have uv write the lock of the project in a folder."""
    subprocess.run([find_uv(), "lock", "--offline", "--quiet"], check=True, cwd=folder)
    return folder / "uv.lock"

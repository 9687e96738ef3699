"""Programs as a user starts them: in a process of their own, with every warning an error."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def command(path: Path, *arguments: str) -> list[str]:
    """What starts a Python file, where `stageline` is this checkout's."""
    return [sys.executable, "-W", "error", str(path), *arguments]


def output_of(path: Path, *arguments: str, cwd: Path, timeout: float = 60.0) -> str:
    """What a Python file prints; it must end well."""
    argv = command(path, *arguments)
    ended = subprocess.run(argv, check=False, cwd=cwd, capture_output=True, text=True, timeout=timeout)
    assert ended.returncode == 0, f"{path.name} ended with {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout

"""What the end of a wrapped command means: was it the work that ended so, or what is around it? Pure."""

from typing import assert_never

from stageline.runtimes.probe import explain
from stageline.runtimes.sandbox import Runtime

_SIGNALS = range(1, 65)
_ENGINE_FAILED = 125


def signal_in_code(runtime: Runtime, code: int) -> int:
    """The signal that ended the command inside, as its wrapper can only tell by an exit code; 0 for none."""
    number = code - 128
    return number if runtime is not Runtime.NATIVE and number in _SIGNALS else 0


def start_problem(runtime: Runtime, code: int, stderr: str) -> str:
    """Why the wrapper could not start the command, and what to do; empty when the command did run."""
    said = [line for line in stderr.splitlines() if line.strip()]
    match runtime:
        case Runtime.NATIVE:
            failed = False
        case Runtime.BWRAP:
            failed = code == 1 and bool(said) and all(line.startswith("bwrap: ") for line in said)
        case Runtime.DOCKER:
            failed = code == _ENGINE_FAILED and any(line.startswith("docker: ") for line in said)
        case Runtime.PODMAN:
            failed = code == _ENGINE_FAILED and any(line.startswith("Error: ") for line in said)
        case _:
            assert_never(runtime)
    return explain(runtime, stderr) if failed else ""

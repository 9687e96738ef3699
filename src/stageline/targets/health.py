"""Whether a runtime works on this machine: found out by trying it."""

import tempfile
from pathlib import Path

from stageline.errors import MissingDependency
from stageline.runtimes.probe import Health, answer, missing, question
from stageline.runtimes.sandbox import Runtime
from stageline.targets.logs import read_ends
from stageline.targets.process import Command, run

_LIMIT = 30.0


def health_of(runtime: Runtime) -> Health:
    """Try it, and say what came of it."""
    argv = question(runtime)
    if not argv:
        return answer(runtime, 0, "", "")
    with tempfile.TemporaryDirectory(prefix="stageline-") as folder:
        try:
            ended = run(Command(argv=argv, folder=Path(folder)), timeout=_LIMIT)
        except MissingDependency:
            return missing(runtime)
        code = None if ended.stopped else ended.code
        return answer(runtime, code, read_ends(ended.stdout), read_ends(ended.stderr))

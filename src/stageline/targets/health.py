"""Whether a runtime works on this machine: found out by trying it."""

import tempfile
from pathlib import Path

from stageline.errors import MissingDependency
from stageline.runtimes.container import remove_argv
from stageline.runtimes.probe import Health, answer, explain, lacks_init, missing, question, trial
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
        health = answer(runtime, code, read_ends(ended.stdout), read_ends(ended.stderr))
        return _tried(health, Path(folder)) if health.works else health


def _tried(health: Health, folder: Path) -> Health:
    """The same after making a container that is never started, where only that tells."""
    argv = trial(health.runtime, str(folder))
    if not argv:
        return health
    ended = run(Command(argv=argv, folder=folder), timeout=_LIMIT)
    if ended.code == 0:
        run(
            Command(argv=(argv[0], *remove_argv(argv[0], read_ends(ended.stdout).strip())), folder=folder),
            timeout=_LIMIT,
        )
        return health
    said = read_ends(ended.stderr)
    if not lacks_init(said):
        return health
    return Health(runtime=health.runtime, works=False, problem=explain(health.runtime, said))

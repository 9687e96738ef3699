"""Has the real program of a runtime ready, or says why these tests cannot run here."""

from __future__ import annotations

import subprocess

from stageline.runtimes.probe import answer, question
from stageline.runtimes.sandbox import Runtime
from tests.engines.control import Engines
from tests.engines.needed import up
from tests.not_run import not_run


def ready(runtime: Runtime, engines: Engines) -> dict[str, str]:
    """Have it running, or name the reason why not; the environment that it needs."""
    match runtime:
        case Runtime.NATIVE:
            return {}
        case Runtime.BWRAP:
            if problem := bwrap_problem():
                not_run(problem)
            return {}
        case _:
            return up(engines, runtime)


def bwrap_problem() -> str:
    """Why there is no bubblewrap for this user; empty when there is."""
    try:
        done = subprocess.run(question(Runtime.BWRAP), check=False, capture_output=True, text=True)
    except FileNotFoundError:
        return "no command 'bwrap': install the Debian package bubblewrap"
    return answer(Runtime.BWRAP, done.returncode, done.stdout, done.stderr).problem

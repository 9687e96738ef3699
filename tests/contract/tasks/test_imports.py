"""What a run of no-op tasks loads."""

import os
import subprocess
import sys

SCRIPT = """
import sys
from stageline.tasks.registry import TaskRegistry
TaskRegistry().get("noop")
heavy = ("asyncio", "http.client", "ssl", "subprocess", "socket", "stageline.targets.process")
print([name for name in heavy if name in sys.modules])
"""


def test_tasks_that_are_not_used_are_not_imported() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "[]\n"

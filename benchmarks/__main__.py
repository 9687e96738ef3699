"""All benchmarks, one after the other, and their table in the README: `python -m benchmarks`.

Each has a process of its own: what a program takes of memory is told by a parent that has taken little itself.
"""

import subprocess
import sys

from benchmarks import readme

if __name__ == "__main__":
    for name in readme.ORDER:
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
    readme.write()

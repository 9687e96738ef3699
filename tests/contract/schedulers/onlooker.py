"""A process that has work of its own on a cluster and looks how it stands: onlooker.py BASE TEXT.

It ends as soon as it knows that its work has ended, and prints when it knew, by this machine's clock.
"""

import sys
import time
from pathlib import Path

from stageline.model.resources import Resources
from stageline.schedulers.slurm import Slurm
from stageline.targets.local import LocalTarget
from stageline.targets.target import Order


def main(base: str, text: str) -> None:
    """Submit a script and wait for its end."""
    slurm = Slurm(LocalTarget(Path(base)))
    order = Order(token="t1", argv=("bash", "-c", text))
    submission = slurm.submit("seen", [order], Resources(cpus=1, mem=20 << 20, time=600))
    tell("submitted")
    element = slurm.wait(submission, timeout=120)["t1"]
    tell(f"{element.phase} {time.time()}")


def tell(line: str) -> None:
    """To whoever began this."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])

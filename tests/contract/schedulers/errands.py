"""Errands of tests, and what came of them."""

from pathlib import Path

from stageline.model.resources import Resources
from stageline.targets.errand import Ending, Errand
from stageline.targets.target import stdout_of
from tests.contract.targets.working import script

SMALL = Resources(cpus=1, mem=20 << 20, time=600)


class Heard:
    """What came of some errands."""

    def __init__(self) -> None:
        self.ends: dict[str, Ending] = {}
        self.said = bytearray()

    def errand(self, text: str, token: str = "t1", resources: Resources = SMALL, files: int = 0) -> Errand:
        return Errand(
            order=script(text, token),
            resources=resources,
            answer=lambda ending: self.ends.update({token: ending}),
            files={f"sent/{number}": b"content" for number in range(files)},
            follow={stdout_of(token): self.said.extend},
        )


def len_of_cpus() -> int:
    lines = Path("/proc/stat").read_text().splitlines()
    return sum(line.startswith("cpu") and line[3].isdigit() for line in lines)

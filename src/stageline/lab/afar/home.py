"""A home on a target: it mirrors the home here, so that a path there is the one here with another beginning.

It is the base folder of its target, and what is begun in it has the id of a script in its token.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from stageline.errors import ConfigError
from stageline.lab.afar.answers import Found, found_in, items_in_answer
from stageline.lab.record import Record, read_text
from stageline.schedulers.admission import Amount
from stageline.targets.cancellation import Cancellation
from stageline.targets.logs import as_text, last_lines
from stageline.targets.target import Target

RECORDS = "records"
BRANCH_RECORDS = "branches/records"
_LONG = 3600.0


class Machine(msgspec.Struct, frozen=True):
    """What a machine is and has, and who we are there."""

    kind: str = ""
    has: Amount = Amount()
    uid: int = 0
    gid: int = 0


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a home there: what its machine is and has, records of jobs and of branches, which scripts came,
    and the tokens of what was ever begun, by the ids of scripts.
    """

    machine: Machine
    records: Mapping[str, Record]
    branches: Mapping[str, Record]
    scripts: Mapping[str, str]
    begun: Mapping[str, str]


class FarHome:
    """The home at `home` here, on a target whose base folder it is there."""

    def __init__(self, target: Target, home: str) -> None:
        self.target = target
        self.home = home

    def there(self, text: str) -> str:
        """A text in which paths are those there."""
        base = self.target.base
        return base if text == self.home else text.replace(f"{self.home}/", f"{base}/")

    def name(self, path: str) -> str:
        """What a path below the home here is called in both."""
        return path.removeprefix(f"{self.home}/")

    def survey(self) -> Survey:
        """Look at what is there."""
        machine = Machine()
        scripts, begun = dict[str, str](), dict[str, str]()
        records: dict[str, dict[str, Record]] = {"R": {}, "B": {}}
        for item in items_in_answer(self._ask("survey")):
            kind, text = item[0], item[1:]
            match kind:
                case "M":
                    machine = _machine(text)
                case "T":
                    begun[text.partition(".")[0]] = text
                case "S":
                    folder, _, digest = text.partition(" ")
                    scripts[folder] = digest
                case _:
                    if (record := read_text(text)) is not None:
                        records[kind][record.job] = record
        return Survey(
            machine=machine,
            records=records["R"],
            branches=records["B"],
            scripts=scripts,
            begun=begun,
        )

    def sizes(self, names: Sequence[str]) -> list[int | None]:
        """The bytes of each of these files and folders; None for what is not there."""
        said = items_in_answer(self._ask("sizes", items=names), keep_empty=True) if names else []
        return [int(text) if text else None for text in said]

    def stock(self) -> list[str]:
        """The names of all that is there."""
        return items_in_answer(self._ask("stock"))

    def weigh(self, names: Sequence[str]) -> list[int]:
        """The bytes of each of these, with all that is below it."""
        return list(map(int, items_in_answer(self._ask("weigh", items=names)))) if names else []

    def discard(self, names: Sequence[str]) -> None:
        """Delete these: each goes at once, so that nobody finds half of it."""
        self._ask("discard", items=names)

    def end_containers(self) -> None:
        """End on the machine itself the containers of work that was ended, and could not end them any more."""
        self._ask("containers")

    def others(self) -> dict[str, str]:
        """The other homes on the target by their names, each with what it says of itself."""
        answers = (item.partition(" ") for item in items_in_answer(self._ask("homes")))
        return {name: note for name, _, note in answers}

    def examine(self, names: Sequence[str], tools: str) -> dict[str, Found]:
        """What each of these files and folders is, by name; `tools` is where programs for it are."""
        if not names:
            return {}
        return found_in(items_in_answer(self._ask("examine", self.there(tools), items=names)))

    def write(self, files: Mapping[str, bytes]) -> None:
        """Have files with this content, each in the place of what is there."""
        if files:
            items = (item for name, content in files.items() for item in (name.encode(), content))
            self._ask("write", data=b"".join(item + b"\0" for item in items) + b"\0")

    def share_layers(self, names: Sequence[str]) -> None:
        """Have those layers of an image that another one has."""
        if names:
            self._ask("layers", items=names)

    def send(self, names: Iterable[str], cancellation: Cancellation | None = None) -> tuple[str, ...]:
        """Send what is not there yet."""
        wanted = list(dict.fromkeys(names))
        return self.target.put(Path(self.home), wanted, cancellation) if wanted else ()

    def fetch(self, names: Iterable[str], cancellation: Cancellation | None = None) -> None:
        """Have here what is there."""
        wanted = list(dict.fromkeys(names))
        if wanted:
            self.target.get(wanted, Path(self.home), cancellation)

    def _ask(self, verb: str, *words: str, items: Sequence[str] = (), data: bytes = b"") -> bytes:
        sent = data or b"".join(item.encode("utf-8", "surrogateescape") + b"\0" for item in items) + b"\0"
        argv = ("bash", "-c", _script(), "-", self.target.base, verb, *words)
        answer = self.target.call(argv, stdin=sent, timeout=_LONG)
        if answer.code != 0:
            said = "; ".join(last_lines(answer.err, 2)) or f"{verb} ended with exit code {answer.code}"
            raise ConfigError(f"target '{self.target.name}': {as_text(said.encode())}")
        return answer.out


def _machine(text: str) -> Machine:
    kind, cpus, memory, uid, gid = text.split()
    return Machine(kind, Amount(int(cpus) or 1, int(memory) * 1024), int(uid), int(gid))


@cache
def _script() -> str:
    return Path(__file__).with_name("home.sh").read_text(encoding="utf-8")

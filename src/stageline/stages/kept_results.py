"""Results of `cache: true` stages, kept under a hash of all that decides them. A secret is known by its name only."""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from stageline.model.result import TaskResult
from stageline.model.status import Status
from stageline.stages.definition import StageDefinition
from stageline.stages.fields import evaluate, evaluated, fields_of
from stageline.stages.lower import DYNAMIC
from stageline.stages.work import Work
from stageline.targets.whole import write_whole
from stageline.tasks.shapes import decoded

log = logging.getLogger(__name__)

FORMAT = 1
_IRRELEVANT = frozenset(
    {"id", "name", "desc", "if", "extras", "needs", "timeout", "on-failure", "retry", "cache", "runs-on"}
)


class Kept(msgspec.Struct, frozen=True):
    """One result as it is kept: what was put out, and by which stage of which run."""

    outputs: dict[str, Any]
    run: str
    stage: str


class NamedSecrets(Mapping[str, str]):
    """Stands for the secrets where their values must not be seen."""

    def __getitem__(self, name: str) -> str:
        return f"<secret {name}>"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def key_of(kind: type[StageDefinition], work: Work, more: object = None) -> str:
    """The hash of the kind and what its fields come to, the workflow's variables, the folder, and what else counts."""
    names = work.names.over({"secrets": NamedSecrets()})
    values = evaluated(kind, work.settings, work.settings.get(DYNAMIC, []), names)
    keys = {field.encode_name for field in fields_of(kind)} - _IRRELEVANT
    image = {
        "format": FORMAT,
        "kind": kind.kind(),
        "fields": {key: value for key, value in values.items() if key in keys},
        "env": evaluate(work.env, names),
        "folder": work.project,
        "more": more,
    }
    return hashlib.sha256(msgspec.json.encode(image, order="deterministic")).hexdigest()


class KeptResults:
    """A folder of results."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, key: str) -> Kept | None:
        """The result under this key; one that cannot be read is none."""
        try:
            return decoded(self._path(key).read_bytes(), Kept)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            log.warning("cache: %s cannot be read, so its stage runs: %s", self._path(key), error)
            return None

    def keep(self, key: str, kept: Kept) -> None:
        """Keep a result; a full disk only means that the stage runs again the next time."""
        try:
            write_whole(self._path(key), msgspec.json.encode(kept))
        except OSError as error:
            log.warning("cache: no result can be kept in %s: %s", self._folder, error.strerror)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"


class Shelf:
    """The place of one stage's result among those that are kept; without `results` none is."""

    def __init__(self, work: Work, results: KeptResults | None = None, key: str = "") -> None:
        self._work = work
        self._results = results
        self._key = key

    def find(self) -> TaskResult | None:
        """The result that is kept, as that of a stage that need not run."""
        kept = self._results.find(self._key) if self._results is not None else None
        return None if kept is None else TaskResult.skipped(kept.outputs)

    def keep(self, result: TaskResult) -> None:
        """Keep it, if it is a good one."""
        if self._results is not None and result.status is Status.SUCCEEDED:
            stage = self._work.stage
            self._results.keep(self._key, Kept(dict(result.outputs), stage.execution.run, stage.ref_id))

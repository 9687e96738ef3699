"""What the documents of a Lab hold. One names the next by its digest, so the Lab's id stands for every byte.

`lab-metadata.json` names `metadata.json`; that names the manifest of each run and the list of all files. Jobs are
written as the model has them, without the texts of their scripts, which are files; paths are relative to the Lab. What
is added later has a default, so that older Labs can be read, or else `FORMAT` is another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeVar

import msgspec

from stageline.errors import ConfigError
from stageline.lab.model import Environment, Job, Use
from stageline.load.source import Place

FORMAT = 1
T = TypeVar("T")


class FileMark(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a file of the Lab must be: its content and size, or the target of a symbolic link."""

    digest: str = ""
    size: int = 0
    executable: bool = False
    link: str = ""


class Document(msgspec.Struct, frozen=True):
    """A document that another one names."""

    path: str
    digest: str
    size: int


class LabMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """`lab/lab-metadata.json`: the Lab's id, and the root of its metadata."""

    format: int
    id: str
    version: str
    metadata: Document


class RunEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A run: what comes before it, its number of jobs, and the manifest that holds them."""

    name: str
    needs: Mapping[str, Literal["hard", "soft"]] = {}
    groups: tuple[str, ...] = ()
    jobs: int
    manifest: Document
    place: Place


class Tools(msgspec.Struct, frozen=True):
    """An environment that scripts ask for, and the folders of `host-tools` that it finds its programs in, in order."""

    environment: Environment
    captures: tuple[str, ...]


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """`revision/metadata.json`: the runs in topological order, and what all have in common.

    `revision` is the git commit. `checked` says whether the scripts were looked at. `machine` is what the captured
    tools run on, as `uname -m` says it, or empty in a Lab that was built before that was noted; `image` names the image
    of them all, which is made when it is first needed.
    """

    format: int
    version: str
    revision: str
    checked: bool
    runs: tuple[RunEntry, ...]
    tools: tuple[Tools, ...]
    machine: str = ""
    image: str
    files: Document


class RunManifest(msgspec.Struct, frozen=True, kw_only=True):
    """`revision/<hash>.json`: the jobs of a run in topological order, and the stages that they are made of."""

    name: str
    uses: tuple[Use, ...]
    jobs: tuple[Job, ...]


Files = Mapping[str, FileMark]


def document_text(value: object, readable: bool = False) -> bytes:
    """A document's bytes: the same value, the same bytes. Long ones have no blanks."""
    text = msgspec.json.encode(value, order="deterministic")
    return (msgspec.json.format(text, indent=2) if readable else text) + b"\n"


def read_document(content: bytes, type: type[T], where: str) -> T:
    """The value of a document; ConfigError names the file and what is wrong in it."""
    try:
        return msgspec.json.decode(content, type=type)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigError(f"{where}: this is no document of a Lab: {error}; build the Lab again") from error

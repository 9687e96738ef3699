"""Makes pictures: of a Lab or a workflow file, as text, or laid out by Graphviz."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Literal

import click
import msgspec

from stageline.cli.session import Session
from stageline.errors import ConfigError, MissingDependency
from stageline.model.drawing import Drawing

TEXTS = ("dot", "mermaid")
SECONDS = 600.0


class Wanted(msgspec.Struct, frozen=True):
    """What is to be drawn."""

    file: Path | None = None
    lab: Path | None = None
    fold: Literal["auto", "always", "never"] = "auto"
    status: bool = False
    name: str | None = None

    @property
    def stem(self) -> str:
        """What a picture of it is called."""
        return self.file.stem if self.file else "lab"


def drawn(session: Session, wanted: Wanted) -> Drawing:
    """The drawing of a Lab or a workflow file."""
    if wanted.file is None:
        return _lab(session, wanted)
    if wanted.lab is not None:
        raise click.UsageError("name a workflow file, or a Lab with --lab, not both")
    from stageline.cli.asking import load_document
    from stageline.document.drawn import drawing_of

    document = load_document(session, wanted.file)
    return drawing_of(document.workflow(wanted.name) if wanted.name else document.only())


def _lab(session: Session, wanted: Wanted) -> Drawing:
    from stageline.cli.labs import open_results
    from stageline.lab.drawn import drawing_of

    lab = open_results(session, wanted.lab)
    status = {job.id: job.status for job in lab.jobs()} if wanted.status else None
    return drawing_of(lab.plan, f"lab {lab.id[:12]}, version {lab.plan.version}", wanted.fold, status)


def put(session: Session, drawing: Drawing, form: str, output: str | None, stem: str) -> None:
    """Write the picture: texts to stdout, others to a file, unless it is said."""
    content = _made(drawing, form)
    place = output or ("-" if form in TEXTS else f"{stem}.{form}")
    if place == "-":
        if sys.stdout is None:
            return
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    try:
        Path(place).write_bytes(content)
    except OSError as error:
        raise ConfigError(f"{place} cannot be written: {error.strerror}") from error
    if session.verbosity >= 0:
        click.echo(f"wrote {place}")


def _made(drawing: Drawing, form: str) -> bytes:
    if form == "mermaid":
        from stageline.model.mermaid import mermaid

        return mermaid(drawing).encode()
    from stageline.model.dot import dot

    text = dot(drawing).encode()
    return text if form == "dot" else _laid_out(text, form)


def _laid_out(text: bytes, form: str) -> bytes:
    from stageline.targets.process import Command, run

    with tempfile.TemporaryDirectory(prefix="stageline-viz-") as scratch:
        command = Command(argv=("dot", f"-T{form}"), folder=Path(scratch) / "dot", stdin=text)
        try:
            ended = run(command, timeout=SECONDS)
        except MissingDependency as error:
            hint = "install Graphviz (apt-get install graphviz); --format dot and mermaid need nothing"
            raise MissingDependency(f"{form} pictures are laid out by 'dot', which is not here: {hint}") from error
        if ended.code or ended.signal:
            said = ended.stderr.read_text(encoding="utf-8", errors="replace").strip()
            raise ConfigError(f"dot could not lay out the picture: {said or f'it ended with {ended.code}'}")
        return ended.stdout.read_bytes()

"""`stageline init`: a small project that runs at once."""

from __future__ import annotations

from pathlib import Path

import click

from stageline.cli.options import Session, pass_session, verb


@verb()
@click.argument("folder", required=False, default=".", type=click.Path(path_type=Path, file_okay=False))
@pass_session
def command(session: Session, folder: Path) -> None:
    """Make a small project that runs at once, in FOLDER or here. What is there already is never overwritten."""
    from stageline.cli.project import make_project

    made, kept = make_project(folder)
    for path in made:
        click.echo(f"made  {path}")
    for path in kept:
        click.echo(f"kept  {path}, which was there")
    file = folder / "workflow.yml"
    click.echo(f"\nRun it:  stageline run {file if str(folder) != '.' else 'workflow.yml'} -p name=you")

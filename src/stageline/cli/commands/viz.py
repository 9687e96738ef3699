"""`stageline viz`: a picture of a Lab, or of a workflow file."""

from __future__ import annotations

from pathlib import Path

import click

from stageline.cli.completing import complete_file
from stageline.cli.labs import lab_option
from stageline.cli.options import Session, as_json, pass_session, verb

MERMAID = "mermaid"
FORMATS = ("svg", "png", "pdf", "dot", MERMAID)


@verb()
@click.argument("file", type=click.Path(path_type=Path), required=False, shell_complete=complete_file)
@lab_option
@click.option("--format", "form", type=click.Choice(FORMATS), default=MERMAID, show_default=True, help="What to make.")
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    help="Where to; - is stdout, which texts go to. Pictures: else lab.svg, FILE.svg …",
)
@click.option(
    "--fold", type=click.Choice(("auto", "always", "never")), default="auto", help="Draw stages, not each job."
)
@click.option("--status", is_flag=True, help="Colour jobs by how they ended.")
@click.option("--workflow", "name", metavar="NAME", help="Which workflow, of a file that holds several.")
@as_json
@pass_session
def command(session: Session, /, file: Path | None, form: str, output: str | None, **asked: object) -> None:
    """Draw the runs of a Lab with their stages, or the stages of a workflow FILE.

    dot and mermaid are texts. svg, png and pdf are made by `dot` of Graphviz. A run of more than a dozen jobs is drawn
    with one box for each stage, unless --fold=never.
    """
    from stageline.cli.output import print_json
    from stageline.cli.picturing import Wanted, drawn, put

    if asked["as_json"] and form != MERMAID:
        raise click.UsageError("--json is a form of its own: leave out --format")
    wanted = Wanted(file, **{key: asked[key] for key in Wanted.__struct_fields__ if key in asked})  # type: ignore[arg-type]
    drawing = drawn(session, wanted)
    if asked["as_json"]:
        print_json(drawing)
    else:
        put(session, drawing, form, output, wanted.stem)

"""`stageline schema`: the JSON Schema of workflow files."""

from __future__ import annotations

import click

from stageline.cli.options import Session, pass_session, verb


@verb(epilog="\b\nIn a file, for editors:\n  # yaml-language-server: $schema=./stageline.schema.json")
@click.option("--plugin", "plugins", multiple=True, metavar="MODULE", help="With the kinds of this module too.")
@pass_session
def command(session: Session, plugins: tuple[str, ...]) -> None:
    """Print the JSON Schema of workflow files, for editors: `stageline schema > stageline.schema.json`."""
    from stageline.cli.output import print_json
    from stageline.document.plugins import import_beside
    from stageline.document.schema import json_schema

    for plugin in plugins:
        import_beside(str(session.cwd), plugin)
    print_json(json_schema())

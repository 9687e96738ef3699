"""`stageline completions`: what makes a shell complete commands, run ids, stages and files."""

from __future__ import annotations

import click

from stageline.cli.options import Session, pass_session, verb

SHELLS = ("bash", "zsh", "fish")
_WHERE = {
    "bash": "stageline completions bash > ~/.local/share/bash-completion/completions/stageline",
    "zsh": "stageline completions zsh > ~/.zfunc/_stageline    # with fpath+=~/.zfunc before compinit in ~/.zshrc",
    "fish": "stageline completions fish > ~/.config/fish/completions/stageline.fish",
}


@verb(epilog="\b\n" + "\n".join(_WHERE.values()))
@click.argument("shell", type=click.Choice(SHELLS))
@pass_session
def command(session: Session, shell: str) -> None:
    """Print what makes your shell complete commands, run ids, stages and workflow files."""
    from click.shell_completion import get_completion_class

    from stageline.cli.main import COMPLETE, stageline

    made = get_completion_class(shell)
    assert made is not None
    click.echo(made(stageline, {}, "stageline", COMPLETE).source())

"""The program: parses the command line, calls the command, and turns what is raised into a message and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from stageline import __version__
from stageline.cli.lazy import LazyGroup
from stageline.cli.options import common
from stageline.cli.session import Session
from stageline.errors import InternalError, StagelineError

INTERRUPTED = 130
COMPLETE = "_STAGELINE_COMPLETE"


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=False,
    epilog="`stageline COMMAND --help` tells more of each.",
)
@click.version_option(__version__, "-V", "--version", message="stageline %(version)s")
@common
def stageline() -> None:
    """Run workflows of stages durably: what is finished stays finished, whatever happens."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says, and end the process with the exit code of it."""
    code = run(sys.argv[1:] if arguments is None else arguments)
    try:
        if sys.stdout:  # it may be closed
            sys.stdout.flush()
    except OSError:  # told already; Python would try once more, and end with a code of its own
        from stageline.cli.output import nobody_reads

        nobody_reads()
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Do what the command line says; answers the exit code. Nothing that is raised gets past this."""
    try:
        with Session() as session:
            answer = stageline.main(list(arguments), prog_name="stageline", standalone_mode=False, obj=session)
        return answer if isinstance(answer, int) else 0
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except StagelineError as error:
        return _failed(error)
    except Exception as error:  # noqa: BLE001, the one place of the command line; it is written down
        return _failed(_explained(error))


def _explained(error: Exception) -> StagelineError:
    """What the machine refuses is nobody's mistake; all else that gets here is ours."""
    from stageline.cli.refused import refused

    found = refused(error) or InternalError(f"a defect of Stageline: {type(error).__name__}: {error}")
    found.__cause__ = error
    return found


def _failed(error: StagelineError) -> int:
    from stageline.cli.logs import report

    report(error)
    return error.exit_code

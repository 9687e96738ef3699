"""Which options of sbatch are the author's: those that the scheduler needs for its own work are not."""

from collections.abc import Sequence

from stageline.errors import DocumentError

_OURS = {
    "--array": "-a",
    "--chdir": "-D",
    "--comment": "",
    "--error": "-e",
    "--help": "-h",
    "--input": "-i",
    "--job-name": "-J",
    "--open-mode": "",
    "--output": "-o",
    "--parsable": "",
    "--quiet": "-Q",
    "--requeue": "",
    "--test-only": "",
    "--usage": "",
    "--version": "-V",
    "--wait": "-W",
    "--wrap": "",
}


def checked_options(options: Sequence[str]) -> Sequence[str]:
    """Options of the user's own, if they leave alone what the scheduler needs for itself."""
    for option in options:
        name = option.partition("=")[0]
        for long, short in _OURS.items():
            if name == long or (short and option.startswith(short) and not option.startswith("--")):
                raise DocumentError(f"sbatch_opts: {option} cannot be given: {long} is Stageline's own affair")
    return options

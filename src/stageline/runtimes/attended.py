"""The same command for somebody who sits before it: the terminal is its input, so what was fed to it comes from a file.

Pure. Whoever starts it writes `Wrapped.stdin` to that file first, and starts it beside the file: to podman, commas and
quotes in the name of a folder are more than letters.
"""

from typing import assert_never

from stageline.runtimes.sandbox import Runtime, Wrapped

_FEED = 'exec "$@" 3<"$0"'
_ENV_FILE = "--env-file=/dev/stdin"


def attended(wrapped: Wrapped, fed: str, terminal: bool) -> tuple[str, ...]:
    """The words to start; `fed` is the name of the file, and `terminal` says whether there is one."""
    match wrapped.runtime:
        case Runtime.NATIVE:
            return wrapped.argv
        case Runtime.BWRAP:
            shell, option, _, _, *words = wrapped.argv
            return (shell, option, _FEED, fed, *words)
        case Runtime.DOCKER | Runtime.PODMAN:
            engine, verb, *words = wrapped.argv
            given = [f"--env-file={fed}" if word == _ENV_FILE else word for word in words]
            return (engine, verb, "--interactive", *(["--tty"] if terminal else []), *given)
        case _:
            assert_never(wrapped.runtime)

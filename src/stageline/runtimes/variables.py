"""Variables on their way inside: by name through the environment of the client, or in what is fed to it. Pure.

A client passes on what it finds in its own environment; what it would listen to itself goes another way.
"""

import re
from collections.abc import Collection, Mapping

import msgspec

from stageline.errors import DocumentError
from stageline.runtimes.sandbox import HOSTNAME, TMP, Sandbox

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_HEARD_BY_CLIENT = re.compile(
    r"(DOCKER|BUILDKIT|BUILDX|PODMAN|CONTAINER|BUILDAH|STORAGE|REGISTR|XDG|LD_|GO|SSL|SSH|DBUS|LISTEN|NOTIFY|_"
    r"|(HTTPS?|NO|ALL|FTP)_PROXY|STAGELINE_|TMPDIR|HOME|PATH|USER|LOGNAME|LANG|LC_|TZ|TERM|SHELL|PWD|HOSTNAME)",
    re.IGNORECASE,
)


class Passed(msgspec.Struct, frozen=True):
    """Variables for a container: by name through the client's environment, or as lines that the client reads."""

    client: dict[str, str]
    lines: dict[str, str]

    @property
    def text(self) -> bytes:
        """The lines, as a client reads them from `--env-file`."""
        return "".join(f"{name}={value}\n" for name, value in self.lines.items()).encode("utf-8", "surrogateescape")


def check_names(env: Mapping[str, str]) -> None:
    """DocumentError for a name that not every runtime can pass on."""
    for name in env:
        if not _NAME.fullmatch(name):
            raise DocumentError(f"env: {name!r} is no name of a variable")


def passed(values: Mapping[str, str], taken: Collection[str]) -> Passed:
    """How each variable travels; `taken` are the names in the client's environment that must stay as they are."""
    check_names(values)
    ways = Passed({}, {})
    for name, text in values.items():
        if name not in taken and not _HEARD_BY_CLIENT.match(name):
            ways.client[name] = text
        elif "\n" in text or "\r" in text:
            raise DocumentError(
                f"env: {name} is a variable that the container engine reads itself; it cannot have several lines"
            )
        else:
            ways.lines[name] = text
    return ways


def variable_options(ways: Passed) -> list[str]:
    """The arguments that let docker or podman pass the variables on; `ways.text` is its stdin then."""
    return ["--env-file=/dev/stdin"] * bool(ways.lines) + [f"--env={name}" for name in ways.client]


def necessary(sandbox: Sandbox) -> dict[str, str]:
    """The whole environment inside: what is given, and PATH, HOME, TMPDIR, PWD when they are not."""
    return {"PATH": PATH, "HOME": TMP, "TMPDIR": TMP, "PWD": sandbox.cwd, **sandbox.env}


def isolated(sandbox: Sandbox) -> dict[str, str]:
    """The same where the command has a host name of its own."""
    return {"HOSTNAME": HOSTNAME, **necessary(sandbox)}


def contained(sandbox: Sandbox) -> dict[str, str]:
    """The same over what an image brings along: its PATH is its own. A PWD of several lines cannot be passed on."""
    unfit = {"PATH", *(["PWD"] if "\n" in sandbox.cwd or "\r" in sandbox.cwd else [])}
    return {name: text for name, text in isolated(sandbox).items() if name not in unfit or name in sandbox.env}

"""The one connection to a host that all calls share, of all processes of the user.

Its socket tells whether it is there: nobody answers at the socket of a connection whose process was killed, and ssh
itself would neither use nor replace it.
"""

from __future__ import annotations

import os
import socket
import stat
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from stageline.errors import ConfigError
from stageline.targets.alone import alone
from stageline.targets.logs import as_text
from stageline.targets.private import have_own_folder
from stageline.targets.process import Command, run
from stageline.targets.ssh_argv import (
    Address,
    connect_argv,
    disconnect_argv,
    explain_ssh,
    read_control_path,
    settings_argv,
)

_SECONDS = 60.0


class SharedConnection:
    """The connection to the host of the target of this name; `ssh` are the words up to the host."""

    def __init__(self, name: str, address: Address, ssh: Sequence[str], folder: Path) -> None:
        self._name = name
        self._address = address
        self._ssh = ssh
        self._turn = folder / f"{address.host}.lock"
        self._lock = threading.Lock()
        self._found: str | None = None

    def have(self) -> None:
        """Have it open, whoever opens it."""
        path = self._path()
        if not path or _answers(path):
            return
        with self._lock, alone(self._turn):
            if not _answers(path):
                Path(path).unlink(missing_ok=True)
                self._said(connect_argv(self._ssh, self._address))

    def close(self) -> None:
        """Close it; calls that are under way lose it."""
        _answer(disconnect_argv(self._ssh, self._address))

    def _path(self) -> str:
        """Where its socket is; nothing where the user wants no shared connection."""
        with self._lock:
            if self._found is None:
                self._found = read_control_path(self._said(settings_argv(self._ssh, self._address)))
            return self._found

    def _said(self, argv: Sequence[str]) -> str:
        code, out, said = _answer(argv)
        if code != 0:
            raise explain_ssh(self._name, self._address.host, code, said)
        return out


def control_folder() -> Path:
    """Where the sockets of shared connections are: private, the same for all processes of a user, of a short name."""
    user = os.getuid()
    run_time = Path(f"/run/user/{user}")
    folder = run_time / "stageline" if run_time.is_dir() else Path(f"/tmp/stageline-ssh-{user}")  # noqa: S108
    if not have_own_folder(folder, stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"{folder} is not a private folder of yours: remove it, for connections are shared there")
    return folder


def _answers(path: str) -> bool:
    """Whether anybody listens there, be it with a long queue."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.setblocking(False)
        try:
            asking.connect(path)
        except BlockingIOError:
            return True
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        return True


def _answer(argv: Sequence[str]) -> tuple[int | None, str, str]:
    with tempfile.TemporaryDirectory(prefix="stageline-") as folder:
        ended = run(Command(argv=tuple(argv), folder=Path(folder)), timeout=_SECONDS)
        return ended.code, as_text(ended.stdout.read_bytes()), as_text(ended.stderr.read_bytes())

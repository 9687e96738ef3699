"""Another machine, over OpenSSH's own client and rsync: the user's configuration, keys, agents and jump hosts hold.

One connection is shared by all calls, of all processes of the user. Files come into a folder of their own and are moved
to their place once they are whole; what a broken connection has left there is gone on with, and never used.
"""

from __future__ import annotations

import hashlib
import os
import socket
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from stageline.errors import Canceled, DocumentError, MissingDependency, StagelineError, TargetLost
from stageline.targets.agent import checked_name, names_bytes
from stageline.targets.agent_target import AgentTarget
from stageline.targets.alone import alone
from stageline.targets.cancellation import Cancellation
from stageline.targets.local import discard, take_place
from stageline.targets.logs import as_text
from stageline.targets.process import Command, Ended, run
from stageline.targets.ssh_argv import (
    DiskFull,
    explain_rsync,
    explain_ssh,
    fetch_argv,
    read_address,
    run_argv,
    send_argv,
    ssh_words,
)
from stageline.targets.ssh_connection import SharedConnection, control_folder

_PAUSES = (1.0, 4.0)


class SshTarget(AgentTarget):
    """A host that ssh can reach. `options` are words for ssh, before the host."""

    def __init__(self, name: str, address: str, base: str, options: Sequence[str] = ()) -> None:
        super().__init__(name, base)
        self._address = read_address(address)
        self._control = control_folder()
        self._ssh = ssh_words(self._address, str(self._control), options)
        self._connection = SharedConnection(name, self._address, self._ssh, self._control)

    def put(self, root: Path, names: Sequence[str], cancellation: Cancellation | None = None) -> tuple[str, ...]:
        """Send what is not there, in one pass; tried again when the connection breaks."""
        wanted = [checked_name(name) for name in names]
        for name in wanted:
            if not os.path.lexists(root / name):
                raise DocumentError(f"{root / name} is not there, so it cannot be sent to {self.name}")
        incoming = f".incoming-{_source_of(root)}"
        sent: dict[str, None] = {}

        def send() -> None:
            missing = self._missing(wanted)
            if not missing:
                return
            sent.update(dict.fromkeys(missing))
            self._send(root, incoming, missing, cancellation)
            self._ask("settle", incoming, names=missing, timeout=600)

        with alone(self._control / f"{self._address.host}{incoming}.lock", cancellation):
            self._insist(send, cancellation)
        return tuple(sent)

    def get(self, names: Sequence[str], root: Path, cancellation: Cancellation | None = None) -> tuple[str, ...]:
        """Fetch what is there; tried again when the connection breaks."""
        wanted = [checked_name(name) for name in names]
        place = root / f".incoming-{_source_of(root)}"
        place.mkdir(parents=True, exist_ok=True)

        def fetch() -> None:
            self._rsync(fetch_argv(self._ssh, self._address, self.base, str(place)), wanted, cancellation)

        with alone(self._control / f"{place.name}.lock", cancellation):
            self._insist(fetch, cancellation)
            found = [name for name in wanted if os.path.lexists(place / name)]
            for name in found:
                take_place(place / name, root / name)
            discard(place)
        return tuple(found)

    def close(self) -> None:
        """Close the shared connection; calls that are under way lose it."""
        self._connection.close()

    def _command(self, words: Sequence[str]) -> tuple[str, ...]:
        self._connection.have()
        return run_argv(self._ssh, self._address, words)

    def _lost(self, ended: Ended, said: str) -> StagelineError:
        return explain_ssh(self.name, self._address.host, ended.code, said)

    def _insist(self, transfer: Callable[[], None], cancellation: Cancellation | None) -> None:
        """Do it, and again when the connection breaks; what has come is not sent again."""
        for pause in _PAUSES:
            try:
                return transfer()
            except TargetLost:
                (cancellation or Cancellation()).wait(pause)
        return transfer()

    def _send(self, root: Path, incoming: str, names: Sequence[str], cancellation: Cancellation | None) -> None:
        argv = send_argv(self._ssh, self._address, str(root), f"{self.base}/{incoming}")
        try:
            self._rsync(argv, names, cancellation)
        except DiskFull:
            self._ask("remove", names=(incoming,), timeout=600)
            raise

    def _rsync(self, argv: Sequence[str], names: Sequence[str], cancellation: Cancellation | None) -> None:
        self._connection.have()
        listed = names_bytes(f"./{name}" for name in names)
        with self._calls, tempfile.TemporaryDirectory(prefix="stageline-") as folder:
            try:
                ended = run(Command(argv=tuple(argv), folder=Path(folder), stdin=listed), cancellation)
            except MissingDependency as error:
                raise MissingDependency("rsync is needed on this machine too: apt install rsync") from error
            said = as_text(ended.stderr.read_bytes())
        if ended.stopped:
            raise Canceled(ended.stopped)
        if ended.code != 0:
            raise explain_rsync(self.name, self._address.host, ended.code, said)


def _source_of(root: Path) -> str:
    """What tells this folder from all others, so that only its own broken transfers are gone on with."""
    return hashlib.sha256(os.fsencode(f"{socket.gethostname()}:{root.absolute()}")).hexdigest()[:16]

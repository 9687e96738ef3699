"""The command lines of OpenSSH and rsync, and what their ends mean. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

import msgspec

from stageline.errors import ConfigError, DocumentError, MissingDependency, StagelineError, TargetLost
from stageline.targets.quoting import for_remote_shell

PARTIAL = ".stageline-partial"
_ADDRESS = re.compile(r"(?:ssh://)?(?:([^@\s/]+)@)?(\[[0-9A-Fa-f:.]+\]|[^:\s/@\[\]]+)(?::(\d{1,5}))?/?")
_KEEP = 300
_LOST_BY_RSYNC = frozenset({10, 12, 20, 30, 35, 255})
_REMEDIES = (
    ("Permission denied", "see that 'ssh {host} true' works without asking for anything: a key, and an agent for it"),
    ("Host key verification failed", "connect once by hand, 'ssh {host}', and look at its key"),
    ("Could not resolve hostname", "correct the target's address"),
    ("command-line: line 0", "correct the target's ssh_options"),
    ("Can't open user config", "correct the target's ssh_options"),
    ("Bad configuration option", "correct your ssh configuration"),
)


class DiskFull(ConfigError):
    """There is no room on the other side; what has come in vain is to make way."""


class Address(msgspec.Struct, frozen=True):
    """Where sshd listens: a host, or a name that the user's configuration knows. User and port go before its."""

    host: str
    user: str = ""
    port: str = ""

    def options(self) -> tuple[str, ...]:
        """As options of ssh."""
        user = ("-l", self.user) if self.user else ()
        return (*user, "-p", self.port) if self.port else user


def read_address(text: str) -> Address:
    """`host`, `user@host`, `user@host:port`; a name of the user's ssh configuration is a host too."""
    found = _ADDRESS.fullmatch(text.strip())
    if not found or found[2].startswith("-") or (found[1] or "").startswith("-"):
        raise DocumentError(f"{text!r} is no address: write host, user@host or user@host:port")
    return Address(found[2].strip("[]"), found[1] or "", found[3] or "")


def ssh_words(address: Address, control: str, options: Sequence[str]) -> tuple[str, ...]:
    """ssh up to its host. The user's configuration holds; it never asks, and notices when the other side is gone."""
    return (
        "ssh",
        *options,
        *address.options(),
        *("-o", "BatchMode=yes"),
        *("-o", f"ControlPath={control}/%C"),
        *("-o", "ControlMaster=no"),
        *("-o", "ServerAliveInterval=15"),
        *("-o", "ServerAliveCountMax=4"),
        *("-o", "ConnectTimeout=20"),
        *("-o", "ClearAllForwardings=yes"),
        *("-o", "RequestTTY=no"),
        *("-o", "RemoteCommand=none"),
    )


def run_argv(ssh: Sequence[str], address: Address, words: Sequence[str]) -> tuple[str, ...]:
    """Run these words there."""
    return (*ssh, "--", address.host, for_remote_shell(words))


def connect_argv(ssh: Sequence[str], address: Address) -> tuple[str, ...]:
    """Open the connection that all later calls share, and leave it open a while after the last one."""
    first = ssh[0], "-o", "ControlMaster=yes", "-o", f"ControlPersist={_KEEP}"
    return (*first, *ssh[1:], "-f", "-N", "--", address.host)


def settings_argv(ssh: Sequence[str], address: Address) -> tuple[str, ...]:
    """Say what holds for this host, of these words and of the user's configuration."""
    return (*ssh, "-G", "--", address.host)


def read_control_path(settings: str) -> str:
    """Where the socket of the shared connection is; nothing where the user wants none."""
    found = re.search(r"^controlpath (.+)$", settings, re.MULTILINE)
    return found[1] if found and found[1] != "none" else ""


def disconnect_argv(ssh: Sequence[str], address: Address) -> tuple[str, ...]:
    """Close the shared connection; calls that are under way lose it."""
    return (*ssh, "-O", "exit", "--", address.host)


def send_argv(ssh: Sequence[str], address: Address, root: str, place: str) -> tuple[str, ...]:
    """Send the names on stdin from `root` to `place`; what a broken transfer has left there is gone on with."""
    return (*_rsync(ssh), f"{_folder(root)}", f"{_host(address)}:{_folder(place)}")


def fetch_argv(ssh: Sequence[str], address: Address, base: str, place: str) -> tuple[str, ...]:
    """Fetch the names on stdin from `base` to `place`, those that are there."""
    return (*_rsync(ssh, "--ignore-missing-args"), f"{_host(address)}:{_folder(base)}", _folder(place))


def _rsync(ssh: Sequence[str], *more: str) -> tuple[str, ...]:
    return (
        *("rsync", "-rlpt", "--protect-args", "--delete", f"--partial-dir={PARTIAL}", "--timeout=60"),
        *more,
        *("--files-from=-", "--from0", "-e", shlex.join(ssh), "--"),
    )


def _host(address: Address) -> str:
    return f"[{address.host}]" if ":" in address.host else address.host


def _folder(path: str) -> str:
    return f"{path.rstrip('/')}/"


def explain_ssh(name: str, host: str, code: int | None, said: str) -> StagelineError:
    """Why no answer came from the target of this name."""
    line = _last(said)
    for mark, remedy in _REMEDIES:
        if mark in said:
            return ConfigError(f"target '{name}': {line}; {remedy.format(host=host)}")
    if code == 127 or "bash: not found" in said:
        return MissingDependency(f"target '{name}': {line}; bash and coreutils are needed there")
    return TargetLost(f"target '{name}': the connection to {host} is lost: {line}")


def explain_rsync(name: str, host: str, code: int | None, said: str) -> StagelineError:
    """Why a transfer ended before its end."""
    if "No space left on device" in said or "Disk quota exceeded" in said:
        full = next(line for line in said.splitlines() if "No space left" in line or "quota" in line)
        return DiskFull(f"target '{name}': the disk is full: {full.strip()}; make room there, and start again")
    if code == 127 or "rsync: command not found" in said or "rsync: not found" in said:
        return MissingDependency(f"target '{name}': rsync is needed there: install it, or put it on PATH")
    if code in _LOST_BY_RSYNC or code is None:
        return explain_ssh(name, host, None, said)
    return ConfigError(f"target '{name}': files cannot be sent or fetched: {_last(said)}")


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("rsync error:", "mux_client", "Control socket"))]
    return (telling or lines or ["nothing was said"])[-1][:300]

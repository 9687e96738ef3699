"""From a target's settings to the target."""

from pathlib import Path

import msgspec

from stageline.config.targets import TargetSettings
from stageline.targets.local import LocalTarget
from stageline.targets.ssh import SshTarget
from stageline.targets.target import Target

FOLDER = "target"
REMOTE = "stageline"


HOMES = "homes"


def home_there(settings: TargetSettings, home: Path, id: str) -> TargetSettings:
    """The same target with the folder of a Lab's home, which is called so, as its base."""
    base = settings.base_path or (REMOTE if settings.address else str(home / FOLDER))
    return msgspec.structs.replace(settings, base_path=f"{base.rstrip('/')}/{HOMES}/{id}")


def open_target(settings: TargetSettings, home: Path) -> Target:
    """The target; nothing is connected yet. On this machine its folder is by default in the state folder, `home`."""
    if settings.address is None:
        base = Path(settings.base_path).expanduser() if settings.base_path else home / FOLDER
        return LocalTarget(base if base.is_absolute() else Path.home() / base, settings.name)
    return SshTarget(settings.name, settings.address, settings.base_path or REMOTE, settings.ssh_options)

"""The state folder: `.stageline` beside the workflow, private, with the database, the logs and the large values."""

from pathlib import Path
from urllib.parse import quote

from stageline.config.config import Config
from stageline.config.trust import find_upward
from stageline.errors import StoreError

NAME = ".stageline"
DATABASE = "stageline.db"


def home_of(config: Config, start: Path) -> Path:
    """The state folder for what is at `start`, whether it is there or not."""
    if (given := config["home"]) is not None:
        return Path(given).absolute()
    return find_upward(start, NAME) or (config.project or start) / NAME


def make_home(home: Path) -> Path:
    """Make the folder if it is not there: for its owner only, and nothing for version control."""
    if home.is_dir():
        return home
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        home.mkdir(mode=0o700, exist_ok=True)
        (home / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"the state folder {home} cannot be made: {error.strerror}; name another one with --home or STAGELINE_HOME"
        ) from error
    return home


def store_url(config: Config, home: Path) -> str:
    """The URL of the store."""
    given: str | None = config["store"]
    return given if given is not None else "sqlite:///" + quote(str(home / DATABASE))

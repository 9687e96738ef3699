"""What `secrets` gives in expressions: from the environment, as STAGELINE_SECRET_NAME, or from a file of one's own."""

import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from stageline.errors import ConfigError
from stageline.targets.dotenv import parse_dotenv

PREFIX = "STAGELINE_SECRET_"


def load_secrets(file: Path | None, environ: Mapping[str, str], names: Iterable[str] = ()) -> dict[str, str]:
    """Secrets by their names: of the environment, under a name of their own, before those of the file.

    Those of `names` that are nowhere else are the plain variables of these names.
    """
    plain = {name: environ[name] for name in names if name in environ}
    given = {name.removeprefix(PREFIX): text for name, text in environ.items() if name.startswith(PREFIX)}
    return {**plain, **({} if file is None else _from_file(file)), **given}


def _from_file(path: Path) -> dict[str, str]:
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"the file of secrets, {path}, cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise ConfigError(f"the file of secrets, {path}, is not UTF-8 text") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"the file of secrets, {path}, can be read by others: chmod 600 '{path}'")
    return _toml(path, text) if path.suffix == ".toml" else parse_dotenv(text, str(path))


def _toml(path: Path, text: str) -> dict[str, str]:
    import tomllib

    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise ConfigError(f"the file of secrets, {path}, is not TOML") from None
    for name, value in said.items():
        if not isinstance(value, str):
            raise ConfigError(f"{path}: the secret '{name}' is not a text: write {name} = \"…\"")
    return said

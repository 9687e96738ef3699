"""Where settings come from, the later over the earlier: defaults, the user's file, the project's, the environment, the
command line. What cannot be right is an error that names its place.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stageline.config.config import Config, Value
from stageline.config.settings import BY_NAME, BY_VARIABLE, Setting
from stageline.config.trust import find_upward
from stageline.errors import ConfigError, did_you_mean

PROJECT_FILE = "stageline.toml"
USER_FILE = "config.toml"
_PATHS = ("home", "log.file", "secrets")
_OF_A_STAGE = ("STAGELINE_EXECUTION", "STAGELINE_IDEMPOTENCY_KEY")  # what a stage that calls us hands down
_SECRET = "STAGELINE_SECRET_"  # noqa: S105, the beginning of a name


def environment() -> Mapping[str, str]:
    """The environment of this process."""
    return dict(os.environ)


def load_config(start: Path, environ: Mapping[str, str], given: Mapping[str, object] | None = None) -> Config:
    """The settings for a command that works at `start`; `given` are those of its command line."""
    values = _from_file(_user_file(environ))
    project = find_upward(start, PROJECT_FILE)
    values |= _from_file(project)
    values |= _from_environment(environ)
    for name, value in (given or {}).items():
        values[name] = _read(BY_NAME[name], value, BY_NAME[name].option)
    return Config(values, project and project.parent, _unknown_variables(environ))


def user_config_folder(environ: Mapping[str, str]) -> Path:
    """The folder of the user's own settings."""
    return _xdg(environ, "XDG_CONFIG_HOME", "user_config_path")


def user_cache_folder(environ: Mapping[str, str]) -> Path:
    """The folder for what may be lost: logs, and what can be made again."""
    return _xdg(environ, "XDG_CACHE_HOME", "user_cache_path")


def _xdg(environ: Mapping[str, str], variable: str, function: str) -> Path:
    if (folder := environ.get(variable, "")).startswith("/"):
        return Path(folder) / "stageline"
    import platformdirs  # only where the environment does not say it

    found: Path = getattr(platformdirs, function)("stageline", appauthor=False)
    return found


def _user_file(environ: Mapping[str, str]) -> Path | None:
    path = user_config_folder(environ) / USER_FILE
    return path if path.is_file() else None


def _from_file(path: Path | None) -> dict[str, Value]:
    if path is None:
        return {}
    import tomllib

    try:
        text = path.read_text(encoding="utf-8")
        said = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from error
    values = dict(_targets(said.pop("targets"), path, text)) if "targets" in said else {}
    for name, value in _flat(said):
        place = f"{path}:{_line_of(text, name)}"
        if name not in BY_NAME:
            known = ", ".join(BY_NAME)
            raise ConfigError(f"{place}: no setting '{name}'{did_you_mean(name, BY_NAME) or f'; there are {known}'}")
        values[name] = _placed(_read(BY_NAME[name], value, place), name, path.parent)
    return values


def _targets(said: object, path: Path, text: str) -> Iterator[tuple[str, Value]]:
    """The targets of a file."""
    from stageline.config.targets import target_values

    for name, value, place in target_values(said, path, lambda name: _line_of(text, name)):
        yield name, Value(value, place)


def _flat(said: Mapping[str, Any], above: str = "") -> list[tuple[str, object]]:
    found: list[tuple[str, object]] = []
    for key, value in said.items():
        name = above + key.replace("_", "-")
        found += _flat(value, f"{name}.") if isinstance(value, dict) else [(name, value)]
    return found


def _line_of(text: str, name: str) -> int:
    """The line where a setting stands, or a table begins; 1 if it cannot be told."""
    name = name.replace("_", "-")
    table, _, key = name.rpartition(".")
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.strip().replace("_", "-").replace(" ", "")
        if plain.startswith("["):
            inside = plain.strip("[]")
            if inside == name:
                return number
        elif plain.startswith(f"{name}=") or (inside == table and plain.startswith((f"{key}=", f'"{key}"='))):
            return number
    return 1


def _placed(value: Value, name: str, folder: Path) -> Value:
    """A path of a file is seen from where the file is."""
    if name in _PATHS and isinstance(value.value, Path):
        return Value(folder / value.value, value.origin)
    if name == "store":
        return Value(_placed_store(value.value, folder), value.origin)
    return value


def _placed_store(url: str, folder: Path) -> str:
    head, slashes, path = url.partition("sqlite:///")
    if slashes and not head and not path.startswith(("/", ":")):
        from urllib.parse import quote

        return f"sqlite:///{quote(str(folder.absolute()))}/{path}"
    return str(folder / url) if "://" not in url and url.endswith((".db", ".sqlite", ".sqlite3")) else url


def _from_environment(environ: Mapping[str, str]) -> dict[str, Value]:
    values = {}
    if environ.get("NO_COLOR"):
        values["color"] = Value("never", "environment: NO_COLOR")
    for variable, setting in BY_VARIABLE.items():
        if (text := environ.get(variable, "")) != "":
            values[setting.name] = _read(setting, text, f"environment: {variable}")
    return values


def _read(setting: Setting, value: object, place: str) -> Value:
    try:
        return Value(setting.read(value), place)
    except ValueError as error:
        raise ConfigError(f"{place}: {setting.name} is {error}, not {value!r}") from None


def _unknown_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Words about variables that look like ours and are misspelt; what others call so is theirs."""
    ours = [v for v in sorted(environ) if v.startswith("STAGELINE_") and not v.startswith(_SECRET)]
    unknown = set(ours) - {*BY_VARIABLE, *_OF_A_STAGE}
    hints = {variable: did_you_mean(variable, BY_VARIABLE) for variable in sorted(unknown)}
    return tuple(f"{variable} in the environment is no setting{hint}" for variable, hint in hints.items() if hint)

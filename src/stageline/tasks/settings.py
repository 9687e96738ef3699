"""A task's settings as typed values: from the stage's own context only, never from what other stages put out."""

from typing import TypeVar

import msgspec

from stageline.errors import DocumentError, did_you_mean
from stageline.tasks.shapes import converted
from stageline.tasks.task import RunningStage

Settings = TypeVar("Settings", bound=msgspec.Struct)
Scalar = str | int | float | bool


def read_settings(stage: RunningStage, shape: type[Settings]) -> Settings:
    """The fields of `shape` from the stage's context; DocumentError that names the stage and the setting."""
    declared = stage.execution.settings
    try:
        return converted(dict(declared), shape)
    except msgspec.ValidationError as error:
        hint = ""
        for field in msgspec.structs.fields(shape):
            if field.required and field.name not in declared:
                hint = did_you_mean(field.name, declared)
        problem = str(error).replace("Object missing required field", "context needs").replace(" - at `$.", " at `")
        raise DocumentError(f"stage '{stage.ref_id}': {problem}{hint}") from error


def as_text(values: dict[str, Scalar]) -> dict[str, str]:
    """Environment variables as the system knows them: text. Truth is `true` or `false`."""
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}

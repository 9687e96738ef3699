"""Whether the fields of stages are of their types: what is not would be written down, and could not be read again."""

from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from stageline.errors import GraphError
from stageline.model.graph import as_message, name_problem
from stageline.model.stage import StageExecution

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(StageExecution).decode


def check_fields(workflow: str, stages: Sequence[StageExecution]) -> None:
    """Raise a GraphError that names every stage with a field of a wrong type."""
    given: object = stages
    if (
        isinstance(given, str)
        or not isinstance(given, Sequence)
        or not all(isinstance(s, StageExecution) for s in given)
    ):
        raise GraphError(f"workflow '{workflow}': stages is a list of StageExecution")
    mistakes = [f"stage '{stage.ref_id}': {mistake}" for stage in stages if (mistake := _mistake(stage))]
    if mistakes:
        raise GraphError(as_message(workflow, mistakes))


def _mistake(stage: StageExecution) -> str:
    ref, context = cast(object, stage.ref_id), cast(object, stage.context)
    if not isinstance(ref, str):
        return name_problem(ref)
    if not isinstance(context, Mapping):
        return f"context is a mapping, not {type(context).__name__}"
    try:
        _decode(_encode(msgspec.structs.replace(stage, context={}) if context else stage))
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
        return str(error).replace(" - at `$.", " at `")
    return ""

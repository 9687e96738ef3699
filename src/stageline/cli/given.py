"""What is handed in on the command line: `key=value` pairs, JSON, and files of parameters."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from stageline.errors import DocumentError
from stageline.model.params import Param


def pairs(words: Iterable[str]) -> dict[str, Any]:
    """`key=value` words as a map; a value that is JSON is taken as that, anything else as text."""
    return {name: _json_or_text(text) for name, text in texts(words).items()}


def texts(words: Iterable[str]) -> dict[str, str]:
    """`key=value` words as a map of texts."""
    found = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not equals or not name.strip():
            raise DocumentError(f"'{word}' is no KEY=VALUE: write a name, an equals sign, and a value")
        found[name.strip()] = text
    return found


def all_given(words: Iterable[str], file: Path | None, params: Mapping[str, Param]) -> dict[str, Any]:
    """The parameters of a command line: those of the file, and over them those that are given one by one.

    The latter are texts, to be read as their types say; those that may be anything are read as JSON, if they are that.
    """
    given = texts(words).items()
    known = {name: param.type for name, param in params.items()}
    read = {name: _json_or_text(text) if known.get(name) == "any" else text for name, text in given}
    return {**(params_file(file) if file else {}), **read}


def json_object(text: str) -> dict[str, Any]:
    """A JSON object."""
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise DocumentError(f"--json takes a JSON object, such as '{{\"approved\": true}}': {error}") from None


def params_file(path: Path) -> dict[str, Any]:
    """The parameters in a YAML or JSON file."""
    from stageline.load.nodes import plain
    from stageline.load.read import read_documents, read_source

    source = read_source(path)
    documents = [plain(node) for node in read_documents(source.text, source.name)]
    found = documents[0] if len(documents) == 1 else documents
    if not isinstance(found, dict):
        raise DocumentError(f"{path}: parameters are a map of names to values, not {type(found).__name__}")
    return found


def _json_or_text(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text

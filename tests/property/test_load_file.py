"""Files are read by one function, and are known by the path they were given by."""

from pathlib import Path

import pytest

from stageline.errors import DocumentError
from stageline.load.read import read_source


def test_a_file_is_known_by_the_path_it_was_given_by(tmp_path: Path) -> None:
    path = tmp_path / "flow.yml"
    path.write_bytes("\ufeffa: é\r\n".encode())
    source = read_source(path)
    assert (source.name, source.text) == (str(path), "a: é\r\n")


def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"flow\.yml: the file cannot be read: No such file") as refused:
        read_source(tmp_path / "flow.yml")
    assert isinstance(refused.value.__cause__, FileNotFoundError)
    with pytest.raises(DocumentError, match="the file cannot be read: Is a directory"):
        read_source(tmp_path)

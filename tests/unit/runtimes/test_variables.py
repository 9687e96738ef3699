"""The ways of variables into a container."""

from __future__ import annotations

import pytest

from stageline.errors import DocumentError
from stageline.runtimes.variables import Passed, passed, variable_options


def test_variables_go_through_the_client_unless_it_would_listen_to_them() -> None:
    given = {"MINE": "a\nb", "docker_host": "x", "LANG": "C", "EDITOR": "vi", "N": "1"}
    ways = passed(given, taken={"EDITOR"})
    assert ways == Passed({"MINE": "a\nb", "N": "1"}, {"docker_host": "x", "LANG": "C", "EDITOR": "vi"})
    assert ways.text == b"docker_host=x\nLANG=C\nEDITOR=vi\n"
    assert variable_options(ways) == ["--env-file=/dev/stdin", "--env=MINE", "--env=N"]


def test_without_variables_nothing_is_read() -> None:
    assert variable_options(passed({}, ())) == []


def test_text_that_is_no_unicode_is_passed_on_as_it_came() -> None:
    assert passed({"LANG": "\udcff"}, ()).text == b"LANG=\xff\n"


@pytest.mark.parametrize(("name", "text"), [("A=B", "x"), ("", "x"), ("A B", "x"), ("PATH", "a\nb"), ("HOME", "a\rb")])
def test_variables_that_cannot_be_passed_are_refused(name: str, text: str) -> None:
    with pytest.raises(DocumentError, match="env: "):
        passed({name: text}, taken=())

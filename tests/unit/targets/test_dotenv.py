"""Files of secrets: what they may hold, and that what is wrong is told with its line and without its value."""

import pytest

from stageline.errors import DocumentError
from stageline.targets.dotenv import parse_dotenv

FILE = """\
# what the API wants

export TOKEN=abc#def   # the real one
EMPTY=
BLANK=   # nothing
SPACED = two words\t
SINGLE='as $it is \\n # all of it' # said
DOUBLE="a\\tb \\"quoted\\" \\$HOME \\d"
LINES="first
second"
KEY='-----BEGIN-----
x=y
-----END-----'
URL=https://user:pass@host/?a=b&c='d'
"""


def test_values_in_all_ways() -> None:
    assert parse_dotenv(FILE) == {
        "TOKEN": "abc#def",
        "EMPTY": "",
        "BLANK": "",
        "SPACED": "two words",
        "SINGLE": "as $it is \\n # all of it",
        "DOUBLE": 'a\tb "quoted" $HOME \\d',
        "LINES": "first\nsecond",
        "KEY": "-----BEGIN-----\nx=y\n-----END-----",
        "URL": "https://user:pass@host/?a=b&c='d'",
    }


def test_files_of_other_systems() -> None:
    assert parse_dotenv("\ufeffA=1\r\n\r\nB='2'\r\n") == {"A": "1", "B": "2"}
    assert parse_dotenv("A=1") == {"A": "1"}
    assert parse_dotenv("") == parse_dotenv("\n \n# x") == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A=1\n\nhunter2\n", "secrets:3: this is no 'NAME=value'"),
        ("1A=hunter2", "secrets:1: this is no 'NAME=value'"),
        ("A=1\nexport hunter2", "secrets:2: this is no 'NAME=value'"),
        ("A='x\ny\nhunter2", "secrets:1: the value of 'A' has no closing '"),
        ('A=1\nB="hunter2\\"', "secrets:2: the value of 'B' has no closing \""),
        (
            "A='x\ny'\nB='x'hunter2",
            "secrets:3: the value of 'B' goes on after its closing ': only a comment may follow",
        ),
        ("A=1\nA=hunter2", "secrets:2: 'A' is already set above"),
    ],
)
def test_a_line_that_is_wrong_is_told_without_its_value(text: str, told: str) -> None:
    with pytest.raises(DocumentError) as error:
        parse_dotenv(text, "secrets")
    assert str(error.value) == told

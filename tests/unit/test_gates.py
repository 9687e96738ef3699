"""What the size gates measure, each at its limit and one over it."""

from pathlib import Path
from textwrap import indent

import pytest

from tools.gates import Source, broad_excepts, check

FORKS = {
    "if": "if x:\n    pass\n",
    "elif": "if x:\n    pass\nelif y:\n    pass\n",
    "conditional expression": "x = 1 if y else 2\n",
    "for": "for x in y:\n    pass\n",
    "while": "while x:\n    pass\n",
    "except": "try:\n    pass\nexcept ValueError:\n    pass\n",
    "case": "match x:\n    case 1:\n        pass\n",
}


def found(text: str, path: str = "src/module.py") -> list[str]:
    """What the gates print about a file with this text."""
    return [str(excess) for excess in check([Source.parse(Path(path), text)])]


def function(body: str, head: str = "def work():") -> str:
    return f"{head}\n{indent(body, '    ')}"


def test_a_function_of_50_lines_passes_and_one_of_51_does_not() -> None:
    assert found(function("pass\n" * 49)) == []
    assert found(function("pass\n" * 50)) == ["src/module.py:1: lines in function work: 51, limit 50"]


def test_signature_and_docstring_count_and_decorators_do_not() -> None:
    head = "@mark\n@mark\ndef work(\n    x,\n):"
    body = '"""Works.\n\nHard.\n"""\n'
    assert found(function(body + "pass\n" * 43, head)) == []
    assert found(function(body + "pass\n" * 44, head)) == ["src/module.py:3: lines in function work: 51, limit 50"]


def test_a_file_of_500_lines_passes_and_one_of_501_does_not() -> None:
    assert found("x = 1\n" * 500) == []
    assert found("x = 1\n" * 501) == ["src/module.py:1: lines in this file: 501, limit 500"]


def test_a_class_of_250_lines_passes_and_one_of_251_does_not() -> None:
    assert found(function("x: int\n" * 249, "class Large:")) == []
    assert found(function("x: int\n" * 250, "class Large:")) == [
        "src/module.py:1: lines in class Large: 251, limit 250"
    ]


@pytest.mark.parametrize("fork", FORKS)
def test_every_kind_of_fork_is_a_branch(fork: str) -> None:
    ifs = "if x: pass\n"
    forks = 2 if fork == "elif" else 1
    assert found(function(ifs * (10 - forks) + FORKS[fork])) == []
    assert found(function(ifs * (11 - forks) + FORKS[fork])) == [
        "src/module.py:1: branches in function work: 11, limit 10"
    ]


def test_else_finally_and_the_last_resort_of_a_match_are_no_branches() -> None:
    others = (
        "match x:\n    case _:\n        pass\nif y:\n    pass\nelse:\n    pass\ntry:\n    pass\nfinally:\n    pass\n"
    )
    assert found(function("if x: pass\n" * 9 + others)) == []


def test_nested_functions_are_measured_by_themselves() -> None:
    inner = function("if x: pass\n" * 11, "async def inner():")
    assert found(function("if x: pass\n" * 10 + inner)) == [
        "src/module.py:12: branches in function work.inner: 11, limit 10"
    ]


@pytest.mark.parametrize("parameters", ["a, b, c, d, e, f, g", "a, /, b, c, d, e, *, f, g", "a, b, c, d, e, *f, **g"])
def test_seven_parameters_of_any_sort_are_too_many(parameters: str) -> None:
    assert found(f"def work({parameters}): ...") == ["src/module.py:1: parameters of function work: 7, limit 6"]
    assert found(f"def work({parameters.removeprefix('a, ').removeprefix('/, ')}): ...") == []


def test_self_and_cls_are_no_parameters() -> None:
    bound = "def work(self, a, b, c, d, e, f): ...\n"
    assert found(function(bound + "@classmethod\n" + bound, "class Small:")) == []
    assert found(function("@staticmethod\n" + bound, "class Small:")) == [
        "src/module.py:3: parameters of function Small.work: 7, limit 6"
    ]


def test_the_fields_of_a_value_type_are_no_parameters() -> None:
    assert found(function("a: int\n" * 12, "@dataclass(frozen=True)\nclass Value:")) == []


@pytest.mark.parametrize(
    "caught", ["", "Exception", "BaseException", "builtins.Exception", "(ValueError, Exception)", "Exception as error"]
)
def test_broad_excepts_are_seen_however_they_are_written(caught: str) -> None:
    source = Source.parse(Path("src/module.py"), f"try:\n    pass\nexcept {caught}:\n    pass\n")
    assert list(broad_excepts(source)) == [3]


def test_suppressing_everything_is_a_broad_except() -> None:
    source = Source.parse(Path("src/module.py"), "with contextlib.suppress(Exception):\n    pass\n")
    assert list(broad_excepts(source)) == [1]


def test_narrow_excepts_are_not() -> None:
    text = "try:\n    pass\nexcept (ValueError, psycopg.Error):\n    pass\nwith suppress(OSError):\n    pass\n"
    assert list(broad_excepts(Source.parse(Path("src/module.py"), text))) == []


def test_two_broad_excepts_pass_and_of_three_each_is_named() -> None:
    broad = "try:\n    pass\nexcept Exception:\n    raise\n"
    assert found(broad * 2) == []
    assert found(broad * 3) == [
        f"src/module.py:{line}: broad excepts in src, this is one: 3, limit 2" for line in (3, 7, 11)
    ]
    assert found(broad * 3, "tests/module.py") == []

"""All that is wrong is told together, in order, with what would be right; a flood is cut."""

import pickle

import pytest

from stageline.errors import DocumentError
from stageline.load.excerpt import excerpt
from stageline.load.nodes import MapNode
from stageline.load.problems import LIMIT, LoadError, Problems
from stageline.load.read import collect_documents, decode, read_documents
from stageline.load.source import Source, Span
from stageline.load.within import within
from tests.unit.load.reading import at, document, error, mistakes, scalar


def span(text: str, piece: str, name: str = "flow.yml") -> Span:
    return Span(Source(name, text), text.index(piece), text.index(piece) + len(piece))


def test_a_problem_says_where_what_and_what_would_be_right() -> None:
    problems = Problems()
    problems.add(span("a:\n  bahs: x\n", "bahs"), "unknown key 'bahs'", "did you mean 'bash'?", "stages[2].bahs")
    with pytest.raises(LoadError) as refused:
        problems.raise_any()
    assert str(refused.value) == "flow.yml:2:3: stages[2].bahs: unknown key 'bahs'; did you mean 'bash'?"
    assert isinstance(refused.value, DocumentError)
    assert refused.value.exit_code == 2


def test_no_problem_raises_nothing() -> None:
    Problems().raise_any()


def test_problems_are_in_the_order_of_the_files() -> None:
    problems = Problems()
    for name, piece in [("b.yml", "two"), ("b.yml", "one"), ("a.yml", "two")]:
        problems.add(span("one\ntwo", piece, name), f"{piece} is wrong")
    assert str(problems.error()).splitlines() == [
        "a.yml:2:1: two is wrong",
        "b.yml:1:1: one is wrong",
        "b.yml:2:1: two is wrong",
    ]


def test_the_same_words_at_the_same_place_count_once() -> None:
    problems = Problems()
    where = span("one", "one")
    problems.add(where, "wrong")
    problems.add(where, "wrong")
    problems.add(where, "wrong in another way")
    assert len(problems) == 2


def test_a_flood_is_cut_and_counted() -> None:
    refused = error("a: 1\n" * 20_000)
    assert refused.total == 19_999
    assert len(refused.problems) == LIMIT
    assert str(refused).splitlines()[-1] == "… and 19949 more"
    assert refused.details().endswith("\n\n… and 19949 more")


def test_in_a_flood_no_close_names_are_looked_for() -> None:
    told = mistakes("- &anchor x\n" + "- *anchro\n" * 5_000)
    assert ["did you mean 'anchor'?" in one for one in told] == [True] * LIMIT
    problems = Problems(limit=1)
    assert problems.suggest("bahs", ["bash"]) == "did you mean 'bash'?"
    problems.add(span("one", "one"), "wrong")
    assert problems.suggest("bahs", ["bash"]) == ""


def test_programs_get_rows() -> None:
    assert error("stages:\n  - a: 1\n    a: 2\n").as_json() == [
        {
            "file": "flow.yml",
            "line": 3,
            "column": 5,
            "path": "stages[0]",
            "message": "the key 'a' stands twice; the first is at 2:5",
            "hint": "keep one of them",
        }
    ]


def test_a_terminal_gets_the_line_and_carets() -> None:
    assert error("stages:\n  - name: x\n    name: y\n").details() == (
        "flow.yml:3:5: stages[0]: the key 'name' stands twice; the first is at 2:5; keep one of them\n"
        "    3 |     name: y\n"
        "      |     ^^^^"
    )


def test_the_path_of_a_problem_inside_of_a_value_is_that_of_the_value() -> None:
    problems = Problems()
    (node,) = collect_documents(Source("f", "stages:\n  - bash: |\n      echo\n      exit $x\n"), problems)
    script = at(node, "stages", 0, "bash")
    assert not isinstance(script, MapNode)
    problems.add(within(scalar("a: |\n  b", "a"), 0), "elsewhere")
    problems.add(within(script, script.text.index("$x"), 2), "no such name")  # type: ignore[union-attr,arg-type]
    assert str(problems.error().problems[0]) == "f:4:12: stages[0].bash: no such name"
    assert problems.error().problems[1].path == ""


def test_errors_survive_the_way_to_another_process() -> None:
    refused = error("a: 1\na: 2\n")
    again = pickle.loads(pickle.dumps(refused))  # noqa: S301
    assert str(again) == str(refused)
    assert again.details() == refused.details()


@pytest.mark.parametrize(
    ("text", "piece", "shown"),
    [
        ("\tx: yy", "yy", "    1 | \tx: yy\n      | \t   ^^"),
        ("漢字: yy", "yy", "    1 | 漢字: yy\n      |       ^^"),
        ("e\u0301: 漢", "漢", "    1 | e\u0301: 漢\n      |    ^^"),
        ("a: \x1b[31m", "a", "    1 | a: �[31m\n      | ^"),
        ("a:", "", "    1 | a:\n      | ^"),
        ("x\ny: |\n  z", "y: |\n  z", "    2 | y: |\n      | ^^^^"),
    ],
)
def test_carets_stand_below_what_is_meant(text: str, piece: str, shown: str) -> None:
    assert excerpt(span(text, piece)) == shown


def test_a_place_behind_the_line_has_its_caret_too() -> None:
    assert excerpt(Span(Source("f", "a:\n"), 2, 2)) == "    1 | a:\n      |   ^"


def test_of_a_long_line_the_part_around_the_place_is_shown() -> None:
    line, carets = excerpt(span("x" * 500 + "HERE" + "y" * 500, "HERE")).splitlines()
    assert len(line) < 130
    assert line[carets.index("^") :].startswith("HERE")
    assert carets.count("^") == 4


def test_bytes_are_utf_8_or_say_what_they_are() -> None:
    for data in ("a: é".encode(), "a: é".encode("utf-8-sig"), "a: é".encode("utf-16")):
        assert decode(data, "f").text == "a: é"


def test_bytes_that_are_no_text_are_told_with_their_place() -> None:
    with pytest.raises(LoadError) as refused:
        decode("a: 1\nb: é".encode("latin-1"), "f.yml")
    assert str(refused.value) == "f.yml:2:4: byte 0xe9 is no UTF-8; save the file as UTF-8"
    assert isinstance(refused.value.__cause__, UnicodeDecodeError)


def test_reading_raises_all_problems_at_once() -> None:
    with pytest.raises(LoadError) as refused:
        read_documents("a: 1\na: 2\nb: *c\n", "f.yml")
    assert [str(problem.place) for problem in refused.value.problems] == ["f.yml:2:1", "f.yml:3:4"]
    assert document("a: 1") is not None

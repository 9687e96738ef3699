"""A failure is data to decide by and words to read."""

from stageline.model.failure import Cause, Failure


def test_it_reads_as_what_happened_the_last_lines_and_where_the_rest_is() -> None:
    failure = Failure("command ended with exit code 3", Cause.EXIT, 3, detail="1\n2\n\n3\n4\n5\n6\n", log="/logs/err")
    assert str(failure).splitlines() == [
        "command ended with exit code 3",
        "  2",
        "  3",
        "  4",
        "  5",
        "  6",
        "  log: /logs/err",
    ]


def test_without_more_to_say_it_is_its_message() -> None:
    assert str(Failure("rejected by ann")) == "rejected by ann"

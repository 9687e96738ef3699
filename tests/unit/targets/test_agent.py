"""How the script on a target is understood."""

import pytest

from stageline.errors import DocumentError, InternalError
from stageline.targets.agent import Framed, checked_name, framed, order_bytes, read_names, read_states
from stageline.targets.target import Order, Stand, State


def test_an_answer_is_what_stands_between_the_marks() -> None:
    assert framed(b"\1stageline\nhello\1done 3\n") == Framed(3, b"hello")
    assert framed(b"Welcome to host!\n\1stageline\n\1done 0\n") == Framed(0, b"")
    assert framed(b"\1stageline\na\1done 1\nb\1done 0\n") == Framed(0, b"a\1done 1\nb")


@pytest.mark.parametrize("said", [b"", b"hello", b"\1stageline\nhel", b"\1stageline\nhello\1done 3", b"\1done 0\n"])
def test_an_answer_that_was_cut_off_is_none(said: bytes) -> None:
    assert framed(said) is None


def test_an_order_is_counted_fields_and_then_its_input() -> None:
    order = Order(token="t1", argv=("a", ""), env={"X": "1\n2"}, cwd="/d", stdin=b"\0x")
    assert order_bytes([order]) == b"t1\0/d\0001\0X=1\n2\0002\0a\0\0002\0\0x"


def test_states() -> None:
    body = b"a running host 12\nb none\nc waiting\nd lost host 12\ne elsewhere host 12\n"
    body += b"f ended 0 0 0 - 1 2 host 1m2.5s+0m0.5s\n"
    states = read_states(body)
    assert [str(states[token].stand) for token in "abcdef"] == [
        "running",
        "none",
        "waiting",
        "lost",
        "elsewhere",
        "ended",
    ]
    assert states["a"] == State(stand=Stand.RUNNING, host="host", started=12)
    assert states["f"] == State(stand=Stand.ENDED, code=0, started=1, ended=2, host="host", cpu_seconds=63.0)
    assert [token for token, state in states.items() if state.is_over] == ["d", "f"]


def test_the_end_of_what_was_killed() -> None:
    state = read_states(b"f ended 137 1 1 canceled 1 2 host 0m0.0s+0m0.0s\n")["f"]
    assert (state.code, state.signal, state.out_of_memory) == (137, "KILL", True)
    assert (state.told, state.stopped) == (True, "canceled")


def test_a_code_above_128_is_a_signals_unless_it_is_known_to_be_the_works_own() -> None:
    ends = {
        how: read_states(f"f ended 137 0 0 - 1 2 host 0{how}".encode())["f"] for how in ("", " -", " signal", " exit")
    }
    assert [end.signal for end in ends.values()] == ["KILL", "KILL", "KILL", ""]
    assert read_states(b"f ended 137 1 0 - 1 2 host 0 exit")["f"].signal == "KILL"  # of a process inside, for memory


def test_a_state_of_another_kind_is_a_defect() -> None:
    with pytest.raises(InternalError, match="not understood: dancing"):
        read_states(b"a dancing\n")


def test_names() -> None:
    assert read_names(b"a b\0\xff\0") == ("a b", "\udcff")
    assert checked_name("a/./b//c") == "a/b/c"
    for name in ("", ".", "/a", "../a", "a/.."):
        with pytest.raises(DocumentError, match="no name of a file"):
            checked_name(name)

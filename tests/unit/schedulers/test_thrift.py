"""Something that costs others is done some times in a row, and then as often as it is earned."""

from stageline.schedulers.thrift import EARNED, IN_A_ROW, Thrift


def test_what_is_spent_is_earned_again() -> None:
    now = [1000.0]
    thrift = Thrift(lambda: now[0])
    for _ in range(IN_A_ROW):
        assert thrift.next <= now[0]
        thrift.spend()
    assert thrift.next == now[0] + EARNED
    now[0] += EARNED
    thrift.spend()
    assert thrift.next == now[0] + EARNED
    now[0] += 100 * EARNED
    for _ in range(IN_A_ROW):
        assert thrift.next <= now[0]
        thrift.spend()
    assert thrift.next > now[0]

"""The box of letters between threads: nothing is lost, and waiting ends in time, whatever signals come."""

import os
import signal
import threading
import time
from types import FrameType

from stageline.engine.mail import Mail


def test_waiting_ends_when_a_letter_comes() -> None:
    mail: Mail[str] = Mail()
    threading.Timer(0.05, mail.put, ["one"]).start()
    begun = time.monotonic()
    mail.collect(10)
    assert time.monotonic() - begun < 5
    assert list(mail.letters()) == ["one"]


def test_waiting_ends_in_time_without_one() -> None:
    mail: Mail[str] = Mail()
    mail.collect(0.01)
    assert not mail


def test_all_letters_of_many_threads_arrive() -> None:
    mail: Mail[int] = Mail()

    def write(letter: int) -> None:
        for _ in range(2000):
            mail.put(letter)

    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    seen: list[int] = []
    ends = time.monotonic() + 30
    while len(seen) < 8000 and time.monotonic() < ends:
        mail.collect(1)
        seen += mail.letters()
    assert sorted(seen) == [n for n in range(4) for _ in range(2000)]


def test_a_letter_that_was_not_dealt_with_is_the_first_again() -> None:
    mail: Mail[str] = Mail()
    for letter in ("one", "two"):
        mail.put(letter)
    mail.collect(0)
    assert next(mail.letters()) == "one"
    assert list(mail.letters()) == ["one", "two"]


def test_a_signal_whose_handler_outlasts_the_wait_does_not_make_it_wait_for_ever() -> None:
    mail: Mail[str] = Mail()

    def slow(number: int, frame: FrameType | None) -> None:
        time.sleep(0.2)

    before = signal.signal(signal.SIGUSR1, slow)
    rescue = threading.Timer(8, mail.put, ["rescue"])
    rescue.start()
    threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGUSR1]).start()
    try:
        mail.collect(0.1)
        assert list(mail.letters()) == []
    finally:
        rescue.cancel()
        signal.signal(signal.SIGUSR1, before)

"""Types that several threads are the first to use."""

import subprocess
import sys

import pytest

PROGRAM = """
from __future__ import annotations

import sys
import threading
import time

import msgspec

from stageline.tasks.shapes import converted, decoded


def slowly(shape):
    found_out.set()
    time.sleep(0.3)
    return shape


class Inner(msgspec.Struct):
    depth: slowly(int) = 0


class Outer(msgspec.Struct):
    inner: Inner | None = None


found_out = threading.Event()
use = {
    "converted": lambda: converted({"inner": {"depth": 1}}, Outer),
    "decoded": lambda: decoded(b'{"inner": {"depth": 1}}', Outer),
}[sys.argv[1]]
first = threading.Thread(target=use)
first.start()
found_out.wait()
print(use())
first.join()
"""


@pytest.mark.parametrize("how", ["converted", "decoded"])
def test_a_type_that_another_thread_is_still_finding_out_about_can_be_used(how: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, check=False, text=True)
    assert (done.returncode, done.stdout) == (0, "Outer(inner=Inner(depth=1))\n"), done.stderr

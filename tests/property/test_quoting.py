"""Whatever words are sent to another machine's shell, exactly these arrive: tried with a real one."""

import os
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stageline.errors import DocumentError
from stageline.targets.quoting import for_remote_shell

raw = st.binary(max_size=30).map(lambda raw: os.fsdecode(raw.replace(b"\0", b"")))
hostile = st.text(st.sampled_from("'\"\\$`!*?[]{}()<>|&;#~ \t\n=-%^é"), max_size=20)
words = st.lists(raw | hostile, min_size=1, max_size=6)


@pytest.mark.parametrize("shell", ["bash", "sh"])
@given(words=words)
@settings(max_examples=60)
def test_a_shell_reads_the_words_that_were_meant(shell: str, words: list[str]) -> None:
    line = for_remote_shell(["printf", "%s\\0", *words])
    done = subprocess.run([shell, "-c", line], check=True, capture_output=True)
    assert done.stdout == b"".join(os.fsencode(word) + b"\0" for word in words)


def test_what_no_command_can_be_given_is_refused() -> None:
    with pytest.raises(DocumentError, match="NUL"):
        for_remote_shell(["a", "b\0c"])
    with pytest.raises(DocumentError, match="at least one word"):
        for_remote_shell([])

"""The script contract, clause by clause, with the real bash."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stageline.errors import DocumentError
from stageline.lab.scalar import Scalar, text_of
from stageline.lab.script import NO_INPUT, job_environment
from stageline.targets.process import run, spawn
from tests.contract.lab.scripts import command, execute, said, written
from tests.contract.tasks.running import until

HOSTILE = ["", " ", "a  b", "a\nb\n", "\n", "'", '"', 'it\'s "so"', "$(exit 9)", "`exit 9`", "${out}", "\\", "\\n", "*"]
ODD = [
    "\x01",
    "\x7f",
    "\x01\x7fa",
    "\r\n",
    "\t",
    "ü€𝄞",
    "-n",
    "--",
    "!x",
    "~",
    "#no",
    "[a]=b",
    "]",
    ")",
    "a;b&c|d>e",
    "\ufeff",
]


@pytest.mark.parametrize("value", [*HOSTILE, *ODD, 0, -5, 1.5, True])
def test_a_parameter_survives(tmp_path: Path, value: Scalar) -> None:
    ended = execute(tmp_path, """printf '%s' "${params[a-b]}" """, {"a-b": value})
    assert said(ended) == text_of(value)


_NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,8}", fullmatch=True)
_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@settings(max_examples=60)
@given(st.dictionaries(_NAMES, _TEXTS, max_size=4))
def test_any_parameters_survive(params: dict[str, str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = execute(
            Path(folder),
            r"""for key in "${!params[@]}"; do printf '%s\0%s\0' "$key" "${params[$key]}"; done""",
            dict(params),
        )
        assert told.code == 0, told.stderr.read_text()
        words = told.stdout.read_bytes().decode().split("\0")[:-1]
        assert dict(zip(words[::2], words[1::2], strict=True)) == params


@settings(max_examples=40)
@given(
    st.from_regex(r"[^/\0]{1,40}", fullmatch=True)
    .filter(lambda name: name not in (".", ".."))
    .map(str.encode)
    .filter(lambda raw: len(raw) < 200)
)
def test_an_input_may_have_any_path(raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, raw.decode())
        path.write_text("content")
        assert said(execute(Path(folder), 'cat -- "${inputs[one]}"', inputs={"one": str(path)})) == "content"


def test_the_script_is_strict(tmp_path: Path) -> None:
    assert execute(tmp_path, "false; echo on").code == 1
    assert execute(tmp_path, "echo $nothing").code != 0
    assert execute(tmp_path, "false | true").code == 1
    assert execute(tmp_path, 'echo "${params[absent]}"').code != 0


def test_out_is_empty_and_the_working_directory(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "old/.deep").mkdir(parents=True)
    (out / ".hidden").touch()
    (out / "old/link").symlink_to(tmp_path / "kept")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").touch()
    (out / "old").chmod(0o555)
    inode = out.stat().st_ino
    assert said(execute(tmp_path, 'ls -A; pwd; echo "$out"; printenv out')) == f"{out}\n{out}\n{out}\n"
    assert (tmp_path / "kept/file").exists()
    assert out.stat().st_ino == inode


def test_out_is_made(tmp_path: Path) -> None:
    said(execute(tmp_path, "echo 1 > $out/made"))
    assert (tmp_path / "out/made").read_text() == "1\n"


def test_path_holds_the_tools_alone(tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "mkdir").symlink_to("/usr/bin/mkdir")
    ended = run(command(tmp_path, written(tmp_path, 'echo "$PATH"\nls'), path=(str(tools),)))
    assert ended.code == 127
    assert ended.stdout.read_text() == f"{tools}\n"
    assert "work.sh: line 2: ls: command not found" in ended.stderr.read_text()


def test_a_folder_of_tools_must_fit_into_path() -> None:
    with pytest.raises(DocumentError, match="colon"):
        job_environment("/out", ("/a:b/bin",))


def test_the_script_sees_no_arguments_and_none_of_our_functions(tmp_path: Path) -> None:
    text = "echo $#; compgen -A function || true; shopt nullglob dotglob || true"
    inputs = {"here": str(tmp_path)}
    assert said(execute(tmp_path, text, inputs=inputs)).split() == ["0", "nullglob", "off", "dotglob", "off"]


@pytest.mark.parametrize("code", [0, 1, 3, 66, 127, 255])
def test_exit_codes_pass_through(tmp_path: Path, code: int) -> None:
    assert execute(tmp_path, f"exit {code}").code == code
    assert execute(tmp_path, f"(exit {code})").code == code
    assert execute(tmp_path, f"set +e\n(exit {code})").code == code
    assert execute(tmp_path, f"return {code}").code == code


def test_a_script_may_become_another_program(tmp_path: Path) -> None:
    assert said(execute(tmp_path, "exec echo became")) == "became\n"


def test_the_traps_are_those_of_the_script(tmp_path: Path) -> None:
    text = "trap 'echo bye > late' EXIT; trap 'echo line $LINENO' ERR\n\nfalse"
    ended = execute(tmp_path, text)
    assert (ended.code, ended.stdout.read_text()) == (1, "line 3\n")
    assert (tmp_path / "out/late").read_text() == "bye\n"


def test_a_signal_reaches_the_script_itself(tmp_path: Path) -> None:
    text = "trap 'echo asked; exit 7' TERM\necho ready\nwhile :; do sleep 0.05; done"
    process = spawn(command(tmp_path, written(tmp_path, text)))
    assert until(lambda: (tmp_path / "log/stdout").read_text() == "ready\n")
    os.kill(process.pid, signal.SIGTERM)
    ended = process.wait()
    assert (ended.code, ended.stdout.read_text()) == (7, "ready\nasked\n")


def test_bash_speaks_of_the_lines_of_the_author(tmp_path: Path) -> None:
    text = "echo $LINENO\n\nno_such_command"
    ended = execute(tmp_path, text)
    assert ended.stdout.read_text() == "1\n"
    assert ended.stderr.read_text() == f"{tmp_path}/bin/work.sh: line 3: no_such_command: command not found\n"


def test_inputs_are_waited_for(tmp_path: Path) -> None:
    late = tmp_path / "late"
    threading.Timer(0.4, late.write_text, ("here",)).start()
    executable = written(tmp_path, 'cat "${inputs[late]}"', patience=20)
    assert said(run(command(tmp_path, executable, {"late": str(late)}))) == "here"


def test_an_input_that_never_comes_fails_the_job(tmp_path: Path) -> None:
    begun = time.monotonic()
    ended = execute(tmp_path, "echo never", inputs={"it": f"{tmp_path}/no such"})
    assert ended.code == NO_INPUT
    assert ended.stdout.read_text() == ""
    assert ended.stderr.read_text() == f"the input it cannot be opened, after 1 s: {tmp_path}/no such\n"
    assert time.monotonic() - begun < 5


def test_a_folder_can_be_an_input(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/file").touch()
    assert said(execute(tmp_path, 'ls "${inputs[all]}"', inputs={"all": f"{tmp_path}/folder"})) == "file\n"


def test_it_runs_by_hand_with_relative_paths(tmp_path: Path) -> None:
    written(tmp_path, 'cat "${inputs[one]}" > "$out/copy"')
    (tmp_path / "one").write_text("1")
    by_hand = command(tmp_path, Path("bin/work"), {"one": "one"})
    env = {**by_hand.env, "out": "there"}
    assert run(type(by_hand)(argv=by_hand.argv, folder=by_hand.folder, env=env, cwd=str(tmp_path), bare=True)).code == 0
    assert (tmp_path / "there/copy").read_text() == "1"


def test_a_program_stands_beside_its_script(tmp_path: Path) -> None:
    folder = tmp_path / "with blanks"
    script = 'python3 "${BASH_SOURCE[0]%/*}/work.py" "${params[n]}"\n'
    executable = written(folder, script, {"n": 3}, program="import sys\nprint(int(sys.argv[1]) + 1)\n")
    assert said(run(command(folder, executable))) == "4\n"

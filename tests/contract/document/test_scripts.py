"""Bash and shellcheck read the scripts of a file, and what they say is told at its place there."""

from pathlib import Path

import pytest

from stageline.document.checks import check_scripts, shellcheck
from stageline.document.load import load_text
from stageline.load.problems import Problems


def told(problems: Problems | None) -> list[str]:
    assert problems is not None
    return [str(problem).removeprefix("flow.yml:") for problem in problems.error().problems]


GOOD = """
stages:
  - name: a
    bash: |
      for x in 1 2; do echo "$x" '}' ')'; done  # it's "fine"
      cat <<EOF
      EOF
      EOF
  - name: b
    bash: echo ${{ params.x | default('a)b') }} \\
"""


def test_good_scripts_are_good() -> None:
    assert len(check_scripts(load_text(GOOD, "flow.yml"))) == 0


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'it", "this is not bash: unexpected EOF while looking for matching `''"),
        ('echo "it', "this is not bash: unexpected EOF while looking for matching `\"'"),
        ("echo `it", "this is not bash: unexpected EOF while looking for matching ``'"),
        ("echo $(it", "this is not bash: "),
        ("if true; then", "this is not bash: syntax error: unexpected end of file"),
        ("{ echo", "this is not bash: syntax error: unexpected end of file"),
        ("echo }; }", "this is not bash: syntax error near unexpected token `}'"),
        ("echo )", "this is not bash: syntax error near unexpected token `)'"),
        ("cat <<EOF", "this is not bash: here-document at line 2 delimited by end-of-file (wanted `EOF')"),
        ("case x in", "this is not bash: syntax error: unexpected end of file"),
    ],
)
def test_one_mistake_among_many_good_scripts_is_found(script: str, said: str) -> None:
    stages = [f"  - name: s{n}\n    bash: |\n      echo {n}\n" for n in range(5)]
    stages.insert(2, f"  - name: bad\n    bash: |\n      echo good\n      {script}\n")
    found = told(check_scripts(load_text("stages:\n" + "".join(stages), "flow.yml")))
    assert len(found) == 1
    assert "stages[2].bash: " + said in found[0]


def test_two_mistakes_do_not_hide_each_other() -> None:
    text = 'stages:\n  - {name: a, bash: "echo \'a"}\n  - {name: b, bash: "echo \'b"}\n'
    assert [one[:4] for one in told(check_scripts(load_text(text, "flow.yml")))] == ["2:22", "3:22"]


def test_nothing_of_a_script_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for script in (
        f"touch {mark}",
        f"}}; touch {mark}; {{",
        f") }}\n      touch {mark}\n      {{ (",
        f"$(touch {mark}",
    ):
        text = f"stages:\n  - name: a\n    bash: |\n      {script}\n"
        document = load_text(text, "flow.yml")
        check_scripts(document)
        shellcheck(document)
    assert not mark.exists()


def test_shellcheck_warns_at_the_line_of_the_file() -> None:
    text = "stages:\n  - name: a\n    bash: |\n      x=1\n      for f in $(ls); do echo $f $x; done\n"
    found = told(shellcheck(load_text(text, "flow.yml")))
    assert any(one.startswith("5:16: stages[0].bash: shellcheck error SC2045") for one in found), found


def test_placeholders_are_no_mistake_of_a_script() -> None:
    text = 'stages:\n  - name: a\n    bash: |\n      echo "${{ params[\'a\'] | default("b") }}"\n'
    document = load_text(text, "flow.yml")
    assert len(check_scripts(document)) == 0
    assert len(shellcheck(document) or ()) == 0


def test_what_a_placeholder_comes_to_is_not_guessed() -> None:
    text = "stages:\n  - name: a\n    bash: |\n      exit ${{ run.attempt }}\n"
    assert len(shellcheck(load_text(text, "flow.yml")) or ()) == 0
    guessed = text.replace("${{ run.attempt }}", "word")
    assert any("SC2242" in one for one in told(shellcheck(load_text(guessed, "flow.yml"))))

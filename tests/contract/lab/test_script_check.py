"""Scripts are checked with the real shellcheck, and with the names of all commands."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from stageline.lab.base_tools import BASE_TOOLS
from stageline.lab.command_words import BUILTINS, command_words
from stageline.lab.script_check import CheckedScript, Finding, ScriptCheck
from tests.contract.lab.scripts import execute, said


def findings(tmp_path: Path, text: str, *tools: str) -> tuple[Finding, ...]:
    (found,) = ScriptCheck(tmp_path).check([CheckedScript(text, BASE_TOOLS.union(tools))])
    return found


def unknown(text: str) -> list[str]:
    """The words that would have to be tools."""
    words = command_words(text)
    return [word.name for word in words.called if word.name not in BUILTINS | words.functions]


def test_a_good_script_has_no_findings(tmp_path: Path) -> None:
    text = """\
total=0
double() { echo $(($1 * 2)); }
while read -r line; do total=$((total + line)); done < <(sort -n "${inputs[table]}" | uniq)
for seed in 42; do [[ $seed -gt ${params[low]} ]] && double "$seed"; done
if [ 5 -gt 3 ]; then python3 - "$out" <<<"print(1)"; fi
echo "$total" > "$out/total"
"""
    assert findings(tmp_path, text, "python3") == ()


def test_a_command_that_is_nowhere_is_an_error_at_its_place(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, 'echo 1\n\necho "ü" | pyhton3 -\n', "python3")
    assert found == Finding(
        line=3,
        column=12,
        level="error",
        message="'pyhton3' is no declared tool, no base tool, and no function of this script",
        hint="did you mean 'python3'? Or write run_dependencies=[\"pyhton3\"]",
    )


def test_what_is_given_and_would_not_be_one_word_is_told_of(tmp_path: Path) -> None:
    text = """\
awk 'BEGIN { print "${inputs[table]}" }'
trap 'rm "${params[tmp]}"' EXIT
n=$RANDOM; sort ${inputs[table]} $n "${inputs[table]}"
"""
    single, bare = findings(tmp_path, text)
    assert (single.line, single.column, single.level) == (1, 5, "warning")
    assert single.message.startswith("bash leaves ${inputs[table]} as it is in single quotes")
    assert (bare.line, bare.column, bare.level, bare.code) == (3, 17, "warning", "SC2086")


def test_a_path_of_this_machine_is_an_error(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "/opt/x/tool 1\n")
    assert found.message == "'/opt/x/tool' is a program of this machine alone"
    assert found.hint == 'write run_dependencies=["/opt/x/tool"], and call it tool'


@pytest.mark.parametrize(
    "text",
    [
        "echo $(one)",
        "echo `one`",
        'echo "a $(one b) c"',
        "if one; then :; fi",
        "! one || :",
        "x=1 one",
        "'one' a",
        "o\\ne",
        '"o"ne',
        "cat < <(one)",
        "cat <<E\n$(one)\nE",
        "f() { one; }",
        "case x in x) one ;; esac",
        "exec one",
        "command one",
        "env A=1 B=2 one",
        "xargs one",
        "time nohup one",
        "export a=$(one)",
        "one > file 2>&1",
        "> file one",
        "one &",
        "(one)",
        "[[ $(one) ]]",
    ],
)
def test_a_command_is_found_wherever_it_stands(text: str) -> None:
    left = set(unknown(text)) - BASE_TOOLS - {"nohup"}
    assert left == {"one"}


@pytest.mark.parametrize(
    "text",
    [
        '"$tool" a',
        "$tool a",
        "${tools[0]} a",
        "x$tool",
        "$(which) a",
        "./made a",
        "~/mine",
        "command -v perhaps",
        "cat <<'E'\n$(text)\nE",
        "# comment\n",
        "echo 'one; two'",
        "a=(b c)",
        "((a = 1))",
        "let a=1",
        "trap 'later' EXIT",
        "[[ a == b ]]",
        "f() { :; }; f",
        "function g { :; }\ng",
    ],
)
def test_what_is_decided_at_run_time_is_left_alone(tmp_path: Path, text: str) -> None:
    messages = [found.message for found in findings(tmp_path, text, "which") if not found.code]
    assert messages == []


def test_where_functions_come_from_elsewhere_it_is_a_warning(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, 'source "${inputs[library]}"\nfrom_there\n')
    assert (found.line, found.level) == (2, "warning")


def test_shellcheck_speaks_of_the_lines_of_the_author(tmp_path: Path) -> None:
    found = findings(tmp_path, "x=1\necho $nothing $out ${inputs[a]} ${params[b]}\n")
    assert [(one.line, one.column, one.level, one.code) for one in found] == [
        (1, 1, "warning", "SC2034"),
        (2, 6, "warning", "SC2154"),
        (2, 20, "warning", "SC2086"),
        (2, 33, "warning", "SC2086"),
    ]


def test_a_script_that_bash_cannot_read_is_an_error(tmp_path: Path) -> None:
    found = findings(tmp_path, "echo 1\nif true; then\necho\n")
    assert {one.level for one in found} == {"error"}
    assert found[0].line == 2
    assert all(one.code for one in found)


def test_what_our_grammar_alone_cannot_read_is_told(tmp_path: Path) -> None:
    (found,) = findings(tmp_path, "echo 1\nexec 3<>file\nno_such\n")
    assert (found.line, found.level) == (2, "warning")
    assert found.message.startswith("this line cannot be read")


def test_comments_in_the_script_silence_shellcheck(tmp_path: Path) -> None:
    assert findings(tmp_path, "# shellcheck disable=SC2154\necho $nothing\n") == ()


def test_the_words_of_bash_are_those_of_this_bash(tmp_path: Path) -> None:
    listed = said(execute(tmp_path, "compgen -b")).split()
    assert set(listed) <= BUILTINS


def test_a_sweep_of_thousands_is_checked_in_seconds(tmp_path: Path) -> None:
    texts = [f"for i in {at}; do no_such --seed {at} > $out/x; done\n" for at in range(3000)]
    begun = time.process_time()
    found = ScriptCheck(tmp_path).check([CheckedScript(text, BASE_TOOLS) for text in texts])
    assert time.process_time() - begun < 3
    assert {tuple(one.code or one.message.split("'")[1] for one in of) for of in found} == {("SC2034", "no_such")}


def test_each_script_has_its_own_tools(tmp_path: Path) -> None:
    both = [
        CheckedScript("jq\n", frozenset()),
        CheckedScript("jq\n", frozenset({"jq"})),
        CheckedScript("x\n", BASE_TOOLS),
    ]
    assert [[one.line for one in found] for found in ScriptCheck(tmp_path).check(both)] == [[1], [], [1]]

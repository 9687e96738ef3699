"""What a stage's function is given, and what must not get into a script as it stands."""

from collections.abc import Callable
from typing import Any

import pytest

from stageline.lab import Run, quote, stage
from stageline.lab.view import View
from tests.unit.lab.labs import body, mistakes, only, plan, refused

TOLD = (
    "shown.params.text: bash would not read the value of 'text' as one plain word; "
    'write {quote(params["text"])} outside of quotes, or "${{params[text]}}" to have it at run time'
)


def shown(write: Callable[[View], str], text: Any) -> Run:
    def function(params: View) -> str:
        return write(params)

    function.__name__ = "shown"
    return Run("r", stage(outputs={"x": "$out/x"}, params={"text": text})(function))


def script(write: Callable[[View], str], text: Any) -> str:
    return body(only(plan(shown(write, text)), "shown")).script


@pytest.mark.parametrize("value", ["a", "a-b_c.d/e:f,g+h@i%j=k", "7", "-x", "é", 3, -1.5, 1e-05, True])
def test_plain_words_are_written_as_they_are(value: Any) -> None:
    assert script(lambda params: f"echo {params.text}", value) == f"echo {value}\n"


LOOSE = ["a b", "", "a'b", 'a"b', "$x", "a*", "~", "a\nb", "`x`", "a;b", "{a,b}", "a\\b", "#x", "a\u00a0b", "!", "<x"]


@pytest.mark.parametrize("value", LOOSE)
def test_what_is_no_plain_word_is_refused_with_the_two_safe_ways(value: str) -> None:
    assert mistakes(shown(lambda params: f"echo {params.text}", value)) == [TOLD]


@pytest.mark.parametrize(
    "write",
    [
        lambda params: "echo " + params.text,
        lambda params: params["text"] + " x",
        lambda params: f"echo {'x' + params.text}",
        lambda params: "echo {}".format(params.text),  # noqa: UP032
        lambda params: "echo %s" % params.text,  # noqa: UP031
        lambda params: f"echo {params.text!s:>9}",
    ],
)
def test_however_it_is_written(write: Callable[[View], str]) -> None:
    assert mistakes(shown(write, "a b")) == [TOLD]
    assert script(write, "ab")


def test_the_place_is_the_line_that_writes_it() -> None:
    def write(params: View) -> str:
        greeting = "hello"
        return f"echo {greeting} {params.text}"

    (problem,) = refused(shown(write, "a b")).problems
    assert problem.place.line == write.__code__.co_firstlineno + 2


@pytest.mark.parametrize("value", [*LOOSE, "ab", 3, True])
def test_both_safe_ways_are_safe(value: Any) -> None:
    assert script(lambda params: 'echo "${params[text]}"', value) == 'echo "${params[text]}"\n'
    assert script(lambda params: f"echo {quote(params.text)}", value) == f"echo {quote(value)}\n"


def test_quote_makes_one_word_of_anything() -> None:
    assert [quote("a b"), quote(""), quote("it's"), quote(True), quote(0.1)] == [
        "'a b'",
        "''",
        "'it'\"'\"'s'",
        "true",
        "0.1",
    ]


def test_values_can_be_computed_with() -> None:
    def write(params: View) -> str:
        assert "text" in params
        assert {**params} == {"text": 4}
        return "; ".join(f"step {n * 2}" for n in range(params.text))

    assert script(write, 4) == "step 0; step 2; step 4; step 6\n"


def test_a_text_can_be_compared_and_taken_apart() -> None:
    assert script(lambda params: "yes" if params.text == "a b" else "no", "a b") == "yes\n"
    assert script(lambda params: params.text.split()[1], "a b") == "b\n"


def test_margins_are_taken_away() -> None:
    assert script(lambda params: "\n    if true; then\n      x\n    fi\n    ", 1) == "if true; then\n  x\nfi\n"


@pytest.mark.parametrize(
    ("write", "told"),
    [
        (lambda params: params.tex, "shown: AttributeError: 'tex' is not one of the stage's params; did you mean 'te"),
        (lambda params: params["q"], "shown: KeyError: 'q' is not one of the stage's params; declared: text"),
        (lambda params: None, "shown: the function gives back None; return the script's text; is a 'return' missing?"),
        (lambda params: ["x"], "shown: the function gives back ['x']; return the script's text"),
        (lambda params: 1 / 0, "shown: ZeroDivisionError: division by zero"),
    ],
)
def test_functions_that_give_no_script(write: Callable[[View], str], told: str) -> None:
    (message,) = mistakes(shown(write, 1))
    assert message.startswith(told)


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"outputs": {"x": "x"}}, "s.outputs.x: 'x' does not lie below $out; write '$out/x'"),
        ({"outputs": {"x": "/tmp/x"}}, "s.outputs.x: '/tmp/x' does not lie below $out; write '$out/x'"),
        ({"outputs": {"x": "$out"}}, "s.outputs.x: '$out' does not lie below $out; write '$out/x'"),
        ({"outputs": {"x": "$out/../x"}}, "s.outputs.x: '$out/../x' has a part that is empty, '.' or '..'"),
        ({"outputs": {"x": "$out/$(x)"}}, "s.outputs.x: '$out/$(x)' has a sign that bash reads as something else"),
        ({"outputs": {"x": 3}}, "s.outputs.x: the path is a text, not 3; write '$out/x'"),
        ({"outputs": {"x": "$out/a", "y": "$out/a"}}, "s.outputs.y: 'x' is written to $out/a as well"),
        ({"outputs": ["x"]}, "s.outputs: this is a mapping of names, not ['x']"),
        ({"inputs": {"1x": ""}}, "s.inputs: '1x' is no name"),
        ({"inputs": {"a-b": "", "a_b": ""}}, "s.inputs: 'a_b' and 'a-b' are the same name"),
        ({"params": {"p": [1]}}, "s.params.p: a parameter is a text, a number or a truth value, not a list"),
        ({"pname": "a b"}, "a b.pname: 'a b' cannot be part of a folder's name"),
        ({"pname": lambda params: None}, "s.pname: None cannot be part of a folder's name"),
        ({"pname": lambda params: params.x}, "s.pname: AttributeError: 'x' is not one of the stage's params; none are"),
        ({"pname": "a" * 121}, f"{'a' * 121}.pname: '{'a' * 59}… cannot be part of a folder's name; use at most 120"),
        ({"version": 2}, "s.version: 2 cannot be part of a folder's name"),
        ({"run_dependencies": "jq"}, "s.run_dependencies: 'jq' is no list of commands; write ['python3', 'jq']"),
        ({"environment": "uv.lock"}, "s.environment: 'uv.lock' is no environment; write uv('uv.lock')"),
        ({"resources": {"cpu": 1}}, "s.resources.cpu: unknown resource 'cpu'; did you mean 'cpus'?"),
        ({"resources": {"mem": 4}}, "s.resources.mem: 4 is no amount of memory; write a number and its unit"),
        ({"resorces": {}}, "s: unknown attribute 'resorces'; did you mean 'resources'?"),
    ],
)
def test_attributes_that_cannot_be(attributes: dict[str, Any], told: str) -> None:
    @stage(**attributes)
    def s() -> str:
        return "true"

    message = mistakes(Run("r", s))[0]
    assert message.startswith(told)


def test_each_resource_that_cannot_be_is_told() -> None:
    @stage(resources={"cpu": 1, "mem": "lots", "cpus": 0})
    def s() -> str:
        return "true"

    told = [one.split(":")[0] for one in mistakes(Run("r", s))]
    assert told == ["s.resources.cpu", "s.resources.mem", "s.resources.cpus"]

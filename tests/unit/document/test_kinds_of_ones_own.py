"""Kinds that somebody else has written are read like ours."""

from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar

import msgspec

from stageline.document.schema import json_schema
from stageline.stages.base import BaseNestedStage, BaseStage
from stageline.stages.bash import BashStage
from stageline.stages.definition import StageDefinition
from tests.unit.document.reading import mistake, mistakes, workflow


class GreetingStage(BaseStage):
    """Told by its name."""

    greeting: str
    times: Annotated[int, msgspec.Meta(ge=1, le=3)] = 1


class PingStage(BaseStage):
    """Told by a field of its own."""

    body: ClassVar[str] = "ping"

    ping: str


class LoudBashStage(BashStage):
    """Inherits the body of another kind, so its own name tells it."""

    volume: int = 1


class RemoteBashStage(BashStage):
    """The body of another kind, and a key that only this one has."""

    remote: str
    port: int = 22


class ThriceStage(BaseNestedStage):
    """Holds others, and does not say what they see."""

    body: ClassVar[str] = "thrice"
    nested: ClassVar[tuple[str, ...]] = ("thrice",)

    thrice: list[StageDefinition]

    def inner(self) -> Mapping[str, Sequence[StageDefinition]]:
        return {"thrice": self.thrice}


def test_a_kind_without_a_body_is_told_by_its_name() -> None:
    (one,) = workflow("stages: [{name: a, id: g, greeting: {greeting: hello, times: 2}}]").stages
    assert isinstance(one, GreetingStage)
    assert (one.greeting, one.times, one.id) == ("hello", 2, "g")


def test_a_kind_with_a_body_stands_flat() -> None:
    (one,) = workflow("stages: [{name: a, ping: example.org}]").stages
    assert isinstance(one, PingStage)


def test_an_inherited_body_is_not_the_kinds_own() -> None:
    loud, plain = workflow("stages: [{name: a, loud-bash: {bash: ls, volume: 3}}, {name: b, bash: ls}]").stages
    assert isinstance(loud, LoudBashStage)
    assert type(plain) is BashStage


def test_a_kind_with_the_body_of_another_is_told_by_what_only_it_must_have() -> None:
    remote, plain = workflow("stages: [{name: a, bash: ls, remote: host, port: 23}, {name: b, bash: ls}]").stages
    assert isinstance(remote, RemoteBashStage)
    assert type(plain) is BashStage
    told = mistake("stages: [{name: a, bash: ls, port: 23}]")
    assert told.startswith("1:30: stages[0].port: 'port' has no meaning beside 'bash'; it belongs to 'remote'")
    assert mistake("stages: [{name: a, remote: x}]") == "1:10: stages[0]: the key 'bash' is missing; write 'bash: …'"


def test_a_kind_that_does_not_say_what_is_seen_inside_is_believed() -> None:
    workflow("stages: [{name: a, thrice: [{name: b, echo: '${{ item }}'}]}]")


def test_its_fields_are_checked_at_their_places() -> None:
    text = "stages:\n- {name: a, greeting: {greting: x, times: 4}}\n- {name: b, greeting: {times: 1}, times: 3}\n"
    assert mistakes(text) == [
        "2:24: stages[0].greeting.greting: unknown key 'greting'; did you mean 'greeting'?",
        "2:43: stages[0].greeting.times: expected a whole number from 1 to 3, found the number 4",
        "3:3: stages[1]: the key 'greeting' is missing; write 'greeting: …'",
        "3:35: stages[1].times: unknown key 'times'; did you mean 'timeout'?",
    ]


def test_a_key_of_two_kinds_is_nobodys() -> None:
    class OtherPing(BaseStage):
        body: ClassVar[str] = "ping"

        ping: str

    told = mistake("stages: [{name: a, ping: x}]")
    assert "'ping' is the key of" in told
    assert "OtherPing" in told
    del OtherPing


def test_its_form_is_in_the_schema() -> None:
    schema = json_schema()["$defs"]
    assert schema["greeting-stage"]["properties"]["greeting"]["properties"]["times"]
    assert "ping" in schema["ping-stage"]["properties"]

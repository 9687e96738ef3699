"""The keys of a stage: dashes and underscores are one, unknown ones are told, and exactly one says what it does."""

import pytest

from stageline.load.fields import Fields, fields_of
from stageline.load.nodes import MapNode, plain
from stageline.load.problems import Problems
from stageline.load.read import collect_documents
from stageline.load.source import Source
from tests.unit.load.reading import at

COMMON = ("name", "id", "if", "needs", "retry")
BODIES = {
    "echo": ("sleep",),
    "bash": (),
    "run": (),
    "foreach": ("stages",),
    "stages": (),
    "case": (),
    "try": ("catch", "finally"),
}
KNOWN = (*COMMON, *BODIES, "max-workers", "match")


class Stage:
    """A stage as a schema would read it."""

    def __init__(self, text: str) -> None:
        self.problems = Problems()
        (node,) = collect_documents(Source("f", text), self.problems)
        assert isinstance(node, MapNode)
        self.fields: Fields = fields_of(node, self.problems)
        self.meant = self.fields.refuse_unknown(KNOWN, self.problems)
        self.body = self.fields.body(BODIES, self.problems, self.meant)

    @property
    def told(self) -> list[str]:
        return [str(problem).removeprefix("f:") for problem in self.problems.error().problems]


@pytest.mark.parametrize("spelling", ["max-workers", "max_workers"])
def test_dashes_and_underscores_are_the_same(spelling: str) -> None:
    stage = Stage(f"bash: x\n{spelling}: 3\n")
    assert stage.told == []
    assert stage.fields.get("max-workers") is stage.fields.get("max_workers") is not None
    assert stage.fields.get("min-workers") is None


def test_both_spellings_in_one_map_are_refused_with_both_places() -> None:
    stage = Stage("bash: x\nmax-workers: 3\nmax_workers: 4\n")
    told = "3:1: max_workers: the keys 'max_workers' and 'max-workers' (at 2:1) are the same; keep one of them"
    assert stage.told == [told]


def test_a_key_wins_over_a_merged_one_in_the_other_spelling() -> None:
    problems = Problems()
    (node,) = collect_documents(Source("f", "- &base {max_workers: 3}\n- <<: *base\n  max-workers: 4\n"), problems)
    stage = at(node, 1)
    assert isinstance(stage, MapNode)
    value = fields_of(stage, problems).get("max-workers")
    assert value is not None
    assert plain(value) == 4
    assert len(problems) == 0


def test_an_unknown_key_offers_the_closest() -> None:
    assert Stage("bash: x\nretyr: 1\n").told == ["2:1: retyr: unknown key 'retyr'; did you mean 'retry'?"]
    assert Stage("bash: x\nmax_worker: 1\n").told[0].endswith("did you mean 'max-workers'?")


def test_an_unknown_key_like_no_other_hears_what_there_is() -> None:
    (told,) = Stage("bash: x\nzzz: 1\n").told
    assert told.startswith("2:1: zzz: unknown key 'zzz'; known here: 'bash', 'case', ")
    assert told.endswith(f" and {len(KNOWN) - 12} more")
    assert told.count("'") == 2 + 2 * 12


def test_a_key_that_is_an_expression_needs_quotes() -> None:
    stage = Stage("bash: x\n${{ item }}: y\n")
    assert stage.told == ['2:1: "${{ item }}": this reads as a key, for a colon follows; put the whole text in quotes']


def test_one_key_says_what_a_stage_does() -> None:
    for text in ("bash: x", "foreach: [1]\nstages: []", "stages: []", "sleep: 1\necho: x", "try: []\nfinally: []"):
        stage = Stage(text)
        assert stage.body is not None
        assert stage.body.key.text in BODIES


@pytest.mark.parametrize(
    ("text", "body"),
    [("foreach: [1]\nstages: []", "foreach"), ("stages: []\nforeach: [1]", "foreach"), ("stages: []", "stages")],
)
def test_a_body_may_need_another_beside_it(text: str, body: str) -> None:
    stage = Stage(text)
    assert stage.body is not None
    assert stage.body.key.text == body
    assert stage.told == []


def test_two_bodies_are_told_at_the_second() -> None:
    stage = Stage("name: x\nrun: y\nbash: z\n")
    assert stage.body is None
    assert stage.told == ["3:1: bash: 'bash' says what this does, and so does 'run' in line 2; keep one of them"]


def test_no_body_is_told_with_what_there_could_be() -> None:
    stage = Stage("name: x\n")
    assert stage.body is None
    assert stage.told == [
        "1:1: no key says what this does; write one of 'echo', 'bash', 'run', 'foreach', 'stages', 'case' or 'try'"
    ]


def test_a_body_that_is_mistyped_is_told_once() -> None:
    assert Stage("name: x\nbahs: y\n").told == ["2:1: bahs: unknown key 'bahs'; did you mean 'bash'?"]


def test_missing_keys_are_told_at_the_map() -> None:
    stage = Stage("bash: x\nnane: y\n")
    assert not stage.fields.require(("name", "id"), stage.problems, stage.meant)
    assert stage.told == [
        "1:1: the key 'id' is missing; write 'id: …'",
        "2:1: nane: unknown key 'nane'; did you mean 'name'?",
    ]
    assert stage.fields.require(("bash",), stage.problems)


def test_where_no_keys_are_known_that_is_said() -> None:
    problems = Problems()
    (node,) = collect_documents(Source("f", "a: 1\n"), problems)
    assert isinstance(node, MapNode)
    fields_of(node, problems).refuse_unknown((), problems)
    assert str(problems.error().problems[0]) == "f:1:1: a: unknown key 'a'; there are no keys here"

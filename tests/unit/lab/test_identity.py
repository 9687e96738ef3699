"""What a job's id is the hash of: an encoding in which different things never look alike."""

import unicodedata
from hashlib import sha256
from typing import Any

import pytest
from msgspec.structs import replace

from stageline.lab.identity import branch_id, digest_of, encode, part_id, read_at_run_time, traceless
from stageline.lab.model import Environment, FromJob, FromScatter, Ingredients, Param

COMPOSED, TAKEN_APART = (unicodedata.normalize(form, "é") for form in ("NFC", "NFD"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        (1, 1.0),
        (1, "1"),
        (1.0, "1.0"),
        (True, "true"),
        (None, ""),
        (None, False),
        (0.0, -0.0),
        (2**64, 2.0**64),
        (2**64, 2**64 + 1),
        (-1, 1),
        ("", []),
        ([], {}),
        (["ab"], ["a", "b"]),
        ([["a"], "b"], [["a", "b"]]),
        ([1, 2], [2, 1]),
        ({"a": 1}, [["a", 1]]),
        ({"a": {"b": 1}}, {"a": {}, "b": 1}),
        (COMPOSED, TAKEN_APART),
        ("s1:a", ["a"]),
        ("a\0", "a"),
    ],
)
def test_different_values_have_different_encodings(one: object, other: object) -> None:
    assert encode(one) != encode(other)


def test_the_order_of_keys_does_not_matter_and_a_tuple_is_a_list() -> None:
    assert encode({"a": 1, "b": [1, 2]}) == encode({"b": (1, 2), "a": 1})


def test_what_has_no_encoding_is_refused() -> None:
    with pytest.raises(TypeError, match="a set has no encoding"):
        encode({1})


def test_an_id_is_the_same_on_every_machine_and_in_every_version() -> None:
    of = Ingredients(
        pname="train",
        version="1.0",
        script='train --lr 0.1 "${inputs[data]}"\n',
        environment=Environment(kind="uv", tools=("python3",), path="/anywhere/uv.lock", digest="abc"),
        params={"lr": Param(0.1), "seed": Param(3), "data": Param("/d", "fed")},
        inputs={"data": FromJob("0" * 32, "table"), "shared": FromScatter("1" * 32, "x")},
        outputs={"model": "$out/model"},
    )
    assert part_id(of) == "5732779d3c80ad424659b7d74be2ee6d"


def test_the_hash_is_the_first_half_of_sha256_over_the_encoding() -> None:
    value = {"b": [1, True, None], "a": "é", "c": 0.5}
    text = b"m3:s1:as2:\xc3\xa9s1:bl3:i1;t;n;s1:cd0x1.0000000000000p-1;"
    assert encode(value) == text
    assert digest_of(value) == sha256(text).hexdigest()[:32]


@pytest.mark.parametrize(
    ("param", "default", "leaves_no_trace"),
    [
        (Param(1), 1, True),
        (Param(0.0), 0.0, True),
        (Param(-0.0), 0.0, False),
        (Param(1.0), 1, False),
        (Param(True), 1, False),
        (Param("a"), "b", False),
        (Param("/data", "digest of what is there"), "/data", False),
        (Param(1), None, False),
    ],
)
def test_only_the_very_default_leaves_no_trace(param: Param, default: object, leaves_no_trace: bool) -> None:
    assert traceless("true", {"p": param}, {"p": default}) == (("p",) if leaves_no_trace else ())
    assert traceless('echo "${params[p]}"', {"p": param}, {"p": default}) == ()


def test_a_branch_is_its_step_its_item_and_what_came_before() -> None:
    ids = {
        branch_id("step", {"index": 0}),
        branch_id("step", {"index": 1}),
        branch_id("step", {"index": 0}, ["before"]),
        branch_id("other", {"index": 0}),
    }
    assert len(ids) == 4
    assert branch_id("step", {"a": 1, "b": 2}) == branch_id("step", {"b": 2, "a": 1})


@pytest.mark.parametrize(
    ("script", "read"),
    [
        ("echo 1", ""),
        ('echo "${params[a]}"', "a"),
        ("echo ${params['a']} ${params[\"b\"]}", "ab"),
        ("echo ${#params[a]}", "a"),
        ("for k in ${!params[@]}; do echo; done", "abc"),
        ('echo "${params[$name]}"', "abc"),
        ("declare -p params", "abc"),
        ("source lib.sh", "abc"),
        ('. "${inputs[lib]}"', "abc"),
        ("eval echo x", "abc"),
        ("echo ${!name}", "abc"),
        ("set | grep a", "abc"),
        ("set -x; echo a", ""),
        ("train --hyperparams 3", ""),
        ("train --params 3", "abc"),
    ],
)
def test_which_parameters_a_script_may_read_while_it_runs(script: str, read: str) -> None:
    assert read_at_run_time(script, "abc") == frozenset(read)


@pytest.mark.parametrize(
    "other", [{"extras": ("plot",)}, {"groups": ("plot",)}, {"own": "abc"}, {"extras": ("a",), "groups": ("b",)}]
)
def test_extras_groups_and_own_packages_are_part_of_an_id(other: dict[str, Any]) -> None:
    lock = Environment(kind="uv", digest="abc")
    of = Ingredients(pname="train", version="1", script="", environment=lock)
    more = replace(of, environment=replace(lock, **other))
    assert part_id(more) != part_id(of)
    assert part_id(
        replace(more, environment=replace(lock, **{name: type(one)() for name, one in other.items()}))
    ) == part_id(of)

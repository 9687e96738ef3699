"""Each ingredient of an id changes exactly the jobs it should: its own, and all that need them. No more changes any."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stageline.lab.identity import encode
from tests.property.labs import SCALARS, Piece, World, ids, planned, worlds

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
Turn = Callable[[Piece], dict[str, Any]]

TURNS: dict[str, Turn] = {
    "script": lambda piece: {"text": piece.text + " --more"},
    "pname": lambda piece: {"pname": piece.pname + "-renamed"},
    "version": lambda piece: {"version": "2.0"},
    "tools": lambda piece: {"tools": (*piece.tools, "jq")},
    "environment": lambda piece: {"lock": "" if piece.lock else "uv.lock"},
    "a version of Python": lambda piece: {"lock": "uv.lock", "chosen": {"python": "3.99"}},
    "an extra": lambda piece: {"lock": "uv.lock", "chosen": {"extras": ("plot",)}},
    "a group": lambda piece: {"lock": "uv.lock", "chosen": {"groups": ("plot",)}},
    "a parameter that it is given": lambda piece: {
        "params": {**piece.params, "z": 1},
        "values": {**piece.values, "z": 2},
    },
    "a parameter that it reads": lambda piece: {"params": {**piece.params, "z": 1}, "read": (*piece.read, "z")},
    "a wire": lambda piece: {"needs": piece.needs[1:]} if piece.needs else {"file": "" if piece.file else "in.txt"},
    "a file by another name": lambda piece: {"file": "other.txt"},
    "outputs": lambda piece: {"output": "other"},
}
FILES = {"/lab/other.txt": "text"}


@pytest.mark.parametrize("what", TURNS)
@settings(max_examples=40, deadline=None)
@given(world=worlds(), data=st.data())
def test_an_ingredient_changes_its_job_and_all_that_need_it(what: str, world: World, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(world.pieces) - 1))
    world = msgspec.structs.replace(world, files={**world.files, **FILES})
    turned = world.changed(at, **TURNS[what](world.pieces[at]))
    assert differing(world, turned) == world.after(at)


@settings(max_examples=100, deadline=None)
@given(world=worlds(), data=st.data())
def test_a_value_changes_the_jobs_of_its_stage_and_all_that_need_it(world: World, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(world.pieces) - 1))
    piece = world.pieces[at]
    for name, default in piece.params.items():
        value = data.draw(SCALARS)
        before = piece.values.get(name, default)
        turned = world.changed(at, values={**piece.values, name: value})
        assert differing(world, turned) == (set() if encode(before) == encode(value) else world.after(at))


@pytest.mark.parametrize(("file", "field"), [("/lab/uv.lock", "lock"), ("/lab/src", "lock"), ("/lab/in.txt", "file")])
@settings(max_examples=40, deadline=None)
@given(world=worlds())
def test_the_content_of_a_file_changes_those_that_name_it_and_all_that_need_them(
    file: str, field: str, world: World
) -> None:
    turned = msgspec.structs.replace(world, files={**world.files, file: "changed"})
    naming = [number for number, piece in enumerate(world.pieces) if getattr(piece, field)]
    assert differing(world, turned) == {one for number in naming for one in world.after(number)}


@settings(max_examples=60, deadline=None)
@given(world=worlds())
def test_order_names_of_runs_and_functions_and_groups_change_nothing(world: World) -> None:
    turned = msgspec.structs.replace(world, run="renamed", groups=("g",), backwards=True)
    assert ids(world) == ids(turned)


@settings(max_examples=60, deadline=None)
@given(world=worlds(), data=st.data())
def test_resources_and_a_parameter_with_a_default_change_nothing(world: World, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(world.pieces) - 1))
    turned = world.changed(
        at, params={**world.pieces[at].params, "z": data.draw(SCALARS)}, resources={"cpus": 3, "network": True}
    )
    assert ids(world) == ids(turned)


@settings(max_examples=60, deadline=None)
@given(world=worlds(), defaults=st.tuples(SCALARS, SCALARS), read=st.booleans(), data=st.data())
def test_another_default_changes_the_jobs_that_read_it_while_they_run(
    world: World, defaults: tuple[Any, Any], read: bool, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(world.pieces) - 1))
    piece = world.pieces[at]
    one, other = (
        world.changed(at, params={**piece.params, "z": default}, read=(*piece.read, *("z" * read)))
        for default in defaults
    )
    changes = read and encode(defaults[0]) != encode(defaults[1])
    assert differing(one, other) == (world.after(at) if changes else set())


@settings(max_examples=60, deadline=None)
@given(world=worlds(), data=st.data())
def test_a_default_that_is_given_is_the_same_as_one_that_is_not(world: World, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(world.pieces) - 1))
    bare = world.changed(at, values={})
    assert ids(bare) == ids(bare.changed(at, values=dict(world.pieces[at].params)))


@settings(max_examples=60, deadline=None)
@given(world=worlds(), points=st.lists(SCALARS, min_size=2, max_size=4), data=st.data())
def test_a_further_point_of_a_sweep_changes_none_that_was_there(
    world: World, points: list[Any], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(world.pieces) - 1))
    world = world.changed(at, params={**world.pieces[at].params, "z": points[0]})
    each = [set(planned(world, {"z": [point]}).jobs) for point in points]
    assert set(planned(world, {"z": points}).jobs) == set().union(*each)
    assert set(planned(world).jobs) == each[0]


@settings(max_examples=60, deadline=None)
@given(world=worlds())
def test_a_further_stage_changes_none_that_was_there(world: World) -> None:
    last = Piece(needs=(0,), params={}, pname="further")
    more = msgspec.structs.replace(world, pieces=(*world.pieces, last))
    assert ids(more)[:-1] == ids(world)


@settings(max_examples=500)
@given(PLAIN, PLAIN)
def test_encodings_are_equal_when_values_are(one: Any, other: Any) -> None:
    assert (encode(one) == encode(other)) == (typed(one) == typed(other))
    assert encode(one) == encode(msgspec.json.decode(msgspec.json.encode(one))) or not survives(one)


def typed(value: Any) -> Any:
    """The value so that Python's own equality tells types and signs apart."""
    match value:
        case dict():
            return {key: typed(item) for key, item in value.items()}
        case list():
            return [typed(item) for item in value]
        case _:
            return (type(value), repr(value))


def survives(value: Any) -> bool:
    """Is the value the same after JSON?"""
    try:
        return bool(typed(msgspec.json.decode(msgspec.json.encode(value))) == typed(value))
    except (OverflowError, UnicodeEncodeError):
        return False


def differing(one: World, other: World) -> set[int]:
    """The stages whose jobs have other ids."""
    return {at for at, (before, after) in enumerate(zip(ids(one), ids(other), strict=True)) if before != after}

"""The values a run gives: all multiplied, zipped ones together, without what is excluded."""

import pytest

from stageline.lab import Run, dirs, files, pipeline, range_, stage, zip_
from stageline.lab.view import View
from tests.unit.lab.labs import HERE, body, jobs, mistakes, plan, values


@stage(outputs={"x": "$out/x"}, params={"a": 0, "b": 0, "c": 0})
def work(params: View) -> str:
    return f"echo {params.a} {params.b} {params.c} > $out/x"


@stage(outputs={"y": "$out/y"}, params={"a": 0})
def other(params: View) -> str:
    return f"echo {params.a} > $out/y"


@pipeline
def both() -> None:
    work()
    other()


def swept(run: Run) -> list[tuple[object, ...]]:
    return [tuple(values(job).values()) for job in jobs(plan(run), "work")]


def test_values_are_multiplied_the_last_key_fastest() -> None:
    found = swept(Run("r", work, params={"a": [1, 2], "b": range_(1, 2), "c": 9}))
    assert found == [(1, 1, 9), (1, 2, 9), (2, 1, 9), (2, 2, 9)]


def test_zipped_values_go_together() -> None:
    found = swept(Run("r", work, params={"c": [5, 6], **zip_({"work.a": [1, 2]}, b=[3, 4])}))
    assert found == [(1, 3, 5), (2, 4, 5), (1, 3, 6), (2, 4, 6)]


def test_excluded_combinations_are_left_out() -> None:
    params = {"a": [1, 2], "b": [1, 2]}
    assert swept(Run("r", work, params=params, exclude={"a": 1, "b": 2})) == [(1, 1, 0), (2, 1, 0), (2, 2, 0)]
    assert swept(Run("r", work, params=params, exclude=[{"a": 1}, lambda p: p["b"] == 1])) == [(2, 2, 0)]


def test_a_key_reaches_all_that_declare_it_or_one_stage() -> None:
    made = plan(Run("r", both, params={"a": [1, 2], "work.a": 7}))
    assert [values(job)["a"] for job in jobs(made, "work")] == [7]
    assert [values(job)["a"] for job in jobs(made, "other")] == [1, 2]


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ((1, 4), [1, 2, 3, 4]),
        ((0.1, 0.5, 0.1), [0.1, 0.2, 0.3, 0.4, 0.5]),
        ((3, 1, -1), [3, 2, 1]),
        ((1, 2, 0.5), [1.0, 1.5, 2.0]),
        ((2, 1), []),
        ((1, 6, 2), [1, 3, 5]),
    ],
)
def test_a_range_has_both_its_ends(given: tuple[float, ...], found: list[float]) -> None:
    made = range_(*given)
    assert made == found
    assert [type(one) for one in made] == [type(one) for one in found]


def test_files_are_values_whose_content_counts() -> None:
    run = Run("r", work, params={"a": files("*.csv")})
    one, two = jobs(plan(run, files={"1.csv": "A", "2.csv": "B", "x.txt": "C"}), "work")
    changed, same = jobs(plan(run, files={"1.csv": "Z", "2.csv": "B"}), "work")
    assert values(one)["a"] == f"{HERE}/1.csv"
    assert one.params["a"].digest == "A"
    assert (changed.id != one.id, same.id == two.id) == (True, True)


def test_values_that_are_written_the_same_are_different_jobs_when_their_types_differ() -> None:
    made = plan(Run("r", work, params={"a": [1, 1.0, "1", True]}))
    assert len({job.id for job in jobs(made, "work")}) == 4
    assert len({body(job).script for job in jobs(made, "work")}) == 3


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"d": 1}, "r.params.d: no stage of this run declares a parameter 'd'; declared: a, b, c"),
        ({"wrk.a": 1}, "r.params.wrk.a: no stage of this run declares a parameter 'wrk.a'; did you mean 'work.a'?"),
        ({"a": []}, "r.params.a: there is no value, so there would be no job; give one at least"),
        ({"a": {1, 2}}, "r.params.a: a set has no order of values; write a list"),
        ({"a": [{}]}, "r.params.a: a parameter is a text, a number or a truth value, not a dict"),
        ({"a": [None]}, 'r.params.a: a parameter cannot be None; write "" for nothing'),
        ({"a": float("nan")}, 'r.params.a: a number is finite, not nan; write "nan" as text'),
        ({"a": 2**63}, "r.params.a: a whole number has at most 63 bits; write a larger one as text"),
        ({"a": "x\0"}, "r.params.a: a text for bash holds no NUL character"),
        ({"a": files("*.csv")}, "r.params.a: no file matches '*.csv'; patterns begin beside this file"),
        ({"a": dirs("x*")}, "r.params.a: no folder matches 'x*'; patterns begin beside this file"),
        (zip_(a=[1], b=[1, 2]), "r.params: zip_ needs as many values for each key: 'a' has 1, 'b' has 2"),
        ({"a": 1, "work.a": 2}, "r.params.a: 'a' reaches no stage"),
    ],
)
def test_values_that_cannot_be(params: dict[str, object], message: str) -> None:
    (told,) = mistakes(Run("r", work, params=params))
    assert told.startswith(message)


@pytest.mark.parametrize(
    ("exclude", "message"),
    [
        ({"b": 1}, "r.exclude: 'b' has no values in this run"),
        ({"a": "1"}, "r.exclude: 'a' is never '1' in this run; write a value as it stands in params"),
        ([3], "r.exclude: 3 excludes nothing"),
        (lambda p: p["a"] < 5, "r.exclude: every combination is excluded; keep one at least"),
        (lambda p: p["z"], "r.exclude: KeyError: z"),
    ],
)
def test_exclusions_that_cannot_be(exclude: object, message: str) -> None:
    told = mistakes(Run("r", work, params={"a": [1, 2]}, exclude=exclude))  # type: ignore[arg-type]
    assert told[0].startswith(message)


def test_more_combinations_than_a_lab_holds_are_refused_before_they_are_made() -> None:
    (told,) = mistakes(Run("r", work, params={"a": range_(1, 1001), "b": range_(1, 1000)}))
    assert told == (
        "r.params: its lists make 1,001,000 combinations, and a Lab holds 1,000,000 at most; "
        "zip_ lists, or make several Labs"
    )


def test_a_range_that_is_longer_is_not_made_either() -> None:
    with pytest.raises(ValueError, match="1,000,000 numbers at most, and this one 100,000,000,000"):
        range_(1, 10**11)


def test_a_parameter_without_a_default_must_be_given() -> None:
    @stage(outputs={"x": "$out/x"}, params={"seed": None})
    def needy(params: View) -> str:
        return f"echo {params.seed} > $out/x"

    assert mistakes(Run("r", needy)) == [
        "r.params: 'needy' needs a value for 'seed', and nobody gives one; write params={\"seed\": …}"
    ]
    assert [values(job) for job in jobs(plan(Run("r", needy, params={"seed": 3})), "needy")] == [{"seed": 3}]


def test_a_pname_that_two_stages_have_names_neither() -> None:
    @stage(pname="work", outputs={"z": "$out/z"}, params={"a": 0})
    def again() -> str:
        return "true"

    assert len(plan(Run("r", [work, again], params={"a": 1})).jobs) == 2
    (told,) = mistakes(Run("r", [work, again], params={"work.a": 1}))
    assert told.startswith("r.params.work.a: two stages of this run have the pname 'work', at ")

"""From a list of stages to the graph that the engine runs."""

import pytest

from stageline.errors import DocumentError
from stageline.model.retry import Retry
from stageline.stages.approval import ApprovalStage
from stageline.stages.bash import BashStage
from stageline.stages.definition import StageDefinition
from stageline.stages.docker import DockerStage
from stageline.stages.empty import EmptyStage
from stageline.stages.group import GroupStage
from stageline.stages.inner import named
from stageline.stages.isolation import Isolation
from stageline.stages.lower import Defaults, lower, refs_of, walk
from stageline.stages.runs_on import RunsOn


def empty(name: str, **fields: object) -> EmptyStage:
    return EmptyStage(name=name, **fields)  # type: ignore[arg-type]


def test_each_stage_follows_the_one_before_it() -> None:
    chain = lower([empty("a"), empty("b"), empty("c")])
    assert [(one.ref_id, one.requisite_stage_ref_ids) for one in chain] == [("a", ()), ("b", ("a",)), ("c", ("b",))]


def test_needs_make_a_graph_and_none_make_a_root() -> None:
    graph = lower([empty("a"), empty("b", needs=[]), empty("c", needs=["a", "b"])])
    assert [one.requisite_stage_ref_ids for one in graph] == [(), (), ("a", "b")]


def test_needs_know_a_stage_by_its_name_too() -> None:
    assert lower([empty("Get it"), empty("b", needs=["Get it"])])[1].requisite_stage_ref_ids == ("get-it",)


def test_a_need_that_is_no_stage_is_named_with_what_was_meant() -> None:
    with pytest.raises(
        DocumentError, match="stage 'b': needs 'extrakt', which is no stage here; did you mean 'extract'"
    ):
        lower([empty("extract"), empty("b", needs=["extrakt"])])


@pytest.mark.parametrize(
    ("names", "refs"),
    [
        (["Say hello!"], ["say-hello"]),
        (["Process ${{ item }}"], ["process"]),
        (["${{ item }}"], ["stage"]),
        (["a", "A", "a"], ["a", "a-2", "a-3"]),
        (["Größe"], ["größe"]),
        (["x" * 300], ["x" * 110]),
    ],
)
def test_a_stage_without_an_id_is_called_after_its_name(names: list[str], refs: list[str]) -> None:
    assert refs_of([empty(name) for name in names]) == refs


def test_an_id_is_never_taken_by_a_name() -> None:
    assert refs_of([empty("a"), empty("b", id="a")]) == ["a-2", "a"]


def test_only_what_was_written_is_kept_and_placeholders_are_noted() -> None:
    (execution,) = lower([empty("x", echo="${{ params.a }}", condition="${{ params.b }}", desc="words")])
    assert execution.context == {"echo": "${{ params.a }}", "if": "${{ params.b }}", "dynamic": ["echo"]}
    assert execution.type == "stage.empty"


def test_placeholders_in_a_table_are_noted_too() -> None:
    isolation = Isolation("${{ params.engine }}", image="x")  # type: ignore[arg-type]
    (stage,) = lower([BashStage(name="x", bash="true", runtime=isolation)])
    assert stage.context["dynamic"] == ["runtime"]


def test_stages_inside_are_lowered_with_their_stage() -> None:
    (execution,) = lower([GroupStage(name="g", stages=[empty("a"), empty("b")])])
    inner = execution.context["inner"]["stages"]
    assert [(one["ref_id"], one.get("requisite_stage_ref_ids", ())) for one in inner] == [("a", ()), ("b", ("a",))]


def test_defaults_are_for_those_that_say_nothing_and_do_not_wait_for_others() -> None:
    defaults = Defaults(timeout=60, retry_delay=7, place=lambda stage: f"{stage.name}.yml:1")
    stages = [
        BashStage(name="a", bash="true", retry=2),
        BashStage(name="b", bash="true", timeout=5, retry=Retry(1, delay=1)),
        GroupStage(name="c", stages=[empty("d")]),
        ApprovalStage(name="e", approval="?"),
    ]
    lowered = lower(stages, defaults)
    assert [one.timeout for one in lowered] == [60, 5, None, None]
    assert [one.retry for one in lowered[:2]] == [Retry(2, delay=7), Retry(1, delay=1)]
    assert [one.context["at"] for one in lowered] == ["a.yml:1", "b.yml:1", "c.yml:1", "e.yml:1"]


def test_names_are_filled_in_as_far_as_they_can_be() -> None:
    stages = lower([empty("Deploy to ${{ item }}"), empty("${{ nothing.there }}"), empty("plain")])
    assert [one.name for one in named(stages, {"item": "dev"})] == ["Deploy to dev", "${{ nothing.there }}", "plain"]


def test_all_stages_are_found_those_inside_too() -> None:
    group = GroupStage(name="g", stages=[empty("a"), GroupStage(name="h", stages=[empty("b")])])
    assert [stage.name for stage in walk([group, empty("c")])] == ["g", "a", "h", "b", "c"]


def test_a_place_holds_for_all_that_stands_inside() -> None:
    inner: list[StageDefinition] = [
        BashStage(name="a", bash="a"),
        BashStage(name="b", bash="b", runs_on="local"),
        empty("c"),
    ]
    (group,) = lower([GroupStage(name="g", stages=inner, runs_on="cluster")], Defaults(timeout=9))
    assert "runs-on" not in group.context
    moved, here, nothing = group.context["inner"]["stages"]
    assert (moved["type"], moved["context"]["runs-on"]) == ("stage.bash.elsewhere", {"target": "cluster"})
    assert "timeout" not in moved  # it may wait for others
    assert (here["type"], here["timeout"]) == ("stage.bash", 9)
    assert nothing["type"] == "stage.empty"


def test_what_runs_here_only_is_refused_elsewhere() -> None:
    with pytest.raises(DocumentError, match=r"a docker stage cannot run on slurm; write 'runs-on: local' on it"):
        lower([DockerStage(name="d", image="i", runs_on=RunsOn(scheduler="slurm"))])

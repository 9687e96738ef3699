"""Which stages form a workflow. Mistakes are told all at once, each with its remedy."""

from typing import Any

import pytest

from stageline.errors import GraphError
from stageline.model.join import Join
from stageline.model.stage import StageExecution, TaskExecution
from stageline.model.workflow import Workflow


def stage(ref: str, *needs: str, **fields: Any) -> StageExecution:
    return StageExecution(**{"ref_id": ref, "type": "noop", "requisite_stage_ref_ids": needs, **fields})


def mistakes(*stages: StageExecution) -> str:
    with pytest.raises(GraphError) as refused:
        Workflow.create("w", stages)
    return str(refused.value)


def test_a_diamond_is_a_workflow() -> None:
    made = Workflow.create("w", [stage("d", "b", "c"), stage("b", "a"), stage("c", "a"), stage("a")])
    assert [each.ref_id for each in made.stages] == ["d", "b", "c", "a"]


def test_a_workflow_has_stages() -> None:
    assert mistakes() == "workflow 'w': it has no stages"


def test_an_unknown_ref_is_named_with_the_closest_known_one() -> None:
    message = mistakes(stage("extract"), stage("load", "extrakt"))
    assert message == "workflow 'w': stage 'load': requires 'extrakt', which is no stage; did you mean 'extract'?"


def test_an_unknown_ref_like_no_other_is_only_named() -> None:
    assert mistakes(stage("a"), stage("b", "zebra")).endswith("requires 'zebra', which is no stage")


def test_a_duplicate_is_named_with_both_positions() -> None:
    message = mistakes(stage("a"), stage("b"), stage("a"))
    assert message == "workflow 'w': stage 'a': the ref stands twice, at positions 1 and 3"


def test_a_stage_cannot_require_itself() -> None:
    assert mistakes(stage("a", "a")) == "workflow 'w': stage 'a': it requires itself"


def test_a_cycle_is_named_in_the_direction_of_the_data() -> None:
    message = mistakes(stage("start"), stage("a", "c", "start"), stage("b", "a"), stage("c", "b"))
    assert message == "workflow 'w': cycle: a -> b -> c -> a"


def test_a_cycle_is_found_behind_stages_that_have_none() -> None:
    message = mistakes(stage("a"), stage("b", "a"), stage("x", "b", "y"), stage("y", "x"))
    assert message in ("workflow 'w': cycle: x -> y -> x", "workflow 'w': cycle: y -> x -> y")


@pytest.mark.parametrize("ref", ["", "  "])
def test_a_blank_ref_is_refused(ref: str) -> None:
    assert "a ref is a text that is not blank" in mistakes(stage(ref))


@pytest.mark.parametrize("ref", ["a/b", "a\\b", ".", "..", ".hidden", "a\nb", "a\x00b"])
def test_a_ref_that_cannot_name_a_folder_is_refused(ref: str) -> None:
    assert "a ref is printable, has no slash and does not begin with a dot" in mistakes(stage(ref))


@pytest.mark.parametrize("ref", ["a", "a b", "größe", "a.b-c_d", "x" * 120])
def test_other_refs_are_fine(ref: str) -> None:
    assert Workflow.create("w", [stage(ref)]).stages[0].ref_id == ref


def test_a_ref_of_200_characters_is_refused_and_not_printed_whole() -> None:
    message = mistakes(stage("x" * 200))
    assert "the ref has 200 characters; at most 120 do as a name" in message
    assert "x" * 121 not in message


def test_a_stage_has_something_to_do() -> None:
    assert "it has neither a type nor tasks" in mistakes(stage("a", type=""))


def test_a_join_must_be_possible() -> None:
    message = mistakes(stage("a"), stage("b"), stage("j", "a", "b", join=Join.n_of(3)))
    assert message == "workflow 'w': stage 'j': join n_of(3) can never be met by 2 stages"


def test_the_first_task_of_a_stage_has_a_type() -> None:
    message = mistakes(stage("a", tasks=[TaskExecution("one", ""), TaskExecution("two", "")]))
    assert message.endswith("task 'one' has no type, and there is none before it that could choose one")


def test_flags_stand_at_the_ends() -> None:
    tasks = [TaskExecution.create("one", "noop", stage_end=True), TaskExecution.create("two", "noop", stage_start=True)]
    message = mistakes(stage("a", tasks=tasks))
    assert "task 'one' says stage_end, but is not the last" in message
    assert "task 'two' says stage_start, but is not the first" in message


def test_a_single_task_may_say_both() -> None:
    task = TaskExecution.create("only", "noop", stage_start=True, stage_end=True)
    assert Workflow.create("w", [stage("a", tasks=[task])]).stages[0].tasks == (task,)


def test_all_mistakes_are_told_at_once() -> None:
    message = mistakes(stage("a"), stage("a"), stage("b", "c"), stage("d", "d"), stage("e", type=""))
    *others, last = message.splitlines()
    assert others == [
        "workflow 'w':",
        "  stage 'a': the ref stands twice, at positions 1 and 2",
        "  stage 'b': requires 'c', which is no stage",
        "  stage 'd': it requires itself",
    ]
    assert last.startswith("  stage 'e': it has neither a type nor tasks, so there is nothing to do; a 'noop' type")


def test_of_very_many_mistakes_some_are_told_and_the_rest_counted() -> None:
    message = mistakes(*(stage(f"reading-{n}", f"source-{n}") for n in range(3_000)))
    assert len(message.splitlines()) == 22
    assert message.endswith("… and 2980 more")


def test_a_chain_of_100_000_stages_is_checked_without_recursion() -> None:
    chain = [stage("0"), *(stage(str(n), str(n - 1)) for n in range(1, 100_000))]
    assert len(Workflow.create("w", chain).stages) == 100_000


def test_a_cycle_of_10_000_stages_is_found() -> None:
    ring = [stage(str(n), str((n - 1) % 10_000)) for n in range(10_000)]
    assert mistakes(*ring).startswith("workflow 'w': cycle: 0 -> 1 -> 2 ->")

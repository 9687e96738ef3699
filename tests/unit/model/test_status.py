"""How the states of many become one, and which names mean the same state."""

import itertools

import pytest

from stageline.model.status import Status, WorkflowStatus, combine

S = Status


@pytest.mark.parametrize(
    ("statuses", "whole"),
    [
        ([S.SUCCEEDED, S.SUCCEEDED], S.SUCCEEDED),
        ([S.SUCCEEDED, S.SKIPPED], S.SUCCEEDED),
        ([S.SKIPPED, S.SKIPPED], S.SKIPPED),
        ([S.FAILED_CONTINUE, S.SKIPPED], S.SUCCEEDED),
        ([S.SUCCEEDED, S.NOT_STARTED], S.RUNNING),
        ([S.SKIPPED, S.SUSPENDED], S.RUNNING),
        ([S.SUCCEEDED, S.PAUSED], S.RUNNING),
        ([S.RUNNING, S.CANCELED], S.CANCELED),
        ([S.CANCELED, S.FAILED, S.RUNNING], S.FAILED),
        ([], S.SUCCEEDED),
    ],
)
def test_many_states_become_one(statuses: list[Status], whole: Status) -> None:
    for order in itertools.permutations(statuses):
        assert combine(order) is whole


@pytest.mark.parametrize(
    ("alias", "status"),
    [
        (S.WAIT, S.RUNNING),
        (S.SUCCESS, S.SUCCEEDED),
        (S.SKIP, S.SKIPPED),
        (S.CANCEL, S.CANCELED),
        (S.TERMINAL, S.FAILED),
    ],
)
def test_the_documents_words_are_the_same_states(alias: Status, status: Status) -> None:
    assert alias is status


def test_aliases_are_no_further_states() -> None:
    assert len(list(Status)) == 9
    assert WorkflowStatus is Status


def test_what_has_ended_and_what_lets_others_go_on() -> None:
    assert {status for status in Status if status.ended} == {
        S.SUCCEEDED,
        S.FAILED_CONTINUE,
        S.SKIPPED,
        S.FAILED,
        S.CANCELED,
    }
    assert {status for status in Status if status.met} == {S.SUCCEEDED, S.FAILED_CONTINUE, S.SKIPPED}

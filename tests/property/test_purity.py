"""Handlers are pure: the same graph and the same message give the same result, in any process."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stageline.engine.handlers import default_handlers
from stageline.engine.messages import CompleteTask, FireTimer, Message, RecoverWorkflow
from stageline.engine.run import Run
from stageline.model.join import Join
from stageline.model.plan import Plan, Scope
from stageline.model.result import TaskResult
from stageline.model.workflow import Workflow
from tests.property.workflows import REFS, commands, results, workflows
from tests.unit.engine.play import Play, counters, snapshot, stage

numbers = st.integers(0, 12)
messages = st.one_of(
    st.builds(CompleteTask, numbers, st.integers(1, 3), results(REFS)),
    st.builds(CompleteTask, numbers, st.integers(1, 3), st.just(TaskResult.success())),
    st.builds(FireTimer, numbers, st.integers(1, 3)),
    st.just(RecoverWorkflow()),
    commands(REFS),
)


def said(play: Play, message: Message) -> None:
    """Say it, unless it is about a stage that is not there."""
    if getattr(message, "stage", 0) in play.run.nodes:
        play.say(message)
        play.wait(1)


def loaded(play: Play) -> Run:
    run = Run(play.stored())
    run.now = play.run.now
    return run


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(workflow=workflows(), heard=st.lists(messages, max_size=15), last=messages)
def test_a_message_gives_the_same_result_however_the_run_came_to_be(
    workflow: Workflow, heard: list[Message], last: Message
) -> None:
    """The run that heard everything, and two that were loaded from what was written of it."""
    play = Play(workflow=workflow).start()
    for message in heard:
        said(play, message)
    runs = [loaded(play), loaded(play), play.run]
    assert counters(runs[0]) == counters(play.run)
    if getattr(last, "stage", 0) not in play.run.nodes:
        return
    answers = [list(default_handlers()[type(last)].handle(run, last)) for run in runs]
    assert answers[0] == answers[1] == answers[2]
    assert snapshot(runs[0])[:-1] == snapshot(runs[1])[:-1] == snapshot(runs[2])[:-1]
    assert runs[0].take_changes().events == runs[2].take_changes().events


def log_of_a_run() -> bytes:
    """The log of a run in which much happens, as text."""
    play = Play(
        *(stage(ref) for ref in REFS),
        stage("losers", *REFS[:4], join=Join.any(cancel_losers=True)),
        stage("end", "losers", *REFS[4:], join=Join.n_of(2)),
        on_failure="keep-going",
    ).start()
    log = list(play.events)
    play.succeed("d", set=sorted("xyz"))
    play.fail("e")
    play.answer("f", TaskResult.run_workflow(Workflow.create("c", [stage("x"), stage("y", "x")], id="c")))
    play.answer("g", TaskResult.run_stages(Plan(scopes=[Scope(key=key, stages=[stage("x")]) for key in "qrs"])))
    play.succeed("losers", "h", "g/r/x")
    return msgspec.json.encode([log, play.events, [str(effect) for effect in play.effects]])


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_nothing_depends_on_the_hashes_of_a_process(seed: str) -> None:
    code = "import sys; from tests.property.test_purity import log_of_a_run as run; sys.stdout.buffer.write(run())"
    paths = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)
    assert done.stdout == log_of_a_run()

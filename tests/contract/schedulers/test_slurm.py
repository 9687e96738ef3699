"""What happens to orders that are handed to a real Slurm."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from stageline.errors import Canceled, ConfigError, DocumentError
from stageline.model.failure import Cause
from stageline.model.resources import Resources
from stageline.schedulers.slurm import Slurm
from stageline.schedulers.slurm_argv import name_of
from stageline.schedulers.slurm_state import Element, Phase
from stageline.targets.cancellation import Cancellation
from stageline.targets.target import Order, Target, stdout_of
from tests.contract.schedulers.programs import KILL_AGENT, Programs
from tests.contract.targets.working import lives, pids_in, script, until

SMALL = Resources(cpus=1, mem=50 << 20, time=600)


def jobs_named(token: str, base: Path) -> int:
    """How many jobs, arrays counted once, have been submitted under this token."""
    argv = ["squeue", "-h", "-t", "all", "-o", "%F", f"--name={name_of(token, str(base))}"]
    return len(set(subprocess.run(argv, check=True, capture_output=True, text=True).stdout.split()))


def test_orders_are_carried_out_on_nodes_and_their_ends_are_told_apart(cluster: Slurm, slurm_nodes: list[str]) -> None:
    texts = {"a": 'cat; echo "$V|$1|$SLURMD_NODENAME|$PWD"', "b": "exit 7", "c": "kill -9 $$", "d": "true"}
    texts["e"] = "exit 137"
    orders = [
        Order(token=token, argv=("bash", "-c", text, "-", "it's"), env={"V": "a b\nc"}, stdin=b"in\0")
        for token, text in texts.items()
    ]
    submission = cluster.submit("w", orders, SMALL)
    elements = cluster.wait(submission, timeout=60)
    phases = [elements[token].phase for token in "abcde"]
    assert phases == [Phase.SUCCEEDED, Phase.FAILED, Phase.FAILED, Phase.SUCCEEDED, Phase.FAILED]
    said = cluster.target.read(stdout_of("a")).decode().split("|")
    assert said[:2] == ["in\0a b\nc", "it's"]
    assert said[2] in slurm_nodes
    assert said[3] == f"{cluster.target.base}/run/a\n"
    code, killed, exited = (elements[token].failure for token in "bce")
    assert code is not None
    assert (code.cause, code.code, code.log) == (Cause.EXIT, 7, "run/b/stderr")
    assert killed is not None
    assert (killed.cause, killed.name) == (Cause.SIGNAL, "KILL")
    assert exited is not None
    assert (exited.cause, exited.code) == (Cause.EXIT, 137)


def test_the_same_submission_again_submits_nothing(cluster: Slurm, base: Path) -> None:
    orders = [script(f"echo x >>'{base.parent}/log'; sleep 1", token) for token in "ab"]
    first = cluster.submit("again", orders, SMALL)
    other = Slurm(cluster.target)
    assert other.submit("again", orders, SMALL) == first
    assert all(element.phase is Phase.SUCCEEDED for element in cluster.wait(first, 60).values())
    assert other.submit("again", orders, SMALL) == first
    assert jobs_named("again.0", base) == 1
    assert (base.parent / "log").read_text() == "x\n" * 2


@pytest.mark.parametrize("at", ["before", "after"])
def test_a_submission_is_found_again_when_its_record_was_not_written(
    slurm: Slurm, programs: Programs, base: Path, at: str
) -> None:
    orders = [script(f"echo x >>'{base.parent}/log'")]
    programs.write("sbatch", **{at: KILL_AGENT + ("; exit" if at == "before" else "")})
    with pytest.raises(ConfigError, match="signal KILL"):
        slurm.submit("killed", orders, SMALL)
    assert jobs_named("killed.0", base) == (1 if at == "after" else 0)
    programs.write("sbatch")
    again = Slurm(slurm.target)
    submission = again.submit("killed", orders, SMALL)
    assert again.wait(submission, 60)["t1"].phase is Phase.SUCCEEDED
    assert jobs_named("killed.0", base) == 1
    assert (base.parent / "log").read_text() == "x\n"


def test_a_submission_by_two_at_a_time_is_made_once(slurm: Slurm, programs: Programs) -> None:
    programs.write("sbatch", before="sleep 1")
    orders = [script("true")]
    made: list[object] = []
    threads = [
        threading.Thread(target=lambda: made.append(Slurm(slurm.target).submit("two", orders, SMALL))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 3
    assert made.count(made[0]) == 3
    assert programs.calls("sbatch") == 1


def test_what_slurm_refuses_is_told_in_its_words_and_may_be_mended(slurm: Slurm) -> None:
    with pytest.raises(ConfigError, match=r"Slurm refuses the job: .*invalid partition"):
        slurm.submit("wrong", [script("true")], Resources(partition="none"))
    with pytest.raises(DocumentError, match="sbatch_opts"):
        slurm.submit("wrong", [script("true")], Resources(sbatch_opts=("--array=1-9",)))
    submission = slurm.submit("wrong", [script("true")], Resources(partition="short"))
    assert slurm.wait(submission, 60)["t1"].phase is Phase.SUCCEEDED


LIMIT = """
echo 'sbatch: error: QOSMaxSubmitJobPerUserLimit' >&2
echo 'sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit)' >&2
exit 1
"""


def test_what_is_more_than_the_user_may_have_waits_for_later(slurm: Slurm, programs: Programs) -> None:
    programs.write("sbatch", before=LIMIT)
    orders = [script("true", token) for token in "ab"]
    submission = slurm.submit("much", orders, SMALL)
    assert submission.arrays == ()
    assert submission.waiting == ("a", "b")
    assert "QOSMaxSubmitJobPerUserLimit" in submission.reason
    programs.write("sbatch")
    submission = slurm.submit("much", orders, SMALL)
    assert (len(submission.arrays), submission.waiting) == (1, ())
    assert slurm.wait(submission, 60)["b"].phase is Phase.SUCCEEDED


def test_an_unanswered_sbatch_is_tried_again_politely(slurm: Slurm, programs: Programs, base: Path) -> None:
    said = "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)"
    once = f"[ -e '{base.parent}/tried' ] || {{ : >'{base.parent}/tried'; echo '{said}' >&2; exit 1; }}"
    programs.write("sbatch", before=once)
    submission = slurm.submit("retried", [script("true")], SMALL)
    assert slurm.wait(submission, 60)["t1"].phase is Phase.SUCCEEDED
    assert (programs.calls("sbatch"), jobs_named("retried.0", base)) == (2, 1)


def test_cancel_reaches_what_runs_what_resists_and_what_waits(slurm: Slurm, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    stubborn = f"trap '' TERM; echo $$ >>'{pids}'; while :; do sleep 1; done"
    orders = [script(stubborn, f"e{number}") for number in range(20)]
    submission = slurm.submit("stop", orders, Resources(cpus=2))
    found = pids_in(pids, 8)
    assert slurm.cancel(submission) == frozenset()
    until(lambda: not any(map(lives, found)))
    count = len(pids.read_text().split())
    elements = slurm.wait(submission, 60)
    causes = {element.failure.cause for element in elements.values() if element.failure}
    assert (causes, len(elements)) == ({Cause.CANCELED}, 20)
    time.sleep(1)
    assert len(pids.read_text().split()) == count


def test_some_may_be_canceled_while_others_go_on(slurm: Slurm, tmp_path: Path) -> None:
    text = f"until [ -e '{tmp_path}/go' ]; do sleep 0.1; done"
    submission = slurm.submit("some", [script(text, token) for token in "abc"], SMALL)
    assert slurm.cancel(submission, ["b"]) == frozenset()
    (tmp_path / "go").touch()
    elements = slurm.wait(submission, 60)
    assert [str(elements[token].phase) for token in "abc"] == ["succeeded", "failed", "succeeded"]


def test_waiting_ends_at_once_when_it_is_not_wanted_any_more(slurm: Slurm) -> None:
    submission = slurm.submit("wait", [script("sleep 60")], SMALL)
    assert not slurm.wait(submission, timeout=0.5)["t1"].phase.is_over
    cancellation = Cancellation()
    cancellation.cancel("enough")
    with pytest.raises(Canceled, match="enough"):
        slurm.wait(submission, cancellation=cancellation)
    slurm.cancel(submission)


def test_slurm_is_asked_for_all_together_and_not_often(node: Target, programs: Programs) -> None:
    slurm = Slurm(node)
    submissions = [slurm.submit(f"p{number}", [script("sleep 60", f"p{number}")], SMALL) for number in range(3)]
    before = programs.calls("squeue")
    ends = time.monotonic() + 5
    while time.monotonic() < ends:
        for submission in submissions:
            slurm.look(submission)
        time.sleep(0.01)
    assert 1 <= programs.calls("squeue") - before <= 4
    for submission in submissions:
        slurm.cancel(submission)


def test_only_what_a_shell_needs_is_taken_from_the_environment(slurm: Slurm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_MINE", "hunter2")
    submission = slurm.submit("env", [script("env")], SMALL)
    assert slurm.wait(submission, 60)["t1"].phase is Phase.SUCCEEDED
    said = slurm.target.read(stdout_of("t1")).decode()
    assert "hunter2" not in said
    assert f"HOME={os.environ['HOME']}" in said


@pytest.mark.timeout(300)
def test_two_thousand_orders_are_a_few_arrays_and_can_be_canceled_halfway(slurm: Slurm, programs: Programs) -> None:
    orders = [script(":", f"n{number}") for number in range(2000)]
    submission = slurm.submit("many", orders, Resources(mem=1 << 20))
    assert submission.waiting == ()
    assert programs.calls("sbatch") <= 20
    while len(succeeded(slurm.wait(submission, timeout=1.0))) < 200:
        pass
    assert slurm.cancel(submission) == frozenset()
    elements = slurm.wait(submission, timeout=100)
    assert len(elements) == 2000
    assert all(element.phase.is_over for element in elements.values())
    assert 200 <= len(succeeded(elements)) < 2000
    assert programs.calls("sbatch") <= 20


def succeeded(elements: Mapping[str, Element]) -> list[str]:
    return [token for token, element in elements.items() if element.phase is Phase.SUCCEEDED]

"""Slurm's command lines."""

import pytest

from stageline.errors import DocumentError
from stageline.model.resources import Resources
from stageline.model.sbatch_options import checked_options
from stageline.schedulers.slurm_argv import (
    element_id,
    log_argv,
    name_of,
    sacct_argv,
    sbatch_argv,
    scancel_argv,
    scancel_by_name_argv,
    squeue_argv,
    squeue_by_name_argv,
)


def test_a_submission_is_an_array_that_bears_its_token() -> None:
    argv = sbatch_argv("stageline-r1.0-x", 3, "/base/slurm/r1.0", Resources())
    assert argv[0] == "sbatch"
    assert {"--parsable", "--array=0-2", "--job-name=stageline-r1.0-x", "--comment=stageline-r1.0-x"} <= set(argv)
    assert {"--no-requeue", "--chdir=/base/slurm/r1.0", "--output=/base/slurm/r1.0/%a.log"} <= set(argv)
    assert not [word for word in argv if word.startswith(("--mem", "--time", "--cpus", "--partition"))]
    assert "ALL" not in next(word for word in argv if word.startswith("--export=")).split("=")[1].split(",")


def test_the_same_token_from_another_base_has_another_name() -> None:
    assert name_of("t.0", "/a").startswith("stageline-t.0-")
    assert name_of("t.0", "/a") != name_of("t.0", "/b")


def test_what_it_asks_for_is_rounded_up_to_slurms_units() -> None:
    asks = Resources(cpus=2, mem=(1 << 30) + 1, time=61, partition="long", sbatch_opts=("--account=me", "-C", "fast"))
    assert (
        sbatch_argv("t", 1, "/b", asks)[-6:]
        == (
            "--partition=long",
            "--cpus-per-task=2",
            "--mem=1025M",
            "--time=2",
            "--account=me",
            "-C",
            "fast",
        )[-6:]
    )
    assert "--mem=1M" in sbatch_argv("t", 1, "/b", Resources(mem=1))
    assert "--time=1" in sbatch_argv("t", 1, "/b", Resources(time=1))


def test_a_percent_sign_in_the_base_is_no_pattern() -> None:
    assert "--output=/a%%b/%a.log" in sbatch_argv("t", 1, "/a%b", Resources())


@pytest.mark.parametrize(
    "option", ["--array=1-3", "-a1-3", "-J", "--job-name=x", "--wrap", "--output", "-o/x", "--requeue"]
)
def test_options_that_are_ours_are_refused(option: str) -> None:
    with pytest.raises(DocumentError, match="sbatch_opts"):
        checked_options([option])


def test_other_options_are_the_users_affair() -> None:
    options = ("--exclusive", "--gres=gpu:1", "-A", "me", "--array-like=x", "--export=ALL")
    assert checked_options(options) == options


def test_questions_name_what_they_are_about() -> None:
    assert squeue_argv()[-1] == "--me"
    assert squeue_argv()[:3] == ("env", "-u", "SQUEUE_ACCOUNT")
    assert squeue_by_name_argv("t.0")[-1] == "--name=t.0"
    assert sacct_argv()[-1] == "--jobs="
    assert scancel_argv(["1", element_id("2", 3)]) == ("scancel", "1", "2_3")
    assert scancel_by_name_argv("t.0") == ("scancel", "--name=t.0")
    assert log_argv(["-x.log"])[-2:] == ("--", "-x.log")

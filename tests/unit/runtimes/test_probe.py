"""How answers are read: does a runtime work here, why not, what helps; and who failed, the wrapper or the work."""

from __future__ import annotations

import json

import pytest

from stageline.runtimes.ending import signal_in_code, start_problem
from stageline.runtimes.probe import Health, answer, choose, missing, question
from stageline.runtimes.sandbox import Owner, Runtime

BWRAP, DOCKER, PODMAN, NATIVE = Runtime.BWRAP, Runtime.DOCKER, Runtime.PODMAN, Runtime.NATIVE


def test_a_trial_of_bwrap_uses_what_a_sandbox_uses() -> None:
    assert question(BWRAP)[:2] == ("bwrap", "--unshare-all")
    assert question(BWRAP)[-2:] == ("bwrap", "--version")
    assert answer(BWRAP, 0, "bubblewrap 0.8.0\n", "") == Health(runtime=BWRAP, works=True, version="0.8.0")
    assert question(NATIVE) == ()


@pytest.mark.parametrize(
    ("security", "owner"),
    [
        (["name=seccomp,profile=default"], Owner.USER),
        (["name=seccomp", "name=rootless"], Owner.ROOT),
        (None, Owner.USER),
    ],
)
def test_docker_says_whether_it_has_root_s_rights(security: list[str] | None, owner: Owner) -> None:
    said = json.dumps({"ServerVersion": "20.10.24", "SecurityOptions": security, "Other": 1})
    assert answer(DOCKER, 0, said, "") == Health(runtime=DOCKER, works=True, version="20.10.24", owner=owner)


@pytest.mark.parametrize(
    ("host", "owner"),
    [
        ('{"security": {"rootless": false}, "idMappings": {"uidmap": null}}', Owner.USER),
        ('{"security": {"rootless": true}, "idMappings": {"uidmap": [{"size": 1}]}}', Owner.ROOT),
        ('{"security": {"rootless": true}, "idMappings": {"uidmap": [{"size": 1}, {"size": 65536}]}}', Owner.KEPT),
    ],
)
def test_podman_says_whose_files_they_will_be(host: str, owner: Owner) -> None:
    said = f'{{"host": {host}, "version": {{"Version": "4.3.1"}}}}'
    assert answer(PODMAN, 0, said, "") == Health(runtime=PODMAN, works=True, version="4.3.1", owner=owner)


@pytest.mark.parametrize(
    ("runtime", "stderr", "words"),
    [
        (
            BWRAP,
            "bwrap: No permissions to create new namespace, likely because the kernel ...",
            "unprivileged_userns_clone",
        ),
        (BWRAP, "bwrap: setting up uid map: Permission denied", "apparmor"),
        (BWRAP, "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "namespaces are switched off"),
        (BWRAP, "bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "systempaths=unconfined"),
        (BWRAP, "bwrap: Unknown option --clearenv", "too old"),
        (DOCKER, "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?", "systemctl start"),
        (DOCKER, "permission denied while trying to connect to the Docker daemon socket", "usermod -aG docker"),
        (PODMAN, "Error: container-init binary not found on the host: stat x", "catatonit"),
        (PODMAN, "noise\nError: something else\nmore noise", "podman: Error: something else"),
        (DOCKER, "", "does not say why"),
    ],
)
def test_what_does_not_work_is_told_with_what_helps(runtime: Runtime, stderr: str, words: str) -> None:
    health = answer(runtime, 1, "", stderr)
    assert not health.works
    assert words in health.problem
    assert health.problem.startswith(str(runtime))


def test_an_answer_that_cannot_be_read_is_a_problem_too() -> None:
    for runtime in (DOCKER, PODMAN):
        assert "no JSON" in answer(runtime, 0, "<html>", "").problem


def test_what_is_not_installed_is_told_with_its_package() -> None:
    assert "apt-get install bubblewrap" in missing(BWRAP).problem
    assert not missing(PODMAN).works


def test_the_best_that_works_is_chosen_and_never_native() -> None:
    works = {runtime: Health(runtime=runtime, works=True) for runtime in Runtime}
    assert choose(works.values()) == works[BWRAP]
    assert choose([missing(BWRAP), works[DOCKER], works[PODMAN]]) == works[PODMAN]
    assert choose([missing(BWRAP), works[NATIVE]]) is None


@pytest.mark.parametrize(
    ("runtime", "code", "stderr", "failed"),
    [
        (BWRAP, 1, "bwrap: execvp x: No such file or directory\n", True),
        (BWRAP, 1, "bwrap: said by the work\nand more\n", False),
        (BWRAP, 1, "", False),
        (BWRAP, 2, "bwrap: x\n", False),
        (DOCKER, 125, "docker: Error response from daemon: No such image: x\n", True),
        (DOCKER, 125, "my own 125\n", False),
        (PODMAN, 125, "Error: x: image not known\n", True),
        (PODMAN, 1, "Error: x\n", False),
        (NATIVE, 1, "bwrap: x\n", False),
    ],
)
def test_a_wrapper_that_failed_is_told_from_work_that_failed(
    runtime: Runtime, code: int, stderr: str, failed: bool
) -> None:
    assert bool(start_problem(runtime, code, stderr)) is failed


def test_wrappers_tell_a_signal_by_an_exit_code() -> None:
    assert [signal_in_code(BWRAP, code) for code in (0, 1, 128, 129, 137, 192, 193, 255)] == [0, 0, 0, 1, 9, 64, 0, 0]
    assert signal_in_code(NATIVE, 137) == 0

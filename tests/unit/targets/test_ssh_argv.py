"""The command lines of ssh and rsync, and what their ends mean."""

import pytest

from stageline.errors import ConfigError, DocumentError, MissingDependency, TargetLost
from stageline.targets.ssh_argv import (
    Address,
    DiskFull,
    connect_argv,
    explain_rsync,
    explain_ssh,
    read_address,
    read_control_path,
    run_argv,
    send_argv,
    ssh_words,
)

SSH = ssh_words(Address("host", "me", "22"), "/run/c", ("-J", "jump"))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("cluster", Address("cluster")),
        ("me@login.example.org", Address("login.example.org", "me")),
        ("me@host:2222", Address("host", "me", "2222")),
        ("ssh://host:22/", Address("host", "", "22")),
        ("[::1]:22", Address("::1", "", "22")),
    ],
)
def test_addresses(text: str, address: Address) -> None:
    assert read_address(text) == address


@pytest.mark.parametrize("text", ["", "a b", "-oProxyCommand=x", "-x@host", "host:port", "a@b@c", "host:22:23"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(DocumentError, match="is no address"):
        read_address(text)


def test_the_users_options_come_first_for_ssh_keeps_the_first_it_hears() -> None:
    assert SSH[:7] == ("ssh", "-J", "jump", "-l", "me", "-p", "22")
    assert "BatchMode=yes" in SSH
    assert run_argv(SSH, Address("host"), ["bash", "a b"])[-3:] == ("--", "host", "bash 'a b'")
    opening = connect_argv(SSH, Address("host"))
    assert opening.index("ControlMaster=yes") < opening.index("ControlMaster=no")


def test_where_the_shared_connection_is_unless_the_user_wants_none() -> None:
    assert (
        read_control_path("controlmaster false\ncontrolpath /run/user/7/a b/c0\ncontrolpersist no\n")
        == "/run/user/7/a b/c0"
    )
    assert read_control_path("controlmaster false\ncontrolpersist no\n") == ""


def test_a_transfer_can_be_gone_on_with_and_no_name_is_an_option() -> None:
    argv = send_argv(SSH, Address("host"), "/my files", "/base/.in")
    assert argv[-3:] == ("--", "/my files/", "host:/base/.in/")
    assert {"--partial-dir=.stageline-partial", "--from0", "--protect-args"} <= set(argv)


@pytest.mark.parametrize(
    ("code", "said", "kind", "words"),
    [
        (255, "ssh: connect to host h port 22: Connection refused", TargetLost, "Connection refused"),
        (255, "me@h: Permission denied (publickey).", ConfigError, "'ssh h true' works without asking"),
        (
            255,
            "ssh: Could not resolve hostname h: Name or service not known",
            ConfigError,
            "correct the target's address",
        ),
        (127, "sh: bash: command not found", MissingDependency, "bash and coreutils"),
        (255, "", TargetLost, "nothing was said"),
    ],
)
def test_what_it_means_that_ssh_failed(code: int, said: str, kind: type[ConfigError], words: str) -> None:
    error = explain_ssh("far", "h", code, said)
    assert type(error) is kind
    assert str(error).startswith("target 'far': ")
    assert words in str(error)


@pytest.mark.parametrize(
    ("code", "said", "kind", "words"),
    [
        (11, 'rsync: [receiver] write failed on "/b/x": No space left on device (28)', DiskFull, "make room there"),
        (127, "bash: line 1: rsync: command not found", MissingDependency, "rsync is needed there"),
        (12, "rsync: connection unexpectedly closed", TargetLost, "connection unexpectedly closed"),
        (23, 'rsync: [sender] send_files failed to open "/x": Permission denied (13)', ConfigError, "cannot be sent"),
    ],
)
def test_what_it_means_that_rsync_failed(code: int, said: str, kind: type[ConfigError], words: str) -> None:
    error = explain_rsync("far", "h", code, said)
    assert type(error) is kind
    assert words in str(error)

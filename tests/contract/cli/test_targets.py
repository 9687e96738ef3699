"""Targets in config files, and what the doctor finds on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.cli.calling import Project, Said

CLUSTER = """\
[targets.my_cluster]
address = "one"
base_path = "{base}"
scheduler = "slurm"
runtimes = ["bwrap", "native"]
mount-paths = ["/usr", "/etc"]
ssh_options = ["-F", "{config}"]
"""


def user_file(project: Project, text: str) -> Path:
    path = Path(project.env["XDG_CONFIG_HOME"]) / "stageline" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_each_key_of_a_target_knows_where_it_came_from(project: Project) -> None:
    user = user_file(project, '[targets.my_cluster]\naddress = "me@host"\nscheduler = "slurm"\n')
    mine = project.write("stageline.toml", '[stage]\ntimeout = 5\n\n[targets.my_cluster]\nscheduler = "local"\n')
    said = project.call("config", "--json").json
    assert said["targets.my_cluster.address"] == {"value": "me@host", "origin": f"{user}:2"}
    assert said["targets.my_cluster.scheduler"] == {"value": "local", "origin": f"{mine}:5"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[targets.c]\n\nadress = "x"\n', "stageline.toml:3: a target has no 'adress'; did you mean 'address'?"),
        (
            '[targets.c]\naddress = "a b"\n',
            "stageline.toml:2: address of target 'c' is host, user@host or user@host:port",
        ),
        ('[targets.c]\nscheduler = "pbs"\n', "stageline.toml:2: scheduler of target 'c' is one of local, slurm"),
        (
            '[targets.c]\nruntimes = ["chroot"]\n',
            "runtimes of target 'c' is a list of runtimes, in order of preference",
        ),
        ('[targets.c]\nmount_paths = ["x"]\n', "mount_paths of target 'c' is a list of absolute paths"),
        ('[targets.c]\nnode_local_path = "tmp"\n', "node_local_path of target 'c' is an absolute path"),
        ("targets = 3\n", "targets are tables"),
        ('[targets."a b"]\naddress = "x"\n', "'a b' is no target"),
        ("\n[targets]\nc = 3\n", "stageline.toml:3: 'c' is no target"),
    ],
)
def test_a_wrong_target_is_named_with_its_place(project: Project, text: str, words: str) -> None:
    project.write("stageline.toml", text)
    said = project.call("list")
    assert said.code == 2
    assert words in said.err
    assert "Traceback" not in said.err


def found(said: Said) -> dict[str, str]:
    return {finding["name"]: finding["found"] for finding in said.json["findings"]}


def test_the_doctor_looks_at_a_cluster_from_afar(
    project: Project, ssh_config: Path, slurm_nodes: list[str], tmp_path: Path
) -> None:
    project.write("stageline.toml", CLUSTER.format(base=tmp_path / "base", config=ssh_config))
    said = project.call("doctor", "--target", "my_cluster", "--json")
    assert said.code == 0, said
    findings = found(said)
    assert findings["connection"] == f"one, {tmp_path}/base"
    assert "Slurm 2" in findings["controller"]
    assert "main (4 nodes, infinite)" in findings["partitions"]
    assert findings["accounting"] == "sacct"
    assert {"login shell", "bash", "rsync there", "rsync here", "disk", "paths", "native"} <= findings.keys()


def test_the_doctor_says_what_a_target_lacks(project: Project, ssh_config: Path, tmp_path: Path) -> None:
    text = (
        CLUSTER.format(base=tmp_path / "base", config=ssh_config).replace('"one"', '"bare"').replace("/etc", "/nowhere")
    )
    project.write("stageline.toml", text)
    said = project.call("doctor", "--target", "my_cluster")
    assert said.code == 3
    assert "MISSING  slurm" in said.out
    assert "not on PATH there: sbatch" in said.out
    assert "not there: /nowhere" in said.out
    assert "missing  bwrap" in said.out


def test_the_doctor_says_why_a_target_cannot_be_reached(project: Project) -> None:
    project.write("stageline.toml", '[targets.far]\naddress = "127.0.0.1:1"\n')
    said = project.call("doctor", "--target", "far")
    assert (said.code, "Connection refused" in said.out) == (3, True)
    said = project.call("doctor", "--target", "fra")
    assert (said.code, "did you mean 'far'?" in said.err) == (2, True)
    assert project.call("doctor", "--target", "local").code == 0

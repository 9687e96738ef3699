"""The engines that the other tests lean on are what they claim to be."""

import subprocess
from pathlib import Path

import psycopg
import pytest


def test_each_test_has_a_database_of_its_own(fresh_postgres_url: str) -> None:
    with psycopg.connect(fresh_postgres_url) as database:
        tables = database.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone()
        assert tables == (0,)
        database.execute("create table mark (id integer)")


def test_the_next_one_sees_nothing_of_it(fresh_postgres_url: str) -> None:
    with psycopg.connect(fresh_postgres_url) as database, pytest.raises(psycopg.errors.UndefinedTable):
        database.execute("select * from mark")


def test_the_user_may_create_databases_and_is_no_superuser(postgres_url: str) -> None:
    with psycopg.connect(postgres_url) as client:
        row = client.execute("select rolcreatedb, rolsuper from pg_roles where rolname = current_user").fetchone()
    assert row == (True, False)


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_container_runs_both_shells(container_engine: str, container_image: str, shell: str) -> None:
    script = 'echo "$0 $((6 * 7))"'
    command = [container_engine, "run", "--rm", "--network", "none", container_image, shell, "-c", script]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"{shell} 42\n"), done.stderr


@pytest.mark.parametrize("host", ["one", "two", "bare"])
def test_hosts_are_reached_and_one_of_them_has_next_to_nothing(ssh_config: Path, host: str) -> None:
    command = ["ssh", "-F", str(ssh_config), "-o", "BatchMode=yes", host, "type -p rsync bash python3; echo $HOME"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    *programs, home = done.stdout.splitlines()
    assert [Path(program).name for program in programs][:2] == ["rsync", "bash"], done.stderr
    assert len(programs) == 2 or host != "bare"
    assert not list(Path(home).glob(".bash*"))


def test_a_cluster_has_nodes_partitions_and_accounts(slurm_nodes: list[str]) -> None:
    argv = ["srun", "-p", "short", "-Q", "bash", "-c", "echo $SLURMD_NODENAME"]
    done = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert done.stdout.strip() in slurm_nodes[:2], done.stderr
    down = subprocess.run(["sinfo", "-h", "-p", "down", "-o", "%a"], check=True, capture_output=True, text=True)
    assert down.stdout == "down\n"
    assert subprocess.run(["sacct", "-n", "-X"], check=True, capture_output=True, text=True).stdout

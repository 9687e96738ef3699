"""What a command can and cannot do in bwrap, docker and podman: the same in each, as a script inside finds out."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from stageline.runtimes.sandbox import Mount, Runtime
from tests.contract.runtimes.boxes import Box

WRITTEN = f"written-{uuid4().hex}"
TRY_TO_WRITE = """
for place; do
  if (umask 0; echo x > "$place/NAME") 2>/dev/null; then echo "$place"; fi
done
""".replace("NAME", WRITTEN)
TRY_TO_CONNECT = """
for port; do
  if (exec 3<>/dev/tcp/${port/:/\\/}; cat <&3) 2>/dev/null; then echo " $port"; fi
done
"""


class Greeter:
    """A server that greets on loopback and on whatever other address this machine has."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("0.0.0.0", 0))  # noqa: S104
        port = self.listener.getsockname()[1]
        addresses = ["127.0.0.1", *subprocess.check_output(["hostname", "-I"], text=True).split()]
        self.places = [f"{address}:{port}" for address in addresses if ":" not in address]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"hello")


@pytest.fixture
def greeter() -> Iterator[Greeter]:
    greeter = Greeter()
    yield greeter
    greeter.close()


def test_only_writable_mounts_and_private_places_can_be_written(isolated: Box) -> None:
    places = ["/", "/usr", "/bin", "/etc", "/proc", "/sys", "/run", "/var", str(isolated.input)]
    private = ["/tmp", "/dev/shm"]
    written = isolated.bash(TRY_TO_WRITE, *places, *private, str(isolated.out)).split()
    assert written == [*private, str(isolated.out)]
    assert (isolated.out / WRITTEN).read_text() == "x\n"
    assert not Path("/tmp", WRITTEN).exists()
    assert not Path("/dev/shm", WRITTEN).exists()


def test_what_is_mounted_is_read(isolated: Box) -> None:
    assert isolated.bash(f"cat '{isolated.input}/data'") == "given"


def test_what_is_not_mounted_of_a_private_place_is_not_seen(isolated: Box) -> None:
    (isolated.folder / "other").write_text("not for you")
    text = f"ls -A '{isolated.folder}'; ls -A /dev/shm; ls /dev/vd* /dev/sd* /dev/kmsg 2>/dev/null; echo"
    assert sorted(isolated.bash(text).split()) == ["in", "out"]


def test_no_daemon_can_be_asked_to_do_what_is_forbidden(isolated: Box) -> None:
    text = 'for place; do [ ! -S "$place" ] || echo "$place"; done'
    sockets = ["/run/docker.sock", "/var/run/docker.sock", "/run/podman/podman.sock", "/run/dbus/system_bus_socket"]
    assert isolated.bash(text, *sockets) == ""


def test_there_is_no_network(isolated: Box, greeter: Greeter) -> None:
    assert isolated.bash(TRY_TO_CONNECT, *greeter.places) == ""
    devices = isolated.bash("cat /proc/net/dev").splitlines()[2:]
    assert [line.split(":")[0].strip() for line in devices] in (["lo"], [])


def test_network_is_that_of_the_machine_when_asked_for(isolated: Box, greeter: Greeter) -> None:
    found = isolated.bash(TRY_TO_CONNECT, *greeter.places, network=True)
    assert found.splitlines() == [f"hello {place}" for place in greeter.places]


def test_processes_outside_are_not_seen(isolated: Box) -> None:
    outside = subprocess.Popen(["sleep", "60"])
    text = 'cd /proc; ls -d [0-9]*; if kill -0 "$1" 2>/dev/null; then echo seen; fi'
    try:
        found = isolated.bash(text, str(outside.pid)).split()
    finally:
        outside.kill()
        outside.wait()
    assert "seen" not in found
    assert len(found) < 10


def test_there_are_no_capabilities_and_no_way_to_new_ones(isolated: Box) -> None:
    status = dict(line.split(":\t", 1) for line in isolated.bash("cat /proc/self/status").splitlines() if ":\t" in line)
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0000000000000000"}
    assert status["NoNewPrivs"] == "1"


def test_no_terminal_outside_can_be_typed_into(isolated: Box) -> None:
    session = isolated.bash("read -r _ _ _ _ _ session _ < /proc/self/stat; echo $session")
    assert int(session) > 0, "the session was made inside"


def test_devices_do_what_they_do(isolated: Box) -> None:
    text = "echo x > /dev/null; head -c 3 /dev/zero | wc -c; [ $(head -c 16 /dev/urandom | wc -c) = 16 ]"
    assert isolated.bash(text).strip() == "3"


def test_the_host_has_the_same_name_everywhere(isolated: Box) -> None:
    assert isolated.bash("hostname") == "stageline\n"


def test_holes_are_where_they_are_declared_and_read_only_unless_said_otherwise(isolated: Box, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "inner").mkdir(parents=True)
    (outside / "file").write_text("here")
    holes = [
        Mount(str(outside), "/tmp/there"),
        Mount(str(outside / "inner"), "/tmp/there/inner", writable=True),
        Mount(str(outside / "file"), "/tmp/one"),
    ]
    mounts = (Mount(str(isolated.out), writable=True), *reversed(holes))
    text = f"cat /tmp/there/file /tmp/one; {TRY_TO_WRITE}"
    assert isolated.bash(text, "/tmp/there", "/tmp/there/inner", mounts=mounts) == "herehere/tmp/there/inner\n"
    assert (outside / "inner" / WRITTEN).exists()


def test_a_device_can_be_let_in(isolated: Box) -> None:
    mounts = (Mount(str(isolated.out), writable=True), Mount("/dev/full", "/dev/brim"))
    assert isolated.bash("(echo x > /dev/brim) 2>&1 || [ -c /dev/brim ]", mounts=mounts).endswith(
        "No space left on device\n"
    )


@pytest.mark.parametrize("name", ["a b", "c,d", 'e"f', "g:h", "i'j", "ü", "k=l", "n\nm", " lead ", "back\\slash", "$x"])
def test_paths_may_be_of_any_kind(isolated: Box, name: str) -> None:
    folder = isolated.folder / name
    folder.mkdir()
    (folder / "data").write_text("found")
    mounts = (Mount(str(folder)), Mount(str(isolated.out), f"/tmp/{name}", writable=True))
    text = 'pwd; cat data; echo done > "$1/result"'
    assert isolated.bash(text, f"/tmp/{name}", mounts=mounts, cwd=str(folder)) == f"{folder}\nfound"
    assert (isolated.out / "result").read_text() == "done\n"


def test_an_empty_root_holds_nothing_but_the_mounts(bwrap: Box) -> None:
    programs = (Mount("/usr/bin/bash-static", "/bin/sh"), Mount("/bin/busybox", "/lab/tools/busybox"))
    text = f"/lab/tools/busybox ls /; {TRY_TO_WRITE}"
    mounts = (Mount(str(bwrap.out), writable=True), *programs)
    places = ["/", "/bin", "/lab", "/lab/tools", "/dev", str(bwrap.out)]
    ended = bwrap.run("/bin/sh", "-c", text, "sh", *places, root="", mounts=mounts)
    assert ended.stdout.read_text().split() == ["bin", "dev", "lab", "proc", "tmp", str(bwrap.out)]


def test_a_folder_can_be_the_root(bwrap: Box) -> None:
    root = bwrap.folder / "root"
    for name in ("bin", "dev", "proc", "tmp", "work"):
        (root / name).mkdir(parents=True)
    (root / "bin/bash").write_bytes(Path("/usr/bin/bash-static").read_bytes())
    (root / "bin/bash").chmod(0o755)
    mounts = (Mount(str(bwrap.out), "/work", writable=True),)
    text = f"echo /*; {TRY_TO_WRITE}"
    found = bwrap.bash(text, "/", "/bin", "/work", root=str(root), mounts=mounts, cwd="/work", env={"PATH": "/bin"})
    assert found.split() == ["/bin", "/dev", "/proc", "/tmp", "/work", "/work"]


def test_native_isolates_nothing(tmp_path: Path, greeter: Greeter) -> None:
    box = Box(Runtime.NATIVE, "", tmp_path)
    assert box.bash(TRY_TO_CONNECT, greeter.places[0]) == f"hello {greeter.places[0]}\n"
    assert box.bash(TRY_TO_WRITE, str(box.folder)) == f"{box.folder}\n"
    assert f"/proc/{os.getpid()}" in box.bash(f"ls -d /proc/{os.getpid()}")


def test_files_belong_to_the_user(isolated: Box) -> None:
    name = uuid4().hex
    isolated.bash(f"umask 022; mkdir {name}; echo x > {name}/file; ln -s file {name}/link")
    for path in (isolated.out / name, isolated.out / name / "file", isolated.out / name / "link"):
        assert (path.lstat().st_uid, path.lstat().st_gid) == (os.getuid(), os.getgid())

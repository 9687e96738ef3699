"""Captured tools at work: where nothing else is, in any folder, and twice the same."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from stageline.errors import DocumentError, MissingDependency
from stageline.lab import launchers
from stageline.lab.base_tools import BASE_TOOLS
from stageline.lab.capture import Capture, bin_folders, environment_lock, locales_folder, write_capture
from stageline.lab.elf import Elf, read_elf
from stageline.lab.host_tools import HostTools
from stageline.lab.script import job_argv, job_environment
from stageline.runtimes.bwrap import wrap_bwrap
from stageline.runtimes.sandbox import Mount, Sandbox
from stageline.targets.process import Command, Ended, run
from stageline.targets.sandboxed import run_wrapped
from tests.contract.lab.scripts import said, written
from tests.contract.runtimes.ready import bwrap_problem
from tests.not_run import not_run

JOB = """\
python3 - "${params[name]}" > greeting.json <<'END'
import json, sys
print(json.dumps({"name": sys.argv[1], "letters": len(sys.argv[1])}))
END
jq -r '.name, .letters' greeting.json | awk '{ printf "%s|%d;", $0, length($0) }' | tee "$out/table"
seq 3 | sort -r | xargs -n 1 echo | sed 's/2/two/' | grep -c .
find . -type f | sort
"""
SAID = "a ü|3;3|1;3\n./greeting.json\n./table\n"


def folders_env(captures: tuple[Capture, ...], root: str, out: str) -> dict[str, str]:
    """The variables of a job whose tools are below `root`."""
    return job_environment(out, bin_folders(captures, root), locales_folder(captures, root))


def in_nothing(
    lab: Path, place: str, captures: tuple[Capture, ...], words: tuple[str, ...], tmp_path: Path, proc: bool = True
) -> Ended:
    """Run in a root that holds the lab, a folder for outputs, and /proc."""
    if problem := bwrap_problem():
        not_run(problem)
    (tmp_path / "out").mkdir(exist_ok=True)
    binds = ["--ro-bind", str(lab), place, "--bind", str(tmp_path / "out"), "/out", *(["--proc", "/proc"] * proc)]
    env = folders_env(captures, f"{place}/host-tools", "/out")
    sets = [word for name, value in env.items() for word in ("--setenv", name, value)]
    argv = ("bwrap", "--unshare-all", "--clearenv", *binds, *sets, "--chdir", "/", "--", *words)
    return run(Command(argv=argv, folder=tmp_path / "log"))


def bash_of(captures: tuple[Capture, ...], root: str) -> str:
    return f"{bin_folders(captures, root)[-1]}/bash"


@pytest.fixture
def static() -> str:
    """A program without a loader."""
    found = shutil.which("bash-static")
    if found is None:
        not_run("no command 'bash-static': install the Debian package bash-static")
    return str(Path(found).resolve())


@pytest.mark.parametrize("place", ["/lab", "/some where/my lab"])
def test_a_job_runs_where_there_is_nothing_but_the_lab(
    tmp_path: Path, lab: Path, captures: tuple[Capture, ...], place: str
) -> None:
    executable = written(lab / "jobs/one", JOB, {"name": "a ü"})
    inside = f"{place}/{executable.relative_to(lab)}"
    argv = job_argv((bash_of(captures, f"{place}/host-tools"),), inside, {"program": inside})
    assert said(in_nothing(lab, place, captures, argv, tmp_path)) == SAID


def test_there_really_is_nothing_but_the_lab(tmp_path: Path, lab: Path, captures: tuple[Capture, ...]) -> None:
    words = (bash_of(captures, "/lab/host-tools"), "-c", "echo /* /lab/*; echo $PATH")
    listed, path = said(in_nothing(lab, "/lab", captures, words, tmp_path)).splitlines()
    assert set(listed.split()) <= {"/lab", "/out", "/proc", "/lab/host-tools", "/lab/jobs"}
    assert all(folder.startswith("/lab/host-tools/") for folder in path.split(":"))


def test_tools_run_without_proc_too(tmp_path: Path, lab: Path, captures: tuple[Capture, ...]) -> None:
    words = (
        bash_of(captures, "/lab/host-tools"),
        "-c",
        "ls /lab; cd /lab; host-tools/*/bin/seq 1",
    )
    assert said(in_nothing(lab, "/lab", captures, words, tmp_path, proc=False)).split()[-1] == "1"


def test_a_job_runs_in_the_sandbox_of_the_engine(tmp_path: Path, lab: Path, captures: tuple[Capture, ...]) -> None:
    if problem := bwrap_problem():
        not_run(problem)
    executable = written(lab / "jobs/two", JOB, {"name": "a ü"})
    out = tmp_path / "out"
    out.mkdir()
    box = Sandbox(
        argv=job_argv((bash_of(captures, f"{lab}/host-tools"),), str(executable), {}),
        uid=os.getuid(),
        gid=os.getgid(),
        env=folders_env(captures, f"{lab}/host-tools", str(out)),
        mounts=(Mount(str(lab)), Mount(str(out), writable=True)),
        root="",
    )
    assert said(run_wrapped(wrap_bwrap(box), tmp_path / "log")) == SAID
    assert (out / "table").read_text() == "a ü|3;3|1;"


def test_a_job_runs_natively_from_another_folder(tmp_path: Path, lab: Path, captures: tuple[Capture, ...]) -> None:
    moved = tmp_path / "it's moved"
    shutil.copytree(lab, moved, symlinks=True)
    executable = written(moved / "jobs/three", JOB, {"name": "a ü"})
    root = f"{moved}/host-tools"
    argv = job_argv((bash_of(captures, root),), str(executable), {})
    env = folders_env(captures, root, str(tmp_path / "out"))
    assert said(run(Command(argv=argv, folder=tmp_path / "log", env=env, bare=True))) == SAID


def native(captures: tuple[Capture, ...], root: Path, text: str, tmp_path: Path, env: Mapping[str, str] = {}) -> Ended:
    """Run a text with the captured bash on this machine."""
    words = (bash_of(captures, str(root)), "-c", text)
    given = {**folders_env(captures, str(root), str(tmp_path)), **env}
    return run(Command(argv=words, folder=tmp_path / "log", env=given, bare=True))


def test_a_tool_keeps_its_name_and_knows_its_folder(tmp_path: Path, lab: Path, captures: tuple[Capture, ...]) -> None:
    text = "readlink /proc/$$/exe; cat /proc/$$/comm; tr '\\0' '|' </proc/$$/cmdline; (exec -a other bash -c 'echo $0')"
    exe, name, line = said(native(captures, lab / "host-tools", text, tmp_path)).split("\n", 2)
    assert exe == bash_of(captures, str(lab / "host-tools"))
    assert name == "bash"
    assert line.startswith(f"{exe}|-c|readlink")
    assert line.endswith("|other\n")


def test_python_is_the_captured_one_whoever_starts_it(tmp_path: Path, lab: Path, captures: tuple[Capture, ...]) -> None:
    text = """\
import ssl, sqlite3, ctypes, lzma, sys, subprocess, json, argparse
from concurrent.futures import ProcessPoolExecutor
import multiprocessing
if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        print(pool.submit(abs, -3).result(), sys.prefix, json.__cached__.startswith(sys.prefix))
    outside = [one.__file__ for one in list(sys.modules.values()) if getattr(one, "__file__", None)]
    print([path for path in outside if not path.startswith((sys.prefix, __file__))])
    print(subprocess.check_output([sys.executable, "-c", "import sys; print(sys.prefix)"], text=True, env={}).strip())
"""
    (tmp_path / "program.py").write_text(text)
    home = lab / "host-tools" / captures[0].digest
    printed = said(native(captures, lab / "host-tools", f"(exec -a odd python3 {tmp_path}/program.py)", tmp_path))
    assert printed.splitlines() == [f"3 {home} True", "[]", str(home)]


def test_a_script_is_captured_with_what_executes_it(tmp_path: Path, cache: Path, captures: tuple[Capture, ...]) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in {
        "count": "#!/usr/bin/env python3\nimport sys, json\nprint(json.dumps(sys.argv[1:]), len(sys.argv[0]) > 0)\n",
        "greet": '#!/bin/bash -e\necho "hello $1" ${0##*/}; false; echo on\n',
        "strict": "#!/usr/bin/env -S sh -u\necho $nothing\n",
    }.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    host = HostTools(f"{tools}:{os.environ['PATH']}", tmp_path / "scratch", cache)
    own = host.environment(["count", "greet", f"{tools}/strict"])
    for capture in own:
        write_capture(capture, tmp_path / "ht")
    shutil.rmtree(tools)
    assert own[1].tools == ("count",)
    text = "count 'a b' c; greet you || echo $?; strict || echo $?; command -v python3 || echo none"
    ended = in_nothing_at(tmp_path, own, text)
    assert said(ended) == '["a b", "c"] True\nhello you greet\n1\n2\nnone\n'


def in_nothing_at(tmp_path: Path, own: tuple[Capture, ...], text: str) -> Ended:
    (tmp_path / "lab").mkdir(exist_ok=True)
    (tmp_path / "ht").rename(tmp_path / "lab/host-tools")
    return in_nothing(tmp_path / "lab", "/lab", own, (bash_of(own, "/lab/host-tools"), "-c", text), tmp_path)


def test_two_captures_are_the_same_to_the_byte(tmp_path: Path, lab: Path, captures: tuple[Capture, ...]) -> None:
    anew = HostTools(os.environ["PATH"], tmp_path / "scratch", tmp_path / "cache").environment(["python3"])
    assert [one.digest for one in anew] == [one.digest for one in captures]
    assert environment_lock(anew) == environment_lock(captures)
    for capture in anew:
        place = write_capture(capture, tmp_path / "again")
        assert place.name == capture.digest
        first = lab / "host-tools" / capture.digest
        assert listing(first) == listing(place)
        assert filecmp.cmpfiles(first, place, [entry.name for entry in capture.entries], shallow=False)[1:] == ([], [])


def listing(folder: Path) -> dict[str, tuple[int, float, str]]:
    """What an archive would see of a folder, beside the content of files."""
    found: dict[str, tuple[int, float, str]] = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        link = str(path.readlink()) if path.is_symlink() else ""
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_mtime, link)
    return found


def test_the_lock_speaks_of_tools_and_not_of_launchers(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "tools").mkdir()
    tool = tmp_path / "tools/tool"

    def lock(text: str) -> tuple[str, str]:
        tool.write_text(text)
        tool.chmod(0o755)
        found = HostTools(f"{tool.parent}:{os.environ['PATH']}", tmp_path / "scratch", cache).tool("tool")
        return found.lock, found.digest

    first, changed = lock("#!/bin/sh\necho 1\n"), lock("#!/bin/sh\necho 2\n")
    assert first[0] != changed[0]
    assert first[1] != changed[1]
    assert lock("#!/bin/sh\necho 1\n") == first


def test_the_base_tools_are_all_there(host_tools: HostTools, captures: tuple[Capture, ...]) -> None:
    assert set(captures[-1].tools) == BASE_TOOLS
    assert captures[0].tools == ("python3",)
    assert host_tools.environment(["jq", "bash"]) == (host_tools.base(),)


def test_what_is_missing_is_told_together_with_its_package(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "bin").mkdir()
    for name in BASE_TOOLS - {"gawk", "jq", "xargs"}:
        (tmp_path / "bin" / name).symlink_to(f"/usr/bin/{name}")
    (tmp_path / "bin/xargs").symlink_to("/bin/busybox")
    host = HostTools(str(tmp_path / "bin"), tmp_path / "scratch", cache)
    with pytest.raises(MissingDependency, match=r"'xargs', 'gawk', 'jq'.*apt-get install findutils gawk jq"):
        host.base()
    with pytest.raises(MissingDependency, match="'no-such', 'nor-this'"):
        host.environment(["nor-this", "no-such"])
    with pytest.raises(MissingDependency, match=r"'/opt/no/tool' on this machine, and the Lab is to hold it$"):
        host.environment(["/opt/no/tool"])


def test_what_cannot_be_captured_is_told_together_with_what_is_missing(tmp_path: Path, cache: Path) -> None:
    for name in ("git", "perl"):
        (tmp_path / name).symlink_to("/bin/true")
    host = HostTools(str(tmp_path), tmp_path / "scratch", cache)
    with pytest.raises(DocumentError, match=r"'git', 'perl' cannot be captured.*; there is no program 'no-such' on"):
        host.environment(["git", "no-such", "perl"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("#!/usr/bin/env python3\nimport json, numpy.linalg\n", "imports numpy.linalg"),
        ("#!/usr/bin/env python3\nno python\n", "no Python text"),
        ("#!/usr/bin/env perl\n1;\n", "'perl' cannot be captured"),
        ("#!/usr/bin/env\n", "does not say which program"),
        ("plain text\n", "neither a program nor a text"),
        ("\x7fELF\x01", "no program for x86_64 or aarch64"),
    ],
)
def test_what_cannot_be_captured_is_refused(tmp_path: Path, cache: Path, text: str, says: str) -> None:
    tool = tmp_path / "tool"
    tool.write_text(text)
    tool.chmod(0o755)
    (tmp_path / "perl").symlink_to("/bin/true")
    with pytest.raises(DocumentError, match=says):
        HostTools(f"{tmp_path}:{os.environ['PATH']}", tmp_path / "scratch", cache).tool(str(tool))


def test_a_static_program_needs_no_launcher(tmp_path: Path, cache: Path, static: str) -> None:
    capture = HostTools("", tmp_path / "scratch", cache).tool(static)
    assert [(one.name, one.link) for one in capture.entries] == [
        ("bin/bash-static", "../libexec/bash-static"),
        ("libexec/bash-static", ""),
    ]
    place = write_capture(capture, tmp_path / "ht")
    assert said(run(Command(argv=(f"{place}/bin/bash-static", "-c", "echo on"), folder=tmp_path / "log"))) == "on\n"


def test_a_capture_that_is_there_is_left_alone(tmp_path: Path, cache: Path, static: str) -> None:
    capture = HostTools("", tmp_path / "scratch", cache).tool(static)
    place = write_capture(capture, tmp_path / "ht")
    before = place.stat().st_ctime_ns
    assert write_capture(capture, tmp_path / "ht") == place
    assert place.stat().st_ctime_ns == before
    assert [path.name for path in (tmp_path / "ht").iterdir()] == [capture.digest]


def test_files_that_are_cut_short_are_no_programs(static: str) -> None:
    whole = Path(static).read_bytes()
    assert read_elf(whole) == Elf(machine="x86_64")
    assert read_elf(whole[:90]) is None
    assert read_elf(b"") is None


def test_the_launchers_are_built_from_their_text() -> None:
    folder = Path(launchers.__file__).parent / "launcher"
    digest, _ = (folder / "built-from").read_text().split()
    assert digest == sha256((folder / "launcher.c").read_bytes()).hexdigest(), "run tools/launcher.sh"
    machines = {name: read_elf((folder / f"launcher-{name}").read_bytes()) for name in launchers.MACHINES}
    assert machines == {name: Elf(machine=name) for name in launchers.MACHINES}

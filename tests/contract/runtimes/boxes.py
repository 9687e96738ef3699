"""Runs commands in each runtime, and lets what is inside tell how it looks there."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import msgspec

from stageline.runtimes.sandbox import Mount, Runtime, Sandbox, Wrapped
from stageline.runtimes.wrap import wrap
from stageline.targets.cancellation import Cancellation
from stageline.targets.containers import ask
from stageline.targets.process import Ended
from stageline.targets.sandboxed import run_wrapped


class Box:
    """One runtime with a folder `out` that can be written and a folder `in` that cannot."""

    def __init__(self, runtime: Runtime, image: str, folder: Path, user: tuple[int, int] | None = None) -> None:
        self.runtime = runtime
        self.folder = folder
        self.log = folder / "log"
        self.image = image
        self.uid, self.gid = user or (os.getuid(), os.getgid())
        self.out, self.input = folder / "out", folder / "in"
        for path in (self.out, self.input):
            path.mkdir(parents=True)
        (self.input / "data").write_text("given")

    def sandbox(self, *argv: str, **more: object) -> Sandbox:
        usual: dict[str, object] = {
            "uid": self.uid,
            "gid": self.gid,
            "key": f"run/{uuid4().hex}",
            "image": "" if self.runtime in (Runtime.NATIVE, Runtime.BWRAP) else self.image,
            "cwd": str(self.out),
            "mounts": (Mount(str(self.out), writable=True), Mount(str(self.input))),
        }
        return msgspec.convert({"argv": argv, **usual, **more}, Sandbox)

    def wrapped(self, *argv: str, **more: object) -> Wrapped:
        return wrap(self.runtime, self.sandbox(*argv, **more), os.environ)

    def run(self, *argv: str, **more: object) -> Ended:
        return run_wrapped(self.wrapped(*argv, **more), self.log, timeout=60)

    def bash(self, text: str, *words: str, **more: object) -> str:
        """What a script prints, which has to end well."""
        ended = self.run("bash", "-c", text, "bash", *words, **more)
        assert ended.code == 0, (ended, self.stderr)
        return ended.stdout.read_text()

    def canceled(self, condition: Callable[[], bool], *argv: str, **more: object) -> tuple[Ended, float]:
        """Cancel a command when something has come about; its end, and how long that took."""
        cancellation, ends = Cancellation(), list[Ended]()
        wrapped = self.wrapped(*argv, **more)
        waiter = threading.Thread(target=lambda: ends.append(run_wrapped(wrapped, self.log, cancellation)))
        waiter.start()
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, self.stderr
            time.sleep(0.01)
        begun = time.monotonic()
        cancellation.cancel("no longer wanted")
        waiter.join(20)
        return ends[0], time.monotonic() - begun

    def asked(self, *argv: str) -> str:
        """What the container engine says."""
        return ask(str(self.runtime), argv, self.folder).stdout.read_text().strip()

    @property
    def stderr(self) -> str:
        return (self.log / "stderr").read_text()

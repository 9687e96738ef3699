"""Refuses a sandbox that some runtime could not provide as asked, before anything is started. Pure."""

from collections import Counter
from pathlib import PurePosixPath

import msgspec

from stageline.errors import DocumentError
from stageline.runtimes.sandbox import Mount, Sandbox
from stageline.runtimes.variables import check_names


def checked(sandbox: Sandbox) -> Sandbox:
    """The sandbox, its mounts in an order in which none hides another; DocumentError when it makes no sense."""
    if not sandbox.argv:
        raise DocumentError("there is no command to run")
    check_names(sandbox.env)
    _absolute(sandbox.cwd, "cwd")
    if sandbox.root:
        _absolute(sandbox.root, "root")
    for mount in sandbox.mounts:
        _absolute(mount.source, "a mount's source")
        _absolute(mount.place, "a mount's target")
    _refuse_nul(sandbox)
    for place, times in Counter(mount.place for mount in sandbox.mounts).items():
        if times > 1:
            raise DocumentError(f"{times} mounts have the same target: {place}")
    return msgspec.structs.replace(sandbox, mounts=tuple(sorted(sandbox.mounts, key=_depth)))


def image_of(sandbox: Sandbox) -> str:
    """The image to run in; DocumentError when there is none, or when it would be read as an option."""
    if not sandbox.image:
        raise DocumentError("image is missing: docker and podman need an image to run in")
    if sandbox.image.startswith("-"):
        raise DocumentError(f"image does not begin with a dash: {sandbox.image!r}")
    return sandbox.image


def _depth(mount: Mount) -> tuple[str, ...]:
    return PurePosixPath(mount.place).parts


def _absolute(path: str, what: str) -> None:
    if not path.startswith("/") or ".." in PurePosixPath(path).parts:
        raise DocumentError(f"{what} is an absolute path without '..', not {path!r}")


def _refuse_nul(sandbox: Sandbox) -> None:
    texts = [*sandbox.argv, *sandbox.env.values(), sandbox.cwd, sandbox.root]
    texts += [text for mount in sandbox.mounts for text in (mount.source, mount.place)]
    for text in texts:
        if "\0" in text:
            raise DocumentError(f"a null byte cannot be passed to a program: {text[:60]!r}")

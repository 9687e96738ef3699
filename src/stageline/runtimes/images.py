"""What to ask an engine about images: is one there already, and to take one in. Pure.

An image of ours is called by what it holds, so that one that is there is never loaded again; and of one that is not
there, only the layers that the engine does not have.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import takewhile

from stageline.errors import DocumentError
from stageline.runtimes.oci import REPOSITORY
from stageline.runtimes.sandbox import Runtime

_LOADED = ("Loaded image ID: ", "Loaded image: ", "Loaded image(s): ")


def find_argv(runtime: Runtime, name: str) -> tuple[str, ...]:
    """Prints the id of an image; ends with another code than 0 when there is none."""
    return (_engine(runtime), "image", "inspect", "--format={{.Id}}", name)


def found(digests: Sequence[str], code: int | None, stdout: str) -> str:
    """The id to run the image of these digests by; empty when the engine has it not, or another under its name."""
    said = stdout.strip()
    return said if code == 0 and any(said in (digest, digest.removeprefix("sha256:")) for digest in digests) else ""


def load_argv(runtime: Runtime, archive: str) -> tuple[str, ...]:
    """Takes in the images of an archive: the tar of a layout, or what `save` of an engine gave."""
    return (_engine(runtime), "load", "--quiet", f"--input={archive}")


def loaded(stdout: str) -> str:
    """What the engine calls the image that it has just taken in; empty when it does not say."""
    for line in stdout.splitlines():
        for words in _LOADED:
            if line.startswith(words):
                return line.removeprefix(words).strip()
    return ""


def ours_argv(runtime: Runtime) -> tuple[str, ...]:
    """Prints the ids of the images of ours that are there."""
    return (_engine(runtime), "image", "ls", "--quiet", "--no-trunc", f"--filter=reference={REPOSITORY}:*")


def layers_argv(runtime: Runtime, ids: Iterable[str]) -> tuple[str, ...]:
    """Prints the layers of each of these images on a line."""
    return (_engine(runtime), "image", "inspect", "--format={{json .RootFS.Layers}}", *ids)


def shared_layers(layers: Sequence[str], stdout: str) -> tuple[str, ...]:
    """The first of the layers, as far as an image begins with the same: what is above another layer is kept anew."""
    most = 0
    for line in stdout.splitlines():
        others: list[str] = json.loads(line) or []
        pairs = takewhile(lambda pair: pair[0] == pair[1], zip(layers, others, strict=False))
        most = max(most, len(list(pairs)))
    return tuple(layers[:most])


def _engine(runtime: Runtime) -> str:
    if runtime not in (Runtime.DOCKER, Runtime.PODMAN):
        raise DocumentError(f"the {runtime} runtime has no images")
    return str(runtime)

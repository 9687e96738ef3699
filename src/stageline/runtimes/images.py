"""What to ask an engine about images: is one there already, and to take one in. Pure.

An image of ours is called by what it holds, so that one that is there is never loaded again.
"""

from stageline.errors import DocumentError
from stageline.runtimes.oci import Image
from stageline.runtimes.sandbox import Runtime


def find_argv(runtime: Runtime, name: str) -> tuple[str, ...]:
    """Prints the id of an image; ends with another code than 0 when there is none."""
    return (_engine(runtime), "image", "inspect", "--format={{.Id}}", name)


def found(image: Image, code: int | None, stdout: str) -> str:
    """The id to run this image by; empty when the engine has it not, or another under its name."""
    said = stdout.strip()
    known = (image.config, image.manifest)
    return said if code == 0 and any(said in (digest, digest.removeprefix("sha256:")) for digest in known) else ""


def load_argv(runtime: Runtime, archive: str) -> tuple[str, ...]:
    """Takes in the images of an archive: the tar of a layout, or what `save` of an engine gave."""
    return (_engine(runtime), "load", "--quiet", f"--input={archive}")


def _engine(runtime: Runtime) -> str:
    if runtime not in (Runtime.DOCKER, Runtime.PODMAN):
        raise DocumentError(f"the {runtime} runtime has no images")
    return str(runtime)

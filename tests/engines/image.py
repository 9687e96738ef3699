"""Writes a small container image for `docker load` and `podman load`: static busybox and bash, no registry needed.

image.py NAME:TAG FILE. The same programs give the same bytes, and so the same image id, each time.
"""

import hashlib
import io
import json
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
FOLDERS = {"bin": 0o755, "etc": 0o755, "proc": 0o555, "root": 0o700, "sys": 0o555, "tmp": 0o1777, "usr": 0o755}
LINKS = {"usr/bin": "../bin", "bin/sh": "busybox"}
TEXTS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000:user:/tmp:/bin/bash\n",
    "etc/group": "root:x:0:\nuser:x:1000:\n",
}


def program(name: str) -> Path:
    """A program of this machine."""
    found = shutil.which(name)
    if found is None:
        raise SystemExit(f"no program '{name}': install the Debian packages busybox-static and bash-static")
    return Path(found)


def layer() -> bytes:
    """The one layer of the image, as a tar."""
    busybox, bash = program("busybox"), program("bash-static")
    applets = subprocess.run([busybox, "--list"], check=True, capture_output=True, text=True).stdout.split()
    links = {f"bin/{name}": "busybox" for name in applets if name not in ("bash", "busybox")} | LINKS
    files = {"bin/busybox": busybox.read_bytes(), "bin/bash": bash.read_bytes()}
    texts = {name: text.encode() for name, text in TEXTS.items()}

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, mode in sorted(FOLDERS.items()):
            add(tar, name, mode, kind=tarfile.DIRTYPE)
        for name, target in sorted(links.items()):
            add(tar, name, 0o777, kind=tarfile.SYMTYPE, target=target)
        for name, data in sorted(files.items()):
            add(tar, name, 0o755, data)
        for name, data in sorted(texts.items()):
            add(tar, name, 0o644, data)
    return buffer.getvalue()


def add(
    tar: tarfile.TarFile, name: str, mode: int, data: bytes = b"", *, kind: bytes = tarfile.REGTYPE, target: str = ""
) -> None:
    """One member, owned by root, without a date."""
    info = tarfile.TarInfo(name)
    info.mode, info.type, info.linkname, info.size = mode, kind, target, len(data)
    tar.addfile(info, io.BytesIO(data))


def archive(tag: str) -> bytes:
    """The image in the form that `docker save` gives."""
    root = layer()
    digest = hashlib.sha256(root).hexdigest()
    config = {
        "architecture": ARCHITECTURES[platform.machine()],
        "os": "linux",
        "created": "1970-01-01T00:00:01Z",
        "config": {"Env": ["PATH=/bin"], "Cmd": ["/bin/bash"]},
        "history": [{"created": "1970-01-01T00:00:01Z", "created_by": "tests/engines/image.py"}],
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
    }
    encoded = json.dumps(config, sort_keys=True).encode()
    name = f"{hashlib.sha256(encoded).hexdigest()}.json"
    manifest = [{"Config": name, "RepoTags": [tag], "Layers": [f"{digest}/layer.tar"]}]

    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        add(tar, name, 0o644, encoded)
        add(tar, "manifest.json", 0o644, json.dumps(manifest).encode())
        add(tar, f"{digest}/layer.tar", 0o644, root)
    return buffer.getvalue()


if __name__ == "__main__":
    tag, target = sys.argv[1:]
    finished = Path(f"{target}.new")
    finished.write_bytes(archive(tag))
    finished.rename(target)

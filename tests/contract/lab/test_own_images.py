"""Images of an author's, in the engines that can run them: the same contract, loaded once, and refused at build."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.errors import DocumentError
from stageline.lab.verify import verify
from stageline.model.status import Status
from stageline.runtimes.oci import Image
from stageline.runtimes.sandbox import Runtime
from stageline.targets.layers import write_archive
from tests.contract.lab.lab_runs import Bench
from tests.contract.runtimes.ready import ready
from tests.contract.runtimes.saved import an_image, forget, saved
from tests.engines.control import Engines

LAB = """
from stageline.lab import image

@stage(inputs={"words": "words.txt"}, outputs={"told": "$out/told"}, params={"note": ""}, environment=image("own.tar"))
def inside(inputs, outputs, params):
    return f'''
    began=$(ls -A)$PWD
    rev < "{inputs.words}" > "{outputs.told}"
    jq -n --arg n "${{params[note]}}" '$n' >> "{outputs.told}"
    {{
      [[ -s /etc/mark ]] && echo is the image
      type -P jq | grep -q ^/host-tools/ && echo has the tools
      [[ $began == "$out" ]] && echo began in an empty folder
      touch "${{inputs[words]}}" 2>&- && echo wrote to the input
      touch /x /etc/x 2>&- && echo wrote to the root
      touch "$(type -P jq)" 2>&- && echo wrote to the tools
      [[ $(wc -l < /proc/net/dev) -le 3 ]] && echo has no network
      [[ -e "HOLE/file" ]] && echo saw the hole
    }} >> "{outputs.told}" || true
    '''

@stage(inputs={"told": ""}, outputs={"lines": "$out/lines"})
def outside(inputs, outputs, params):
    return f'grep -c . < "{inputs.told}" > "{outputs.lines}"'

@pipeline
def both():
    return outside(inside())

lab = Lab(version="1", runs=[Run("r", both, params={"note": ["a 'b'\\n$c"]})])
"""
TOLD = ["cba", r'''"a 'b'\n$c"''', "is the image", "has the tools", "began in an empty folder", "has no network"]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> tuple[Path, Image]:
    """An archive of OCI, which docker cannot read as it is."""
    return saved("oci", tmp_path_factory.mktemp("image"), ready(Runtime.PODMAN, engines))


@pytest.fixture
def contained(container_engine: str, own: tuple[Path, Image], bench: Bench) -> Iterator[Bench]:
    """An experiment whose image the engine does not know."""
    archive, image = own
    bench.runtime = Runtime(container_engine)
    forget(bench.runtime, image)
    prepare(bench, archive)
    yield bench
    forget(bench.runtime, image)


def prepare(bench: Bench, archive: Path) -> None:
    bench.folder.mkdir(parents=True)
    (bench.folder / "own.tar").write_bytes(archive.read_bytes())
    (bench.folder / "words.txt").write_text("abc\n")


def test_jobs_run_in_it_under_the_contract_of_all_jobs(contained: Bench) -> None:
    lab = contained.build(LAB)
    assert verify(lab) == ()
    run = contained.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    told = contained.text(contained.job("inside"), "told").splitlines()
    assert told == TOLD
    out = lab.out(contained.job("inside")) / "told"
    assert (out.stat().st_uid, out.stat().st_gid) == (os.getuid(), os.getgid())
    assert contained.text(contained.job("outside"), "lines") == f"{len(TOLD)}\n"


def test_it_is_loaded_once_for_all_jobs_and_runs(contained: Bench) -> None:
    contained.build(LAB)
    contained.run()
    (said,) = contained.home.glob(f"image-logs/{contained.runtime}/stdout")
    said.unlink()
    contained.run(force=True)
    assert not said.exists(), "another load would have said so"


def test_it_may_look_through_a_hole_that_was_declared(contained: Bench) -> None:
    hole = contained.folder / "hole"
    hole.mkdir()
    (hole / "file").touch()
    text = LAB.replace("HOLE", str(hole))
    contained.build(text.replace(", environment=", f", resources={{'mount_paths': ['{hole}']}}, environment="))
    contained.run()
    assert contained.text(contained.job("inside"), "told").splitlines() == [*TOLD, "saw the hole"]


@pytest.mark.parametrize("runtime", [Runtime.NATIVE, Runtime.BWRAP])
def test_where_there_are_no_images_it_is_told(bench: Bench, own: tuple[Path, Image], runtime: Runtime) -> None:
    prepare(bench, own[0])
    bench.build(LAB)
    bench.runtime = runtime
    run = bench.run()
    assert run is not None
    failure = next(stage.failure for stage in run.stages if stage.failure)
    assert f"only with --docker or --podman, not in the {runtime} runtime" in failure.message


def test_another_archive_makes_other_jobs(bench: Bench, own: tuple[Path, Image], tmp_path: Path) -> None:
    prepare(bench, own[0])
    before = set(bench.build(LAB).plan.jobs)
    an_image(tmp_path / "layout")
    write_archive(tmp_path / "layout", tmp_path / "other.tar")
    (tmp_path / "other.tar").replace(bench.folder / "own.tar")
    assert not before & set(bench.build(LAB).plan.jobs)


def test_a_broken_archive_is_refused_with_its_place(bench: Bench, own: tuple[Path, Image]) -> None:
    prepare(bench, own[0])
    (bench.folder / "own.tar").write_bytes(own[0].read_bytes()[:-100_000])
    with pytest.raises(DocumentError, match=r"lab\.py:6:1: inside\.environment: .*own\.tar.*save"):
        bench.build(LAB)


def test_an_archive_that_is_not_there_is_told(bench: Bench) -> None:
    with pytest.raises(DocumentError, match=r"lab\.py:6:1: inside\.environment: there is no file '.*own\.tar'"):
        bench.build(LAB)


def test_an_archive_of_two_images_is_refused_with_its_place(
    bench: Bench, own: tuple[Path, Image], engines: Engines, tmp_path: Path
) -> None:
    prepare(bench, own[0])
    environ = {**os.environ, **ready(Runtime.DOCKER, engines)}
    images = []
    for name in ("one", "two"):
        images.append(an_image(tmp_path / name).name)
        write_archive(tmp_path / name, tmp_path / f"{name}.tar")
        subprocess.run(["docker", "load", "-q", "-i", tmp_path / f"{name}.tar"], check=True, env=environ)
    subprocess.run(["docker", "save", "-o", bench.folder / "own.tar", *images], check=True, env=environ)
    subprocess.run(["docker", "rmi", *images], check=True, env=environ)
    with pytest.raises(DocumentError, match=r"lab\.py:6:1: inside\.environment: .*own\.tar: there are 2 images in it"):
        bench.build(LAB)

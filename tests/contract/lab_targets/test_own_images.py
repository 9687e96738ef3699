"""Images of an author's on a target: sent blob by blob, loaded there by their content, the same contract inside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stageline.lab.afar.clearing import collect_afar
from stageline.lab.gc import collect
from stageline.model.status import Status
from stageline.runtimes.archived import SAVED
from stageline.runtimes.oci import Image, blob_path
from stageline.runtimes.sandbox import Runtime
from stageline.targets.layers import write_archive
from tests.contract.lab.lab_runs import Bench
from tests.contract.lab.test_own_images import LAB, TOLD, prepare
from tests.contract.lab_targets.ways import Way
from tests.contract.runtimes.ready import ready
from tests.contract.runtimes.saved import FORMS, an_image, forget, saved
from tests.engines.control import Engines

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory, engines: Engines) -> dict[str, tuple[Path, Image]]:
    """An archive in each form."""
    environ = {**ready(Runtime.DOCKER, engines), **ready(Runtime.PODMAN, engines)}
    return {form: saved(form, tmp_path_factory.mktemp("image"), environ) for form in FORMS}


@pytest.fixture(params=FORMS)
def contained(
    request: pytest.FixtureRequest, container_engine: str, archives: dict[str, tuple[Path, Image]], bench: Bench
) -> Iterator[Bench]:
    """An experiment whose image, in each form, the engine does not know."""
    archive, image = archives[request.param]
    bench.runtime = Runtime(container_engine)
    forget(bench.runtime, image)
    prepare(bench, archive)
    yield bench
    forget(bench.runtime, image)


def test_jobs_there_run_in_it_under_the_contract_of_all_jobs(contained: Bench, ways: dict[str, Way]) -> None:
    lab = ways["here"].over(contained).build(LAB)
    run = contained.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    assert contained.text(contained.job("inside"), "told").splitlines() == TOLD
    out = lab.out(contained.job("inside")) / "told"
    assert (out.stat().st_uid, out.stat().st_gid) == (os.getuid(), os.getgid())
    assert contained.text(contained.job("outside"), "lines") == f"{len(TOLD)}\n"


def blobs(home: Path, image: Image) -> dict[str, int]:
    """The files of an image's layout in a home, with their numbers on the disk."""
    (config,) = home.glob(f"image/*/{blob_path(image.config)}")
    folder = config.parents[2]
    assert (folder / SAVED).exists()
    return {path.name: path.stat().st_ino for path in config.parent.iterdir()}


def test_of_another_image_only_other_layers_are_sent(
    ways: dict[str, Way], bench: Bench, engines: Engines, tmp_path: Path
) -> None:
    ways["here"].over(bench)
    bench.runtime = Runtime.PODMAN
    prepare(bench, Path(os.devnull))
    images = [an_image(tmp_path / name) for name in ("one", "two")]
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in ready(Runtime.PODMAN, engines).items():
            patch.setenv(variable, value)
        for name, image in zip(("one", "two"), images, strict=True):
            write_archive(tmp_path / name, tmp_path / "own.tar")
            (tmp_path / "own.tar").replace(bench.folder / "own.tar")
            bench.build(LAB)
            run = bench.run()
            assert run is not None
            assert run.status is Status.SUCCEEDED, run.failure
            forget(bench.runtime, image)
    one, two = (blobs(ways["here"].home, image) for image in images)
    assert (len(one), len(two)) == (3, 3)
    assert collect(bench.home).garbage == ()
    assert collect_afar(ways["here"].reached, "here", bench.home).labs.garbage == ()
    (shared,) = one.keys() & two.keys()
    assert one[shared] == two[shared], "it was sent again"

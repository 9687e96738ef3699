"""A Lab as it is built: its layout, the same bytes anywhere, only what is new, and results that stay."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from stageline.errors import ConfigError, DocumentError, MissingDependency
from stageline.lab.build import build
from stageline.lab.capture import Capture
from stageline.lab.identity import part_id
from stageline.lab.read import read_lab
from stageline.lab.verify import verify
from stageline.targets.layers import write_archive
from tests.contract.lab.building import LAB, MORE, built, experiment, lab_in, options, packages, stamps, tools, tree
from tests.contract.runtimes.saved import an_image

SCATTERED = """
from stageline.lab import Lab, Run, scatter_gather, stage

@stage(outputs={"work__items": "$out/items.json", "worker__arg": {"index": 0}}, params={"chunks": 2})
def split(inputs, outputs, params):
    return f"seq {params.chunks} > {outputs.work__items}"

@stage(inputs={"worker__item": ""}, outputs={"part": "$out/part.csv"})
def each(worker__item: "Path", part: "Path"):
    part.write_text(worker__item.read_text())

@stage(inputs={"worker__outs": "[]"}, outputs={"whole": "$out/whole.csv"})
def join(inputs, outputs, params):
    return f'cat "{inputs.worker__outs}" > {outputs.whole}'

from pathlib import Path
lab = Lab(runs=[Run("r", scatter_gather("sweep", scatter=split, worker=each, gather=join))])
"""


def test_the_layout_is_as_documented(tmp_path: Path) -> None:
    report = built(tmp_path)
    lab = read_lab(report.output)
    assert {path.name for path in report.output.iterdir()} >= {"lab", "revision", "jobs", "host-tools", "image"}
    assert json.loads((report.output / "lab/lab-metadata.json").read_bytes())["id"] == report.lab
    revision = {path.name for path in (report.output / "revision").iterdir()}
    assert revision == {"metadata.json", "files.json", lab.manifest_file("simulation").name}
    for job in lab.plan.jobs.values():
        folder = report.output / "jobs" / f"{job.id}-{job.pname}-{job.version}"
        assert {path.name for path in folder.iterdir()} == {"bin", "out"}
        assert {path.name for path in (folder / "bin").iterdir()} == {job.pname, f"{job.pname}.sh"}
        assert os.access(folder / "bin" / job.pname, os.X_OK)
    (base,) = tools()
    assert (report.output / "host-tools" / base.digest / "bin/seq").read_text() == "tool seq"


def test_every_file_is_listed_with_its_digest_and_size(tmp_path: Path) -> None:
    lab = lab_in(tmp_path)
    there = {path: content for path, (_, content) in tree(lab.home.root).items() if (lab.home.root / path).is_file()}
    pooled = {path: content for path, content in there.items() if path.startswith(("jobs/", "inputs/", "host-tools/"))}
    assert set(lab.files) == set(pooled)
    for path, mark in lab.files.items():
        if not mark.link:
            assert (mark.digest, mark.size) == (sha256(pooled[path]).hexdigest(), len(pooled[path]))
    assert sum(mark.executable for mark in lab.files.values()) == 4 + len(tools()[0].tools) - 1
    assert verify(lab) == ()


def test_the_plan_can_be_read_from_it(tmp_path: Path) -> None:
    lab = lab_in(tmp_path)
    assert lab.plan.version == "2.1"
    assert list(lab.plan.runs) == ["simulation"]
    assert sorted(job.stage for job in lab.plan.jobs.values()) == ["producer", "producer", "summer", "summer"]
    assert {job.place.file for job in lab.plan.jobs.values()} == {"lab.py"}
    run = lab.plan.runs["simulation"]
    assert [use.stage for use in run.uses] == ["producer", "summer"]
    assert run.uses[0].origins["slope"].by == "run"


@pytest.mark.parametrize("text", [LAB, SCATTERED])
def test_ids_follow_from_what_is_in_the_lab(tmp_path: Path, text: str) -> None:
    lab = lab_in(tmp_path, text)
    parts = [(job, name, part) for job in lab.plan.jobs.values() for name, part in job.parts.items()]
    assert parts
    for job, name, part in parts:
        assert part.id == part_id(lab.ingredients(job, name))


def test_each_part_of_a_scatter_gather_has_a_folder(tmp_path: Path) -> None:
    lab = lab_in(tmp_path, SCATTERED)
    (job,) = lab.plan.jobs.values()
    folder = lab.root / "jobs" / job.folder / "bin"
    found = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    each = {"step-worker/each", "step-worker/each.sh", "step-worker/each.py"}
    assert found == each | {"scatter/split", "scatter/split.sh", "gather/join", "gather/join.sh"}
    assert lab.executable(job, "gather") == (folder / "gather/join").resolve()


def test_two_builds_are_the_same_bytes(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "another folder"
    built(one)
    mask = os.umask(0o077)
    try:
        built(two)
    finally:
        os.umask(mask)
    first, second = tree(one / ".stageline"), tree(two / ".stageline")
    del first["lab.lock"], second["lab.lock"], first[".gitignore"], second[".gitignore"]
    assert first == second
    assert len(first) > 40


def test_two_tars_are_the_same_bytes(tmp_path: Path) -> None:
    digests = set()
    for name in ("one", "two"):
        build(experiment(tmp_path / name), tmp_path / f"{name}.tar", options(tmp_path / name, tar=True))
        digests.add(sha256((tmp_path / f"{name}.tar").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_a_tar_that_is_packed_on_another_day_is_the_same_bytes(tmp_path: Path) -> None:
    file, packing = experiment(tmp_path), options(tmp_path, tar=True)
    build(file, tmp_path / "one.tar", packing)
    for path in (tmp_path, *tmp_path.rglob("*")):
        os.utime(path, (1e9, 1e9), follow_symlinks=False)
    build(file, tmp_path / "two.tar", packing)
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_the_revision_of_git_makes_another_lab_of_the_same_jobs(tmp_path: Path) -> None:
    file = experiment(tmp_path)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path)]
    subprocess.run([*git, "init", "-q"], check=True)
    labs = []
    for message in ("first", "second"):
        subprocess.run([*git, "add", "lab.py", "config.json"], check=True)
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", message], check=True)
        labs.append(read_lab(build(file, tmp_path / "result", options(tmp_path)).output))
    one, two = labs
    assert one.metadata.revision != two.metadata.revision != ""
    assert one.id != two.id
    assert one.plan.jobs == two.plan.jobs


def test_the_order_of_attributes_changes_no_byte(tmp_path: Path) -> None:
    one = built(tmp_path / "one")
    other = '{"note": "plain", "slope": 1}'
    two = built(tmp_path / "two", LAB.replace('{"slope": 1, "note": "plain"}', other))
    assert one.lab == two.lab


def test_what_is_unchanged_is_not_written_again(tmp_path: Path) -> None:
    built(tmp_path)
    before = stamps(tmp_path / ".stageline")
    assert built(tmp_path).written == 0
    assert stamps(tmp_path / ".stageline") == before
    assert built(tmp_path, MORE).written == 2 * 2 + 4
    after = stamps(tmp_path / ".stageline")
    assert {name: after[name] for name in before} == before


def test_results_stay_where_they_are(tmp_path: Path) -> None:
    lab = lab_in(tmp_path)
    for job in lab.plan.jobs.values():
        (lab.out(job) / "data.csv").write_text(job.id)
    fewer = lab_in(tmp_path, LAB.replace("[1, 2]", "[2]"))
    assert len(fewer.plan.jobs) == 2
    for job in fewer.plan.jobs.values():
        assert (tmp_path / "result/jobs" / job.folder / "out/data.csv").read_text() == job.id
    again = lab_in(tmp_path)
    assert all((again.out(job) / "data.csv").read_text() == job.id for job in again.plan.jobs.values())


def test_two_labs_of_a_project_share_equal_jobs(tmp_path: Path) -> None:
    one = lab_in(tmp_path)
    (tmp_path / "other.py").write_text(MORE)
    two = read_lab(build(tmp_path / "other.py", tmp_path / "other", options(tmp_path)).output)
    assert one.root != two.root
    assert {one.out(job) for job in one.plan.jobs.values()} < {two.out(job) for job in two.plan.jobs.values()}


def test_a_changed_script_is_put_right_by_the_next_build(tmp_path: Path) -> None:
    lab = lab_in(tmp_path)
    job = next(iter(lab.plan.jobs.values()))
    script = lab.path(f"jobs/{job.folder}/bin/{job.pname}.sh")
    script.write_text("echo changed")
    lab.executable(job).chmod(0o644)
    assert len(verify(lab)) == 2
    assert built(tmp_path).written == 2
    assert verify(lab) == ()


def test_damaged_tools_and_inputs_are_put_right(tmp_path: Path) -> None:
    lab = lab_in(tmp_path)
    (base,) = tools()
    lab.path(f"host-tools/{base.digest}/bin/seq").unlink()
    next(lab.path("inputs").rglob("config.json")).write_text("{}")
    assert [change.what for change in verify(lab)] == ["missing", "changed"]
    built(tmp_path)
    assert verify(lab) == ()


def test_a_copy_with_its_links_followed_is_its_own_home(tmp_path: Path) -> None:
    lab = lab_in(tmp_path)
    shutil.copytree(tmp_path / "result", tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / ".stageline")
    copy = read_lab(tmp_path / "elsewhere")
    assert (copy.id, copy.home.root) == (lab.id, tmp_path / "elsewhere")
    assert verify(copy) == ()


def test_a_project_can_be_moved(tmp_path: Path) -> None:
    lab = lab_in(tmp_path / "before")
    (tmp_path / "before").rename(tmp_path / "after")
    assert read_lab(tmp_path / "after/result").id == lab.id


def test_inputs_are_copied_as_they_are(tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    (folder / "deep").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "deep/one.csv").write_text("1")
    (folder / "run.sh").write_text("true")
    (folder / "run.sh").chmod(0o700)
    (folder / "linked").symlink_to("run.sh")
    lab = lab_in(tmp_path, LAB.replace('"config.json"', '"tables"'))
    (wire,) = {str(job.body.ingredients.inputs.get("config")) for job in lab.plan.jobs.values() if job.body} - {"None"}
    copied = lab.path(wire.partition("path='")[2].partition("'")[0])
    assert copied.name == "tables"
    assert (copied / "empty").is_dir()
    assert (copied / "linked").read_text() == "true"
    assert os.access(copied / "run.sh", os.X_OK)
    shutil.rmtree(folder)
    assert verify(lab) == ()


@pytest.mark.parametrize("config", ["config.json", "config.json/tool"])
def test_whether_an_input_can_be_executed_is_content(tmp_path: Path, config: str) -> None:
    """A script that is run, or that is in a folder which is taken along."""
    experiment(tmp_path)
    if "/" in config:
        (tmp_path / "config.json").unlink()
        (tmp_path / "config.json").mkdir()
        (tmp_path / config).write_text("echo")
    build(tmp_path / "lab.py", tmp_path / "result", options(tmp_path))
    plain = read_lab(tmp_path / "result")
    (tmp_path / config).chmod(0o755)
    build(tmp_path / "lab.py", tmp_path / "result", options(tmp_path))
    executable = read_lab(tmp_path / "result")
    assert not set(plain.plan.jobs) & set(executable.plan.jobs)
    taken = [path for path, mark in executable.files.items() if mark.executable and path.startswith("inputs/")]
    assert len(taken) == 1
    (tmp_path / config).chmod(0o640)
    build(tmp_path / "lab.py", tmp_path / "result", options(tmp_path))
    assert read_lab(tmp_path / "result").id == plain.id
    assert verify(read_lab(tmp_path / "result")) == ()


def test_an_input_with_a_link_to_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/gone").symlink_to("nowhere")
    with pytest.raises(DocumentError, match="tables/gone is a link that leads to no file; put there what it leads to"):
        built(tmp_path, LAB.replace('"config.json"', '"tables"'))


def test_locks_and_images_are_taken_along(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").write_text("locked")
    an_image(tmp_path / "layout")
    write_archive(tmp_path / "layout", tmp_path / "tools.tar")
    text = LAB.replace("import Lab,", "import Lab, image, uv,")
    text = text.replace('@stage(inputs={"config"', "@stage(environment=uv('uv.lock'), inputs={\"config\"")
    text = text.replace('@stage(inputs={"data"', "@stage(environment=image('tools.tar'), inputs={\"data\"")
    lab = lab_in(tmp_path, text)
    by_kind = {one.environment.kind: one for one in lab.metadata.tools}
    assert lab.path(by_kind["uv"].environment.path).read_text() == "locked"
    assert lab.path(by_kind["image"].environment.path).read_bytes() == (tmp_path / "tools.tar").read_bytes()
    captures = {kind: lab.captures(one.environment) for kind, one in by_kind.items()}
    (lock,) = packages(by_kind["uv"].environment)
    assert captures == {"uv": (lock.digest, tools()[0].digest), "image": (tools()[0].digest,)}


def test_the_image_is_made_when_asked_for(tmp_path: Path) -> None:
    report = build(experiment(tmp_path), tmp_path / "result", options(tmp_path, image=True))
    lab = read_lab(report.output)
    layout = lab.path(f"image/{lab.metadata.image}")
    manifest = json.loads((layout / "manifest.json").read_bytes())
    assert len(manifest[0]["Layers"]) == 2
    assert verify(lab) == ()
    assert any(path.startswith(f"image/{lab.metadata.image}/blobs/") for path in lab.files)
    assert build(experiment(tmp_path), tmp_path / "result", options(tmp_path, image=True)).written == 0


def test_what_no_build_has_made_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "result").mkdir()
    with pytest.raises(ConfigError, match="result is there, and is no link to a Lab; move it away"):
        built(tmp_path)
    (tmp_path / "result").rename(tmp_path / "mine")
    (tmp_path / "result").symlink_to("mine")
    with pytest.raises(ConfigError, match="result is there, and is no link to a Lab; move it away"):
        built(tmp_path)
    with pytest.raises(ConfigError, match="no-such is no folder"):
        build(tmp_path / "lab.py", tmp_path / "no-such/result", options(tmp_path))
    assert not (tmp_path / ".stageline").exists()


def test_a_link_to_a_lab_that_is_gone_is_replaced(tmp_path: Path) -> None:
    shutil.rmtree(lab_in(tmp_path).root)
    assert verify(lab_in(tmp_path)) == ()


def test_a_tool_that_is_not_there_is_told_with_its_stage(tmp_path: Path) -> None:
    def capture(names: object) -> tuple[Capture, ...]:
        raise MissingDependency("there is no program 'simulate' on this machine")

    given = options(tmp_path)
    file = experiment(tmp_path)
    with pytest.raises(MissingDependency, match=r"lab\.py:4:1: producer\.run_dependencies: there is no program"):
        build(file, tmp_path / "result", type(given)(home=given.home, capture=capture, machine="x86_64"))
    assert not (tmp_path / "result").exists()


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    if os.geteuid() == 0:
        (tmp_path / "file").write_text("")
        yield tmp_path / "file"
    else:
        (tmp_path / "folder").mkdir(mode=0o500)
        yield tmp_path / "folder"


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path, read_only: Path) -> None:
    given = options(read_only)
    with pytest.raises(ConfigError, match="cannot be written to"):
        build(experiment(tmp_path), tmp_path / "result", given)

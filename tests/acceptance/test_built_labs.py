"""Experiments as the documents describe them, built into one tar, and run where there is nothing but that and /proc."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import assert_never

import pytest

from stageline import Lab
from stageline.lab.build import BuildOptions, build
from stageline.lab.host_tools import HostTools
from stageline.lab.layout import ONLY_PART, executables
from stageline.lab.model import (
    FromFile,
    FromItem,
    FromJob,
    FromRun,
    FromScatter,
    FromStep,
    FromStore,
    FromWorkers,
    Job,
    Part,
    Wire,
)
from stageline.lab.read import BuiltLab
from stageline.lab.script import job_argv, job_environment
from stageline.lab.script_check import ScriptCheck
from stageline.lab.unpack import open_lab
from stageline.lab.verify import verify
from stageline.model.status import Status
from stageline.targets.logs import read_ends
from stageline.targets.process import Command, run
from tests.contract.cli.calling import Project

LAB = '''
from pathlib import Path
from stageline.lab import Lab, Run, pipeline, scatter_gather, stage

@stage(version="1.2", inputs={"settings": "settings.json"}, outputs={"table": "$out/table.csv", "log": "$out/run.log"},
       params={"size": 3, "method": "even"}, run_dependencies=["python3"])
def generator(inputs, outputs, params):
    return f"""
        echo "makes {params.size} numbers" | tee "{outputs.log}"
        step=$(jq -r .step "${{inputs[settings]}}")
        python3 -c 'import sys; print(*range(0, int(sys.argv[1]) * int(sys.argv[2]), int(sys.argv[2])), sep="\\\\n")' \\
            {params.size} "$step" > "{outputs.table}"
    """

@stage(inputs={"table": ""}, outputs={"total": "$out/total.json"})
def total(table: Path, total: Path):
    import json
    total.write_text(json.dumps(sum(map(int, table.read_text().split()))) + "\\n")

@stage(inputs={"total": ""}, outputs={"work__items": "$out/work_items.json", "worker__arg": {"index": 0, "name": ""}},
       params={"chunks": 2})
def split(inputs, outputs, params):
    return f"""
        jq -n '[range({params.chunks}) | {{index: ., name: "c\\\\(.)"}}]' > "{outputs.work__items}"
    """

@stage(inputs={"worker__item": ""}, outputs={"result": "$out/partial.csv"})
def work(inputs, outputs, params):
    return f"""
        index=$(jq -r .index < "{inputs.worker__item}")
        echo "did $index" > "{outputs.result}"
    """

@stage(inputs={"worker__outs": "[]"}, outputs={"final": "$out/final.csv"})
def join(inputs, outputs, params):
    return f"""
        jq -r '.[].result' < "{inputs.worker__outs}" | xargs cat > "{outputs.final}"
    """

sweep = scatter_gather("parameter-sweep", scatter=split, worker=work, gather=join)

@stage(inputs={"metadata__simulation": "", "store__base": ""}, outputs={"found": "$out/found.txt"})
def analyse(inputs, outputs, params):
    return f"""
        jq -r '.jobs[] | .id + "-" + .pname + "-" + .version' "{inputs.metadata__simulation}" | while read -r folder; do
            find "{inputs.store__base}/$folder/out" -name total.json
        done | xargs cat | sort > "{outputs.found}"
    """

@pipeline
def simulate():
    return sweep(total(generator()))

lab = Lab(version="3", runs=[
    Run("simulation", simulate, params={"size": [3, 5]}),
    Run("analysis", analyse, depends_on="simulation"),
])
'''


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> BuiltLab:
    """Built with this machine's tools, packed, and unpacked in a folder with a blank in its name."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "lab.py").write_text(LAB)
    (folder / "settings.json").write_text('{"step": 2}')
    tools = HostTools(os.environ["PATH"], folder / "scratch", folder / "cache")
    check = ScriptCheck(folder / "check", os.environ["PATH"])
    options = BuildOptions(
        home=folder / ".stageline", capture=tools.environment, check=check, tar=True, machine="x86_64"
    )
    assert build(folder / "lab.py", folder / "lab.tar", options).concerns == ()
    return open_lab(folder / "lab.tar", folder / "some where")


class Inside:
    """Runs parts of jobs in a root that holds the Lab's home at /home, and /proc."""

    def __init__(self, lab: BuiltLab, logs: Path) -> None:
        self.lab = lab
        self.logs = logs
        self.made: dict[str, str] = {}

    def run(self, job: Job, name: str, out: str, given: Mapping[str, str]) -> None:
        """Run a part; its outputs go to a folder of the home."""
        part, home = job.parts[name], self.lab.home.root
        environment = part.ingredients.environment
        path = [f"/home/{folder}" for folder in self.lab.tool_folders(environment)]
        locales = self.lab.locales(environment)
        variables = job_environment(f"/home/{out}", path, locales and f"/home/{locales}")
        executable = f"/home/{executables(job)[name]}"
        inputs = {key: given.get(key) or self.path(wire) for key, wire in part.ingredients.inputs.items()}
        argv = job_argv([f"{path[-1]}/bash"], executable, inputs)
        (home / out).mkdir(parents=True, exist_ok=True)
        binds = ["--ro-bind", str(home), "/home", "--bind", str(home / out), f"/home/{out}", "--proc", "/proc"]
        sets = [word for key, value in variables.items() for word in ("--setenv", key, value)]
        bwrap = ("bwrap", "--unshare-all", "--clearenv", *binds, *sets, "--", *argv)
        ended = run(Command(argv=bwrap, folder=self.logs / part.id))
        assert ended.code == 0, read_ends(ended.stderr)

    def path(self, wire: Wire) -> str:
        """Where an input is, in there."""
        match wire:
            case FromJob(id, output):
                job = self.lab.plan.jobs[id]
                return f"/home/jobs/{job.folder}/{job.outputs[output].replace('$out', 'out')}"
            case FromFile(path):
                return f"/home/{path}"
            case FromRun(run):
                return f"/home/labs/{self.lab.id}/{self.lab.entries[run].manifest.path}"
            case FromStore():
                return "/home/jobs"
            case FromScatter() | FromStep() | FromItem() | FromWorkers():
                raise AssertionError(wire)
            case _:
                assert_never(wire)


def simple(lab: BuiltLab, stage: str) -> list[Job]:
    return [job for job in lab.plan.jobs.values() if job.stage == stage]


def test_a_lab_runs_where_nothing_else_is(lab: BuiltLab, tmp_path: Path) -> None:
    inside = Inside(lab, tmp_path)
    for job in lab.plan.jobs.values():
        if job.scattered is None:
            inside.run(job, ONLY_PART, f"jobs/{job.folder}/out", {})
    tables = [(lab.out(job) / "table.csv").read_text().split() for job in simple(lab, "generator")]
    assert tables == [["0", "2", "4"], ["0", "2", "4", "6", "8"]]
    assert [json.loads((lab.out(job) / "total.json").read_text()) for job in simple(lab, "total")] == [6, 20]
    (analysis,) = simple(lab, "analyse")
    assert (lab.out(analysis) / "found.txt").read_text().split() == ["20", "6"]
    assert verify(lab) == ()


def test_the_parts_of_a_scatter_gather_run_there_too(lab: BuiltLab, tmp_path: Path) -> None:
    inside = Inside(lab, tmp_path)
    job = next(job for job in lab.plan.jobs.values() if job.scattered is not None)
    assert job.scattered is not None
    folder, home = f"jobs/{job.folder}", lab.home.root
    (home / folder / "in").mkdir()
    inside.run(job, "scatter", f"{folder}/out/scatter", {})
    items = json.loads((home / folder / "out/scatter/work_items.json").read_text())
    assert items == [{"index": 0, "name": "c0"}, {"index": 1, "name": "c1"}]
    outs = []
    for at, item in enumerate(items):
        (home / folder / f"in/{at}.json").write_text(json.dumps(item))
        given = {"worker__item": f"/home/{folder}/in/{at}.json"}
        inside.run(job, "step-worker", f"{folder}/out/{at}", given)
        outs.append({"result": f"/home/{folder}/out/{at}/partial.csv"})
    (home / folder / "in/outs.json").write_text(json.dumps(outs))
    inside.run(job, "gather", f"{folder}/out/gather", {"worker__outs": f"/home/{folder}/in/outs.json"})
    assert (home / folder / "out/gather/final.csv").read_text() == "did 0\ndid 1\n"


def test_the_command_runs_all_of_it_from_the_tar(lab: BuiltLab, tmp_path: Path) -> None:
    tar, project = lab.home.root.parent / "lab.tar", Project(tmp_path)
    assert project.call("run", "--lab", str(tar), "-j", "2").code == 0
    found = Lab.from_path(tar, home=tmp_path / ".stageline")
    assert {job.status for job in found.jobs()} == {Status.SUCCEEDED}
    assert [job.load_text("table").split() for job in found.filter(stage="generator")] == [
        ["0", "2", "4"],
        ["0", "2", "4", "6", "8"],
    ]
    assert {job.load_text() for job in found.filter(stage="parameter-sweep")} == {"did 0\ndid 1\n"}
    assert found.filter(stage="analyse")[0].load_text().split() == ["20", "6"]
    assert "nothing to do" in project.call("run", "--lab", str(tar)).out


def test_only_the_environments_that_are_asked_for_have_more_than_the_base(lab: BuiltLab) -> None:
    def captures(part: Part) -> int:
        return len(lab.captures(part.ingredients.environment))

    found = {job.stage: captures(next(iter(job.parts.values()))) for job in lab.plan.jobs.values()}
    assert found == {"generator": 2, "total": 2, "parameter-sweep": 1, "analyse": 1}

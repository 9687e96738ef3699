"""The documented gather in a folder with blanks: it is said why it will fail, wherever the Lab is about to be run."""

from __future__ import annotations

from tests.contract.cli.calling import Project

LAB = '''
from stageline.lab import Lab, Run, scatter_gather, stage

@stage(outputs={"work__items": "$out/items.json", "worker__arg": {"n": 0}})
def scatter(inputs, outputs, params):
    return f"""jq -n '[range(2) | {{n: .}}]' > "{outputs.work__items}" """

@stage(inputs={"worker__item": ""}, outputs={"result": "$out/result"})
def worker(inputs, outputs, params):
    return f"""jq .n "{inputs.worker__item}" > "{outputs.result}" """

@stage(inputs={"worker__outs": ""}, outputs={"all": "$out/all"})
def gather(inputs, outputs, params):
    return f"""jq -r '.[].result' "{inputs.worker__outs}" | xargs cat > "{outputs.all}" """

lab = Lab(version="1", runs=[Run("r", scatter_gather("sums", scatter=scatter, worker=worker, gather=gather))])
'''
WARNING = "warning: lab.py:12:1: sums: xargs cuts paths at blanks and quotes, and the jobs are in "


def test_it_is_said_at_build_in_the_plan_and_at_run(project: Project) -> None:
    """The folder of the project has a blank in its name."""
    project.write("lab.py", LAB)
    assert "sums: xargs cuts paths at blanks" in project.call("build", "--no-check").err
    assert project.call("plan").err.startswith(WARNING)
    said = project.call("run", "--lab", "result")
    assert said.code == 1
    assert said.err.startswith(WARNING)
    (warning,) = project.call("plan", "--json").json["warnings"]
    assert warning["stage"] == "sums"


def test_in_a_folder_without_blanks_nothing_is_said_and_it_works(project: Project) -> None:
    plain = Project(project.folder.parent / "plain", project.env)
    plain.folder.mkdir()
    plain.write("lab.py", LAB)
    assert plain.call("build", "--no-check").err == ""
    assert plain.call("plan").err == ""
    assert plain.call("run", "--lab", "result").code == 0

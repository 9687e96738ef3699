"""The documented gather works in a folder with blanks as anywhere, and nothing is said against it."""

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


def test_it_works_and_nothing_is_said(project: Project) -> None:
    """The folder of the project has a blank in its name."""
    assert " " in str(project.folder)
    project.write("lab.py", LAB)
    assert project.call("build", "--no-check").err == ""
    assert project.call("plan").err == ""
    assert project.call("plan", "--json").json["warnings"] == []
    said = project.call("run", "--lab", "result")
    assert said.code == 0, said
    (made,) = project.folder.glob("result/jobs/*-sums-*/out/all")
    assert made.read_text() == "0\n1\n"

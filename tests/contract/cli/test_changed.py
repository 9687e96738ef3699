"""A run goes on with its workflow as it was; who has mended the file meanwhile is told."""

from tests.contract.cli.calling import Project

BROKEN = "stages: [{name: a, bash: 'echo a'}, {name: b, bash: 'echo broken; exit 1'}]\n"


def test_a_file_that_was_mended_is_not_read_again_and_that_is_said(project: Project) -> None:
    project.write("w.yml", BROKEN)
    assert project.call("run", "w.yml").code == 1
    assert "has changed" not in project.call("retry").err

    project.write("w.yml", BROKEN.replace("exit 1", "exit 0"))
    said = project.call("retry")
    assert said.code == 1
    begin = "w.yml has changed since this run began, which goes on with what it was; to use it: "
    (line,) = [line for line in said.err.splitlines() if line.startswith(begin)]
    assert line.removeprefix(begin) == "stageline run w.yml --from b"
    assert project.call(*line.removeprefix(begin).split()[1:]).code == 0
    assert project.last()["stages"][0]["outputs"]["stdout"] == "a\n"

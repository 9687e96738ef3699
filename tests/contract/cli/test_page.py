"""The page on the command line is true: what it calls works, in the order of the page."""

from tests.acceptance.pages import pages
from tests.contract.cli.calling import Project

PAGE = "docs/how-to/run-from-the-command-line.md"


def test_the_commands_of_the_page_work(project: Project) -> None:
    (page,) = [page for page in pages() if page.name == PAGE]
    blocks = [fence.text for fence in page.fences if fence.info == "console"]
    calls = [line.removeprefix("$ stageline ") for block in blocks for line in block.splitlines()]
    assert len(calls) > 8
    for call in calls:
        said = project.call(*call.split())
        assert said.code == 0, f"{call}: {said!r}"

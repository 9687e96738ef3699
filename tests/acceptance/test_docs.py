"""The documentation is true: its code runs and prints what it says, its links lead somewhere, nothing is left out."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from subprocess import PIPE, STDOUT

import pytest

from stageline.cli.table import ENTRIES
from stageline.config.settings import SETTINGS
from stageline.model.failure import Cause
from stageline.tasks.registry import BUILT_IN
from tests.acceptance.pages import MARK, POSTGRES, Page, anchor, pages
from tests.acceptance.program import ROOT, output_of
from tests.contract.cli.calling import Project

PAGES = {page.name: page for page in pages()}
RUNNING = [name for name, page in PAGES.items() if page.program().strip()]
CALLING = [name for name, page in PAGES.items() if page.commands]
FLOWING = [name for name, page in PAGES.items() if page.workflows]
INFO_STRINGS = ("python", "python shown", "yaml", "toml", "output", "console", "text", "mermaid", "sql", "bash")
WITH_FILE = re.compile(r"(python|yaml|toml|text) file=\S+")
CHANGING = re.compile(r"\b[0-9a-f]{16}\b|\b\d\d:\d\d:\d\d\b|\b\d+\.\ds\b")


@pytest.mark.parametrize("name", RUNNING)
def test_the_code_of_a_page_runs_and_prints_what_it_says(
    name: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    page, program = PAGES[name], PAGES[name].program()
    if POSTGRES in program:
        program = program.replace(POSTGRES, request.getfixturevalue("fresh_postgres_url"))
    write_all(page.files, tmp_path)
    path = tmp_path / "page.py"
    path.write_text(program)

    printed = output_of(path, cwd=tmp_path).split(MARK)

    for said, seen in zip(page.outputs(), printed, strict=False):
        if said is not None:
            assert seen == said


def write_all(files: dict[str, str], folder: Path) -> None:
    for file, text in files.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.mark.parametrize("name", FLOWING)
def test_the_workflows_of_a_page_pass_the_check(name: str, tmp_path: Path) -> None:
    page = PAGES[name]
    write_all({**page.files, **page.workflows}, tmp_path)
    said = Project(tmp_path).call("check", *page.workflows)
    assert said.code == 0, said


@pytest.mark.parametrize("name", CALLING)
def test_the_commands_of_a_page_print_what_it_says(name: str, tmp_path: Path) -> None:
    """Ids of runs and times aside, and who of those that run side by side was faster."""
    page = PAGES[name]
    write_all(page.files, tmp_path)
    env = Project(tmp_path).env
    for commands, said in page.commands:
        script = "\n".join(commands)
        ended = subprocess.run(
            ["bash", "-c", script], env=env, cwd=tmp_path, stdout=PIPE, stderr=STDOUT, text=True, check=False
        )
        assert lines(ended.stdout.replace(str(tmp_path), "/home/me/project")) == lines(said)


def lines(said: str) -> list[str]:
    return sorted(CHANGING.sub("…", said).splitlines())


def test_every_block_says_what_it_is() -> None:
    unknown = [
        f"{page.name}:{fence.line - 1}: {fence.info!r}"
        for page in PAGES.values()
        for fence in page.fences
        if fence.info not in INFO_STRINGS and not WITH_FILE.fullmatch(fence.info)
    ]
    assert unknown == []


def test_what_is_shown_as_toml_can_be_read() -> None:
    for page in PAGES.values():
        for fence in page.fences:
            if fence.info.partition(" ")[0] == "toml":
                tomllib.loads(fence.text)


def test_every_link_leads_somewhere() -> None:
    broken = [f"{page.name}: {link}" for page in PAGES.values() for link in page.links if not leads(page, link)]
    assert broken == []


def leads(page: Page, link: str) -> bool:
    """Whether the file of a link is there, and its heading."""
    file, _, heading = link.partition("#")
    target = (page.path.parent / file).resolve() if file else page.path
    if not target.exists() or (heading and target.is_dir()):
        return False
    return not heading or heading in PAGES[str(target.relative_to(ROOT))].anchors


def test_every_page_is_linked_from_the_index() -> None:
    index = PAGES["docs/README.md"]
    linked = {(index.path.parent / link.partition("#")[0]).resolve() for link in index.links}
    written = {page.path for page in PAGES.values() if page.name.startswith("docs/")} - {index.path}
    assert sorted(str(path) for path in written - linked) == []


def test_every_example_is_linked_from_their_page() -> None:
    index = PAGES["examples/README.md"]
    linked = {(index.path.parent / link).resolve() for link in index.links}
    folder = index.path.parent
    assert {path for path in folder.glob("*.py") if path not in linked} == set()
    shown = {path for path in linked for path in path.parents}
    folders = [path for path in (*folder.iterdir(), *(folder / "labs").iterdir()) if path.is_dir()]
    assert {path for path in folders if not path.name.startswith((".", "_"))} <= shown


def test_what_is_generated_is_up_to_date() -> None:
    argv = [sys.executable, str(ROOT / "tools" / "reference.py"), "--check"]
    checked = subprocess.run(argv, check=False, capture_output=True, text=True)
    assert (checked.stdout, checked.stderr, checked.returncode) == ("", "", 0)


@pytest.mark.parametrize(
    ("page", "headings"),
    [
        ("tasks", list(BUILT_IN)),
        ("names", ["task", "run", "join"]),
        ("cli", list(ENTRIES)),
        ("settings", [anchor(setting.name) for setting in SETTINGS]),
    ],
)
def test_the_reference_has_a_section_for_each(page: str, headings: list[str]) -> None:
    assert set(headings) <= PAGES[f"docs/reference/{page}.md"].anchors


def test_every_cause_is_used_or_explained_outside_the_reference() -> None:
    how_to = "".join(page.text for name, page in PAGES.items() if name.startswith("docs/how-to"))
    assert [cause.value for cause in Cause if f"`{cause.value}`" not in how_to] == []


def test_every_decision_has_its_three_parts() -> None:
    for name, page in PAGES.items():
        if name.startswith("docs/decisions/"):
            assert {"context", "decision", "consequence"} <= page.anchors, name

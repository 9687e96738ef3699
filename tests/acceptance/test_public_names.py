"""What `import stageline` and `import stageline.stages` offer: sorted, documented, there, and free until it is used."""

import subprocess
import sys

import pytest

import stageline
from stageline import stages
from stageline.document.kinds import known_kinds
from tests.acceptance.pages import pages

COSTLY = ("msgspec", "sqlite3", "asyncio", "psycopg", "subprocess", "yaml", "jinja2", "click", "rich", "socket", "uuid")


def test_the_list_is_sorted_and_has_no_name_twice() -> None:
    assert stageline.__all__ == sorted(set(stageline.__all__))


def test_each_name_is_there() -> None:
    assert [name for name in stageline.__all__ if getattr(stageline, name, None) is None] == []
    assert set(stageline.__all__) <= set(dir(stageline))


def test_each_name_has_a_section_in_the_reference() -> None:
    headings = {name: page.anchors for page in pages() if (name := page.name).startswith("docs/reference/")}
    documented = headings["docs/reference/names.md"] | headings["docs/reference/errors.md"]
    assert [name for name in stageline.__all__ if name.lower() not in documented] == []


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(stageline, "Manager")


@pytest.mark.parametrize("module", ["stageline", "stageline.stages"])
def test_the_import_loads_nothing_that_costs(module: str) -> None:
    assert loaded_by(f"import {module}", COSTLY) == "[]"


def test_the_kinds_are_sorted_constants_first_and_each_is_there() -> None:
    assert stages.__all__ == sorted(set(stages.__all__), key=lambda name: (not name.isupper(), name))
    assert [name for name in stages.__all__ if getattr(stages, name, None) is None] == []
    assert set(stages.__all__) <= set(dir(stages))
    assert not hasattr(stages, "StageManager")


def test_each_of_them_is_in_the_reference() -> None:
    (page,) = (page for page in pages() if page.name == "docs/reference/names.md")
    assert [name for name in stages.__all__ if f"| `{name}` |" not in page.text] == []


def test_every_kind_that_can_be_written_is_among_them() -> None:
    kinds = {
        kind.type.__name__ for kind in known_kinds().by_key.values() if kind.type.__module__.startswith("stageline.")
    }
    assert kinds <= set(stages.__all__)


def test_one_kind_loads_only_what_it_needs() -> None:
    assert loaded_by("from stageline.stages import EmptyStage", ("sqlite3", "psycopg", "asyncio", "yaml")) == "[]"


def test_one_name_loads_only_what_it_needs() -> None:
    assert loaded_by("from stageline import Workflow", ("sqlite3", "psycopg", "asyncio")) == "[]"


def loaded_by(statement: str, modules: tuple[str, ...]) -> str:
    """Which of these modules a statement loads into a fresh interpreter."""
    shown = f"print(sorted({set(modules)} & set(sys.modules) - before))"
    script = f"import sys; before = set(sys.modules); {statement}; {shown}"
    argv = [sys.executable, "-c", script]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

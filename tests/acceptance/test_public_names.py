"""What `import stageline` offers: sorted, documented, there, and free until it is used."""

import subprocess
import sys

import stageline
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


def test_the_import_loads_nothing_that_costs() -> None:
    assert loaded_by("import stageline", COSTLY) == "[]"


def test_one_name_loads_only_what_it_needs() -> None:
    assert loaded_by("from stageline import Workflow", ("sqlite3", "psycopg", "asyncio")) == "[]"


def loaded_by(statement: str, modules: tuple[str, ...]) -> str:
    """Which of these modules a statement loads into a fresh interpreter."""
    shown = f"print(sorted({set(modules)} & set(sys.modules) - before))"
    script = f"import sys; before = set(sys.modules); {statement}; {shown}"
    argv = [sys.executable, "-c", script]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

"""Writes the parts of docs/ that follow from the code: tables, diagrams, lists of names.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`; what the code cannot say is in reference.toml.
With --check nothing is written, and files that are not up to date are named.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tools.reference_cli import command_list, commands, common_options, settings  # noqa: E402
from tools.reference_expressions import filters, functions, tests  # noqa: E402
from tools.reference_kinds import kinds  # noqa: E402
from tools.reference_names import class_pages, lab_names, public_names, stage_names  # noqa: E402
from tools.reference_tables import (  # noqa: E402
    causes,
    effects,
    error_table,
    error_tree,
    events,
    messages,
    retry,
    run_diagram,
    run_steps,
    stage_diagram,
    stage_steps,
    statuses,
    task_settings,
)

PARTS: Mapping[str, Callable[[], str]] = {
    "causes": causes,
    "classes": class_pages,
    "command-list": command_list,
    "commands": commands,
    "common-options": common_options,
    "effects": effects,
    "error-table": error_table,
    "error-tree": error_tree,
    "events": events,
    "filters": filters,
    "functions": functions,
    "kinds": kinds,
    "labs": lab_names,
    "messages": messages,
    "names": public_names,
    "retry": retry,
    "run-diagram": run_diagram,
    "run-steps": run_steps,
    "settings": settings,
    "stage-diagram": stage_diagram,
    "stage-names": stage_names,
    "stage-steps": stage_steps,
    "statuses": statuses,
    "tasks": task_settings,
    "tests": tests,
}
BEGIN, END = "<!-- generated: ", "<!-- end -->"


def filled(text: str, where: str) -> str:
    """The page with each of its generated parts made anew."""
    written, *rest = text.split(BEGIN)
    for piece in rest:
        name, arrow, after = piece.partition(" -->\n")
        _, end, after = after.partition(END)
        if name not in PARTS or not arrow or not end:
            raise SystemExit(f"{where}: no generated part '{name.splitlines()[0]}', or its end is missing")
        written += f"{BEGIN}{name} -->\n\n{PARTS[name]().strip()}\n\n{END}{after}"
    return written


def outdated(folder: Path) -> dict[Path, str]:
    """The pages that are not what they should be, and what they should be."""
    pages = {page: page.read_text(encoding="utf-8") for page in sorted(folder.rglob("*.md"))}
    return {page: new for page, old in pages.items() if (new := filled(old, str(page))) != old}


def main(arguments: list[str]) -> int:
    changed = outdated(ROOT / "docs")
    for page, text in changed.items():
        if "--check" in arguments:
            print(f"{page.relative_to(ROOT)} is not up to date; run: python tools/reference.py")
        else:
            page.write_text(text, encoding="utf-8")
            print(f"wrote {page.relative_to(ROOT)}")
    return 1 if changed and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

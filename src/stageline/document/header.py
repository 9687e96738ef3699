"""The keys of a workflow that are no stages: they are few, and each is read here."""

from stageline.document.definition import Header, OnFailure
from stageline.document.values import BAD, Reading, read_value
from stageline.load.expect import choice, expect_mapping, expect_number, expect_str, wrong
from stageline.load.fields import Fields
from stageline.load.nodes import Node
from stageline.load.problems import Problems

HEADER = ("name", "desc", "params", "env", "on-failure", "timeout", "registry", "plugins")
STAGES, JOBS = "stages", "jobs"
KEYS = (*HEADER, STAGES, JOBS)


def read_header(fields: Fields, problems: Problems) -> Header:
    """The keys that are there; what is wrong with them is told."""
    on_failure: OnFailure = "fail-fast"
    if (node := fields.get("on-failure")) is not None:
        found = choice(node, problems, ("fail-fast", "keep-going"))
        on_failure = "keep-going" if found == "keep-going" else "fail-fast"
    return Header(
        desc=_text(fields.get("desc"), problems),
        env=read_env(fields.get("env"), problems),
        on_failure=on_failure,
        timeout=_timeout(fields.get("timeout"), problems),
        registry=_names(fields.get("registry"), problems),
        plugins=_names(fields.get("plugins"), problems),
    )


def read_env(node: Node | None, problems: Problems) -> dict[str, str]:
    """Variables as texts: numbers and truth values stand as they are written."""
    mapping = expect_mapping(node, problems) if node is not None else None
    texts = {}
    for name, entry in mapping.entries.items() if mapping else ():
        if "=" in name or "\0" in name or not name:
            problems.add(entry.key, "this is no name of a variable", "it is not empty and has no =")
        elif (text := expect_str(entry.value, problems, as_written=True)) is not None:
            texts[name] = text
    return texts


def _text(node: Node | None, problems: Problems) -> str:
    return (expect_str(node, problems) or "") if node is not None else ""


def _timeout(node: Node | None, problems: Problems) -> float | None:
    seconds = expect_number(node, problems) if node is not None else None
    if node is not None and seconds is not None and seconds <= 0:
        wrong(node, problems, "a number of seconds above 0")
        return None
    return seconds


def _names(node: Node | None, problems: Problems) -> tuple[str, ...]:
    """Names of modules; one needs no list."""
    if node is None:
        return ()
    names = read_value(list[str], node, Reading(problems, lambda _: BAD, dynamic=False))
    if names is BAD:
        return ()
    items = getattr(node, "items", (node,))
    return tuple(name for name, item in zip(names, items, strict=True) if _is_module(name, item, problems))


def _is_module(name: str, node: Node, problems: Problems) -> bool:
    if all(part.isidentifier() for part in name.split(".")):
        return True
    wrong(node, problems, "the name of a module, such as package.module")
    return False

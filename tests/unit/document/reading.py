"""What the tests of workflow files share: reading text, and what was said of it."""

import pytest

from stageline.document.definition import Document, WorkflowDefinition
from stageline.document.load import load_text
from stageline.document.plugins import refuse_plugin
from stageline.load.problems import LoadError


def document(text: str, slugs: bool = False) -> Document:
    return load_text(text, "flow.yml", "/project", plugins=refuse_plugin, slugs=slugs)


def workflow(text: str, slugs: bool = False) -> WorkflowDefinition:
    return document(text, slugs).only()


def mistakes(text: str, slugs: bool = False) -> list[str]:
    """What is wrong, without the file's name."""
    with pytest.raises(LoadError) as refused:
        document(text, slugs)
    return [str(problem).removeprefix("flow.yml:") for problem in refused.value.problems]


def mistake(text: str, slugs: bool = False) -> str:
    (only,) = mistakes(text, slugs)
    return only

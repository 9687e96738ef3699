"""The long form: jobs that each hold a list of stages, run side by side unless they need each other.

A job is a group of stages, and one with a matrix the same stages for each combination of its values.
"""

from stageline.document.stage import StageReader
from stageline.document.written import StageList
from stageline.load.expect import expect_mapping, wrong
from stageline.load.nodes import Node


def read_jobs(node: Node, reader: StageReader) -> StageList:
    """The jobs as the stages of the workflow's own list."""
    mapping = expect_mapping(node, reader.problems)
    if mapping is not None and not mapping.entries:
        wrong(node, reader.problems, "at least one job")
    return StageList("jobs", node, (), False)

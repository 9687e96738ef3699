"""One workflow of a file: its header, its parameters, and its stages or jobs, all checked against each other."""

import msgspec

from stageline.document.definition import Header, WorkflowDefinition
from stageline.document.expressions import Check
from stageline.document.header import HEADER, JOBS, KEYS, STAGES, read_header
from stageline.document.jobs import read_jobs
from stageline.document.order import Order
from stageline.document.params import read_params_block
from stageline.document.places import check_places
from stageline.document.scripts import check_python
from stageline.document.sight import Sight
from stageline.document.stage import StageReader
from stageline.document.written import StageList, walk
from stageline.expressions.placeholders import OPEN
from stageline.load.expect import expect_str
from stageline.load.fields import Fields, fields_of
from stageline.load.nodes import MapNode
from stageline.load.problems import Problems
from stageline.model.params import Param

_NOTHING_ABOVE = Order((), (), {}, (0,))
_KNOWN_TO_ENV = frozenset({"params", "secrets", "run"})


class Home(msgspec.Struct, frozen=True):
    """Where a file lies, and how the stages of it are named."""

    file: str
    folder: str
    slugs: bool = False


def read_workflow(node: MapNode, name: str, reader: StageReader, home: Home) -> WorkflowDefinition | None:
    """The workflow of this map, or None when it has no stages to speak of; what is wrong is told."""
    problems = reader.problems
    fields = fields_of(node, problems)
    meant = fields.refuse_unknown(KEYS, problems)
    header = read_header(fields, problems)
    node_of_params = fields.get("params")
    declared = read_params_block(node_of_params, problems) if node_of_params is not None else None
    written = _stages(fields, reader, meant)
    if written is None:
        return None
    check = Check(problems, declared, home.slugs)
    check.stages(written)
    _check_env(fields, check)
    check_places(written, problems)
    for each in walk(written):
        check_python(each, problems)
    params = declared if declared is not None else {each: Param("any", required=True) for each in check.used.params}
    return WorkflowDefinition(
        name=name,
        file=home.file,
        folder=home.folder,
        header=header,
        params=params,
        written=written,
        secrets=tuple(sorted(check.used.secrets)),
    )


def name_of(node: MapNode, problems: Problems, otherwise: str) -> str:
    """What a workflow is called."""
    entry = node.entries.get("name")
    if entry is None:
        return otherwise
    name = expect_str(entry.value, problems, as_written=True)
    if name is not None and (not name.strip() or not name.isprintable()):
        problems.add(entry.value, "the name of a workflow is a text on one line that is not blank")
    elif name is not None and OPEN in name:
        problems.add(entry.value, "placeholders in the name of a workflow are not filled in", "write out what it is")
    return name or otherwise


def plugins_of(node: MapNode) -> Header:
    """The header alone, for what must be done before the rest is read; its mistakes are told later."""
    return read_header(fields_of(node, Problems()), Problems())


def _stages(fields: Fields, reader: StageReader, meant: frozenset[str]) -> StageList | None:
    stages, jobs = fields.get(STAGES), fields.get(JOBS)
    if stages is not None and jobs is not None:
        key = fields.entries[JOBS].key
        reader.problems.add(key, "a workflow has stages or jobs, and not both", "put the stages into a job")
    if jobs is not None:
        return read_jobs(jobs, reader)
    if stages is not None:
        return reader.read_list(stages, STAGES)
    if meant.isdisjoint((STAGES, JOBS)):
        message = "this says nothing of what is to be done"
        reader.problems.add(fields.node, message, "write 'stages:' and a list of stages below it")
    return None


def _check_env(fields: Fields, check: Check) -> None:
    """Variables of the whole workflow are the same for all of its stages."""
    node = fields.get("env")
    if node is not None:
        check.values(node, Sight(_NOTHING_ABOVE, _KNOWN_TO_ENV), 0)


def is_workflow(node: MapNode) -> bool:
    """Whether a map is one workflow, as opposed to several under their names."""
    if not node.entries.keys().isdisjoint((STAGES, JOBS)):
        return True
    maps = all(isinstance(entry.value, MapNode) for entry in node.entries.values())
    return not (node.entries and maps and node.entries.keys().isdisjoint(HEADER))

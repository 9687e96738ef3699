"""The schema for editors says what the loader says: what loads is valid, and common mistakes are not."""

from typing import Any

import jsonschema
import pytest

from stageline.document.schema import json_schema
from stageline.load.nodes import plain
from stageline.load.read import read_documents
from tests.unit.document.reading import document
from tests.unit.document.test_workflows import JOBS, ONE, PARAMS

VALID = [
    ONE,
    PARAMS + ONE,
    JOBS,
    f"a: {{{ONE}}}\nb: {{{ONE}}}",
    "stages: [{name: a, sleep: 3}]",
    "stages: [{name: a, echo: x, sleep: '${{ params.n }}', if: true}]",
    "stages: [{name: a, bash: ls, env: {A: 1}, retry: {attempts: 2, max_delay: 3}, timeout: 3}]",
    "stages: [{name: a, uses: a/b@c, with: {x: [1]}}]",
    "stages: [{name: a, id: a, echo: a}, {name: b, needs: a, echo: b}, {name: c, needs: [a], raise: c}]",
    "stages: [{name: a, foreach: [1], concurrent: 2, stages: [{name: b, echo: b}]}]",
    "stages: [{name: a, foreach: '${{ params.x }}', use_index_as_key: true, stages: [{name: b, echo: b}]}]",
    "stages: [{name: a, until: '${{ item > 3 }}', item: 0, max-loop: 5, stages: [{name: b, echo: b}]}]",
    "stages: [{name: a, parallel: {x: [{name: b, echo: b}]}, max_workers: 3}]",
    "stages: [{name: a, case: x, match: [{case: x, stages: [{name: b, echo: b}]}], skip-not-match: true}]",
    "stages: [{name: a, try: [{name: b, echo: b}], catch: [{name: c, echo: c}], finally: [{name: d, echo: d}]}]",
    "stages: [{name: a, image: alpine, volume: {a: b}}]",
    "stages: [{name: a, approval: go on?}]",
    "stages: [{name: a, bash: a, runs_on: c}]",
    "params: {x: c}\nstages: [{name: a, bash: a, runs-on: {target: '${{ params.x }}', resources: {cpus: '${{ 1 }}'}}}]",
    f"jobs: {{a: {{runs-on: {{target: c, scheduler: slurm, resources: {{cpus: 1, mem: 4G}}}}, {ONE}}}}}",
    "stages: [{name: a, foreach: [1], concurrent: all, stages: [{name: b, echo: b}]}]",
]
WRONG = [
    "{}",
    "stages: []",
    "name: a",
    f"jobs: {{a: {{{ONE}}}}}\n{ONE}",
    f"on-failure: stop\n{ONE}",
    f"timeout: 0\n{ONE}",
    f"params: {{a: {{type: it}}}}\n{ONE}",
    "stages: [{echo: a}]",
    "stages: [{name: a}]",
    "stages: [{name: a, eco: a}]",
    "stages: [{name: a, echo: a, raise: b}]",
    "stages: [{name: a, sleep: 1801}]",
    "stages: [{name: a, echo: a, timeout: 0}]",
    "stages: [{name: a, bash: a, retry: -1}]",
    "stages: [{name: a, bash: a, retry: {delay: 1}}]",
    "stages: [{name: a, bash: a, on-failure: cont}]",
    "stages: [{name: a, foreach: [1], concurrent: 11, stages: [{name: b, echo: b}]}]",
    "stages: [{name: a, foreach: [1]}]",
    "stages: [{name: a, max-loop: 3, stages: [{name: b, echo: b}]}]",
    "stages: [{name: a, parallel: [{name: b, echo: b}]}]",
    "stages: [{name: a, stages: [{name: b, ecko: b}]}]",
    f"jobs: {{a: {{runs-on: [c], {ONE}}}}}",
    "stages: [{name: a, bash: a, runs-on: {host: c}}]",
    "stages: [{name: a, bash: a, runs-on: {target: c, scheduler: pbs}}]",
    "stages: [{name: a, bash: a, runs-on: {target: c, resources: {memory: 4G}}}]",
    f"jobs: {{a: {{strategy: {{matrx: {{}}}}, {ONE}}}}}",
]


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("text", VALID)
def test_what_loads_is_valid(text: str, validator: Any) -> None:
    document(text)
    assert [error.message for error in validator.iter_errors(_value(text))] == []


@pytest.mark.parametrize("text", WRONG)
def test_common_mistakes_are_not_valid(text: str, validator: Any) -> None:
    assert list(validator.iter_errors(_value(text)))


def _value(text: str) -> Any:
    return plain(read_documents(text, "flow.yml")[0])

"""A Lab on every kind of target makes the same as here, and what is done is not done again anywhere."""

from __future__ import annotations

from pathlib import Path

from stageline.lab.host_tools import HostTools
from stageline.model.status import Status
from tests.contract.lab.lab_runs import Bench
from tests.contract.lab_targets.ways import Way, all_records, results

LAB = """
@stage(inputs={"config": "config.json"}, outputs={"data": "$out/data.csv"}, params={"slope": 1, "note": ""})
def producer(inputs, outputs, params):
    return f'''
    echo working on {params.slope}; echo and told >&2
    jq .a < "{inputs.config}" > "{outputs.data}"
    seq {params.slope} >> "{outputs.data}"
    printf '%s|' "${{params[note]}}" "$(ls "$out")" "$(env | cut -d= -f1 | sort | tr '\\n' ' ')" >> "{outputs.data}"
    '''

@stage(inputs={"data": "", "metadata__first": "", "store__base": ""}, outputs={"seen": "$out/seen", "dir": "$out/dir"})
def reader(inputs, outputs, params):
    return f'''
    mkdir -p "{outputs.dir}/deep/empty"
    sort "{inputs.data}" > "{outputs.dir}/deep/sorted"
    ln -s deep/sorted "{outputs.dir}/a link"
    wc -l < "{inputs.data}" > "{outputs.seen}"
    jq -r .name < "{inputs.metadata__first}" >> "{outputs.seen}"
    cat "{inputs.store__base}"/*-producer-*/out/data.csv | wc -l >> "{outputs.seen}"
    '''

@stage(outputs={"work__items": "$out/items.json", "worker__arg": {"n": 0}})
def scatter(inputs, outputs, params):
    return f'''echo '[{{"n": 3}}, {{"n": 4}}]' > "{outputs.work__items}"'''

@stage(inputs={"worker__item": ""}, outputs={"square": "$out/square"})
def worker(inputs, outputs, params):
    return f'''n=$(jq .n < "{inputs.worker__item}"); echo $((n * n)) > "{outputs.square}"'''

@stage(inputs={"worker__outs": "[]"}, outputs={"all": "$out/all"})
def gather(inputs, outputs, params):
    return f'''jq -r '.[].square' < "{inputs.worker__outs}" | xargs -d '\\n' cat > "{outputs.all}"'''

squares = scatter_gather(pname="squares", scatter=scatter, worker=worker, gather=gather)

@pipeline
def read():
    return reader(producer())

lab = Lab(version="1", runs=[
    Run("first", [producer, squares], params={"slope": [1, 3], "note": ["a 'b' \\"c\\"\\n$d ü"]}),
    Run("second", read, params={"slope": [3]}, depends_on="first"),
])
"""


def prepared(bench: Bench) -> Bench:
    bench.folder.mkdir(parents=True, exist_ok=True)
    (bench.folder / "config.json").write_text('{"a": 7}')
    bench.build(LAB)
    return bench


def test_a_lab_makes_the_same_there_as_here(way: Way, bench: Bench, host_tools: HostTools, tmp_path: Path) -> None:
    run = way.over(prepared(bench)).run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    native = prepared(Bench(tmp_path / "native", host_tools))
    native.run()
    assert results(bench.home) == results(native.home)
    assert all_records(bench.home) == all_records(native.home) == all_records(way.home)
    assert bench.run() is None
    assert list(way.home.glob("run/*")) == []

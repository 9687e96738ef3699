"""A scatter-gather job at run time: items, branches, what is kept of each, and what failures mean."""

from __future__ import annotations

import msgspec
import pytest

from stageline.model.status import Status
from stageline.model.workflow import Workflow
from stageline.schedulers.admission import Amount
from tests.contract.lab.lab_runs import Bench

LAB = """
@stage(outputs={"work__items": "$out/items.json", "worker__arg": {"index": 0, "label": ""}}, params={"count": 3})
def scatter(inputs, outputs, params):
    return f'''
    cd ../../../..
    echo scatter >> times
    if [[ -e items ]]; then cp items "{outputs.work__items}"; exit; fi
    jq -n '[range({params.count}) | {{index: ., label: ("item " + tostring)}}]' > "{outputs.work__items}"
    '''

@stage(inputs={"worker__item": ""}, outputs={"doubled": "$out/a file"})
def double(inputs, outputs, params):
    return f'''
    n=$(jq .index < "{inputs.worker__item}")
    echo "double$n" >> "$out/../../../../times"
    echo $((2 * n)) > "{outputs.doubled}"
    '''

@stage(inputs={"doubled": ""}, outputs={"result": "$out/result"})
def add(inputs, outputs, params):
    return f'''
    n=$(cat "{inputs.doubled}")
    echo "add$n" >> "$out/../../../../times"
    [[ -e "$out/../../../../repaired" || $n != 2 ]] || exit 7
    echo $((n + 1)) > "{outputs.result}"
    '''

@stage(inputs={"worker__outs": "[]"}, outputs={"final": "$out/final"}, params={"twist": 0})
def gather(inputs, outputs, params):
    return f'''
    echo gather >> "$out/../../../../times"
    jq -r '.[].result' < "{inputs.worker__outs}" | while read -r path; do cat "$path"; done > "{outputs.final}"
    echo {params.twist} >> "{outputs.final}"
    '''

sweep = scatter_gather(
    pname="sweep",
    params={"count": 3, "twist": 0},
    scatter=scatter,
    steps={"double": double, "add": add},
    deps={"add": ["double"]},
    gather=gather,
)

lab = Lab(version="1", runs=[Run("r", sweep, params={"count": [COUNT], "twist": [TWIST]})])
"""


def lab(count: int = 3, twist: int = 0) -> str:
    return LAB.replace("COUNT", str(count)).replace("TWIST", str(twist))


def final(bench: Bench) -> list[str]:
    (job,) = bench.plan.jobs.values()
    return bench.text(job, "final").split()


def failed(run: Workflow | None) -> str:
    assert run is not None
    assert run.status is Status.FAILED
    return str(run.failure)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_each_item_has_its_branch_and_the_gather_sees_them_in_order(bench: Bench, count: int) -> None:
    bench.build(lab(count))
    (bench.folder / "repaired").touch()
    run = bench.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    assert final(bench) == [*(str(2 * number + 1) for number in range(count)), "0"]
    assert bench.run() is None


MANY = """
@stage(outputs={"work__items": "$out/items.json", "worker__arg": {"n": 0}})
def scatter(inputs, outputs, params):
    return f'''jq -n '[range(10000) | {{n: .}}]' > "{outputs.work__items}"'''

@stage(inputs={"worker__item": ""}, outputs={"said": "$out/said"})
def worker(inputs, outputs, params):
    return f'''read -r item < "{inputs.worker__item}"; echo "$item" > "{outputs.said}"'''

@stage(inputs={"worker__outs": "[]"}, outputs={"all": "$out/all"})
def gather(inputs, outputs, params):
    return f'''jq -r '.[].said' < "{inputs.worker__outs}" | xargs -d '\\n' cat > "{outputs.all}"'''

many = scatter_gather(pname="many", scatter=scatter, worker=worker, gather=gather)
lab = Lab(version="1", runs=[Run("r", many)])
"""


@pytest.mark.timeout(400)
def test_ten_thousand_items_come_together_in_order(bench: Bench) -> None:
    bench.build(MANY)
    run = bench.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED, run.failure
    (job,) = bench.plan.jobs.values()
    assert bench.text(job, "all").split() == [f'{{"n":{number}}}' for number in range(10_000)]
    assert bench.run() is None


def test_the_order_is_that_of_the_items_and_not_that_of_their_ends(bench: Bench) -> None:
    result = 'echo $((n + 1)) > "{outputs.result}"'
    first_waits_for_last = """
    [[ $n != 0 ]] || until [[ -e "$out/../../../../last" ]]; do sleep 0.01; done
    RESULT
    echo "ended$n" >> "$out/../../../../times"
    [[ $n != 4 ]] || touch "$out/../../../../last"
    """
    bench.build(lab().replace(result, first_waits_for_last.replace("RESULT", result)))
    (bench.folder / "repaired").touch()
    bench.run()
    ends = [word for word in bench.times if word.startswith("ended")]
    assert ends.index("ended4") < ends.index("ended0")
    assert final(bench) == ["1", "3", "5", "0"]


def test_a_failed_step_is_run_again_alone_and_the_gather_waits_for_it(bench: Bench) -> None:
    bench.build(lab())
    assert "1 of 3 items failed: item 1: " in failed(bench.run(keep_going=True))
    assert sorted(bench.times) == ["add0", "add2", "add4", "double0", "double1", "double2", "scatter"]
    (bench.folder / "repaired").touch()
    run = bench.run()
    assert run is not None
    assert run.status is Status.SUCCEEDED
    assert bench.times[7:] == ["add2", "gather"]
    assert final(bench) == ["1", "3", "5", "0"]


def test_after_a_failed_item_no_more_begin(bench: Bench) -> None:
    bench.build(lab(count=300))
    bench.capacity = Amount(1, 1)
    assert "1 of 300 items failed: item 1: " in failed(bench.run())
    assert "gather" not in bench.times
    assert "double299" not in bench.times


def test_a_changed_item_runs_its_branch_alone(bench: Bench) -> None:
    bench.build(lab())
    (bench.folder / "repaired").touch()
    bench.run()
    before = len(bench.times)
    items = [{"index": 0, "label": "item 0"}, {"index": 9, "label": "new"}, {"index": 2, "label": "item 2"}]
    (bench.folder / "items").write_bytes(msgspec.json.encode(items))
    (job,) = bench.plan.jobs.values()
    for path in (bench.home / "branches").glob("*/out/items.json"):
        path.unlink()
    (bench.lab.out(job) / "final").unlink()
    bench.run()
    assert bench.times[before:] == ["scatter", "double9", "add18", "gather"]
    assert final(bench) == ["1", "19", "5", "0"]


def test_another_gather_finds_all_branches_done(bench: Bench) -> None:
    bench.build(lab())
    (bench.folder / "repaired").touch()
    bench.run()
    before = len(bench.times)
    bench.build(lab(twist=4))
    bench.run()
    assert bench.times[before:] == ["gather"]
    assert final(bench) == ["1", "3", "5", "4"]


def test_force_runs_all_parts_again(bench: Bench) -> None:
    bench.build(lab())
    (bench.folder / "repaired").touch()
    bench.run()
    before = sorted(bench.times)
    assert {"scatter", "double0", "add4", "gather"} <= set(before)
    bench.run(force=True)
    assert sorted(bench.times) == sorted(before * 2)


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ('{"a": 1}', "work__items is a JSON list, not an object"),
        ("[1", "work__items is no JSON"),
        ('[{"index": 0, "label": ""}, {"index": 1}]', "item 1 has no 'label', which worker__arg has"),
        ('[{"index": 0, "label": "", "lable": 1}]', "item 0 has 'lable', which worker__arg has not; did you mean"),
        ('[{"index": "0", "label": ""}]', 'item 0: index is a text, "0"; worker__arg says a whole number'),
        ("[3]", "item 0 is a whole number, 3; worker__arg says an object"),
    ],
)
def test_items_that_are_not_as_promised_are_told_by_number(bench: Bench, items: str, words: str) -> None:
    bench.build(lab())
    (bench.folder / "items").write_text(items)
    assert words in failed(bench.run())
    assert bench.times == ["scatter"]

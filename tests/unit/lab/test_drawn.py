"""Labs as pictures, and pictures as text."""

from stageline.lab import Run, pipeline, scatter_gather, stage
from stageline.lab.drawn import Fold, drawing_of
from stageline.lab.node import Node as Called
from stageline.lab.view import View
from stageline.model.drawing import Cluster, Drawing, Edge, nodes_in
from stageline.model.status import Status
from tests.unit.lab.labs import jobs, plan


@stage(outputs={"x": "$out/x"}, params={"n": 1})
def make(params: View) -> str:
    return f"echo {params.n} > $out/x"


@stage(inputs={"x": ""}, outputs={"y": "$out/y"})
def read() -> str:
    return "cat > $out/y"


@pipeline
def both() -> Called:
    return read(make())


@stage(outputs={"work__items": "$out/items", "worker__arg": {"n": 0}})
def cut() -> str:
    return "echo > $out/items"


@stage(inputs={"worker__item": ""}, outputs={"y": "$out/y"})
def work() -> str:
    return "cat > $out/y"


@stage(inputs={"worker__outs": "[]"}, outputs={"z": "$out/z"})
def join() -> str:
    return "cat > $out/z"


def drawn(*runs: Run) -> Drawing:
    return drawing_of(plan(*runs), "t")


def labels(drawing: Drawing) -> list[tuple[str, ...]]:
    return [node.label for item in drawing.items for node in nodes_in(item)]


def test_a_run_of_few_jobs_shows_each() -> None:
    found = drawn(Run("r", both, params={"n": [1, 2]}))
    assert labels(found) == [("make", "n=1"), ("make", "n=2"), ("read",), ("read",)]
    assert [edge.label for edge in found.edges] == ["x", "x"]
    (cluster,) = found.items
    assert isinstance(cluster, Cluster)
    assert cluster.label == "r: 4 jobs"


def test_a_large_sweep_is_folded_by_stage() -> None:
    found = drawn(Run("r", both, params={"n": list(range(1000))}, groups="g"))
    assert labels(found) == [("make × 1,000", "n: 1,000 values"), ("read × 1,000",)]
    assert len(found.edges) == 1
    (cluster,) = found.items
    assert isinstance(cluster, Cluster)
    assert cluster.label == "r @g: 2000 jobs"
    assert len(labels(drawing_of(plan(Run("r", both, params={"n": list(range(1000))})), "t", "never"))) == 2000


def test_runs_are_joined_as_they_depend_on_each_other() -> None:
    found = drawn(Run("a", make), Run("b", make, depends_on="a"), Run("c", make, after="a"))
    assert found.edges == (Edge("run a", "run b"), Edge("run a", "run c", "", loose=True))


def test_a_scatter_gather_is_a_cluster() -> None:
    found = drawn(Run("r", scatter_gather("all", scatter=cut, worker=work, gather=join)))
    assert labels(found) == [("cut",), ("work", "for each item"), ("join",)]
    (run,) = found.items
    assert isinstance(run, Cluster)
    assert [(item.label, isinstance(item, Cluster)) for item in run.items] == [("all", True)]
    ends = [(edge.tail.rpartition("/")[2], edge.head.rpartition("/")[2], edge.label) for edge in found.edges]
    assert ends == [("scatter", "step-worker", "item"), ("step-worker", "gather", "all")]


def test_colours_tell_how_jobs_ended() -> None:
    made = plan(Run("r", make, params={"n": [1, 2]}))
    one, two = (job.id for job in jobs(made, "make"))

    def tones(first: Status, second: Status, fold: Fold) -> list[str]:
        drawing = drawing_of(made, "t", fold, {one: first, two: second})
        return [node.tone for item in drawing.items for node in nodes_in(item)]

    assert tones(Status.SUCCEEDED, Status.FAILED, "never") == ["done", "failed"]
    assert tones(Status.SUCCEEDED, Status.FAILED, "always") == ["failed"]
    assert tones(Status.SUCCEEDED, Status.NOT_STARTED, "always") == ["some"]
    assert tones(Status.NOT_STARTED, Status.NOT_STARTED, "always") == ["todo"]

"""A lab as its author writes it, and the jobs that it becomes."""

from importlib import import_module

import msgspec

import stageline.lab
from stageline.lab import Run, pipeline, stage
from stageline.lab.model import FromJob, LabPlan, Origin, StageType
from stageline.lab.stage import Stage
from stageline.lab.view import View
from tests.unit.lab.labs import body, jobs, only, plan, values


@stage(outputs={"data": "$out/data.csv"}, params={"slope": 1}, run_dependencies=["python3"])
def producer(inputs: View, outputs: View, params: View) -> str:
    return f"""
        python3 simulate.py --slope {params.slope} > "{outputs.data}"
    """


@stage(inputs={"table": ""}, outputs={"total": "$out/total.txt"})
def summer(inputs: View, outputs: View) -> str:
    return f'wc -l < "{inputs.table}" > "{outputs.total}"'


@pipeline
def simulate() -> object:
    produced = producer()
    return summer(table=produced["data"])


def sweep() -> LabPlan:
    return plan(Run("simulation", simulate, params={"slope": [1, 2, 5]}))


def test_each_value_is_a_job_of_each_stage_that_sees_it() -> None:
    made = sweep()
    assert [values(job) for job in jobs(made, "producer")] == [{"slope": 1}, {"slope": 2}, {"slope": 5}]
    assert len(jobs(made, "summer")) == 3


def test_a_script_has_the_values_the_paths_and_the_names_of_its_inputs() -> None:
    made = sweep()
    assert body(jobs(made, "producer")[1]).script == 'python3 simulate.py --slope 2 > "$out/data.csv"\n'
    assert body(jobs(made, "summer")[0]).script == 'wc -l < "${inputs[table]}" > "$out/total.txt"\n'


def test_an_input_is_wired_to_the_job_with_the_same_values() -> None:
    made = sweep()
    for before, after in zip(jobs(made, "producer"), jobs(made, "summer"), strict=True):
        assert body(after).inputs == {"table": FromJob(before.id, "data")}
        assert after.needs == (before.id,)


def test_jobs_stand_after_what_they_need() -> None:
    made = sweep()
    order = list(made.jobs)
    assert all(order.index(need) < order.index(job.id) for job in made.jobs.values() for need in job.needs)


def test_the_folder_of_a_job_is_its_id_its_name_and_its_version() -> None:
    job = jobs(sweep(), "producer")[0]
    assert job.folder == f"{job.id}-producer-1.0"
    assert job.type is StageType.SIMPLE


def test_a_plan_survives_being_written_as_json() -> None:
    made = sweep()
    assert msgspec.json.decode(msgspec.json.encode(made), type=LabPlan) == made


def test_a_run_says_where_each_parameter_comes_from() -> None:
    made = plan(Run("swept", simulate, params={"slope": 3}), Run("as-it-is", producer))
    assert made.runs["swept"].uses[0].origins == {"slope": Origin("run", "slope")}
    assert made.runs["as-it-is"].uses[0].origins == {"slope": Origin("default")}


def test_a_stage_alone_is_a_pipeline() -> None:
    assert values(only(plan(Run("one", producer)), "producer")) == {"slope": 1}


def test_runs_share_the_jobs_that_are_the_same() -> None:
    made = plan(
        Run("first", simulate, params={"slope": [1, 2]}), Run("second", [simulate, producer], params={"slope": [2, 3]})
    )
    assert len(made.jobs) == 6
    assert set(made.runs["first"].jobs) & set(made.runs["second"].jobs) == {
        jobs(made, "producer")[1].id,
        jobs(made, "summer")[1].id,
    }


def test_a_stage_may_stand_in_a_pipeline_twice() -> None:
    @stage(inputs={"left": "", "right": ""}, outputs={"both": "$out/both"})
    def join(inputs: View, outputs: View) -> str:
        return f'cat "{inputs.left}" "{inputs.right}" > "{outputs.both}"'

    @pipeline
    def twice() -> None:
        join(left=producer(slope=7)["data"], right=producer()["data"])

    made = plan(Run("twice", twice, params={"slope": [1, 2]}))
    assert [values(job)["slope"] for job in jobs(made, "producer")] == [7, 1, 2]
    assert len(jobs(made, "join")) == 2
    assert made.runs["twice"].uses[0].origins == {"slope": Origin("call")}


def test_pipelines_are_made_of_pipelines() -> None:
    @pipeline
    def outer() -> None:
        summer(table=inner()["data"])

    @pipeline
    def inner() -> object:
        return producer()

    assert [job.stage for job in plan(Run("outer", outer)).jobs.values()] == ["producer", "summer"]


def test_attributes_may_be_functions_of_the_parameters() -> None:
    @stage(
        pname=lambda params: f"train-{params.kind}",
        outputs=lambda params: {f"model-{n}": f"$out/{n}.bin" for n in range(params.parts)},
        resources=lambda params: {"cpus": params.parts},
        params={"kind": "tree", "parts": 1},
    )
    def train(outputs: View) -> str:
        return " ".join(outputs[name] for name in outputs)

    made = plan(Run("train", train, params={"kind": ["tree", "net"], "train.parts": [1, 2]}))
    trained = jobs(made, "train")
    assert [job.pname for job in trained] == ["train-tree", "train-tree", "train-net", "train-net"]
    assert trained[1].outputs == {"model-0": "$out/0.bin", "model-1": "$out/1.bin"}
    assert [job.body.resources.cpus for job in trained if job.body] == [1, 2, 1, 2]


def test_underscores_and_dashes_are_the_same_name() -> None:
    @stage(inputs={"in-table": ""}, outputs={"out_file": "$out/x"}, params={"max-depth": 2})
    def look(inputs: View, outputs: View, params: View) -> str:
        return f'{params.max_depth} "{inputs.in_table}" "{outputs["out-file"]}"'

    @pipeline
    def looking() -> None:
        look(in_table=producer())

    assert isinstance(look, Stage)
    made = only(plan(Run("look", looking, params={"max_depth": 4})), "look")
    assert body(made).script == '4 "${inputs[in-table]}" "$out/x"\n'


def test_groups_name_runs() -> None:
    made = plan(Run("a", producer, groups=["paper", "quick"]), Run("b", producer, groups="paper"))
    assert made.groups == {"paper": ("a", "b"), "quick": ("a",)}


def test_a_module_takes_no_name_of_the_front_door() -> None:
    for name in ("stage", "pipeline", "resolve"):
        import_module(f"stageline.lab.{name}")
        assert callable(getattr(stageline.lab, name))

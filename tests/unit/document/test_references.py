"""What an expression names must be there by the time that it is evaluated; if not, the file is wrong."""

import pytest

from tests.unit.document.reading import mistake, mistakes, workflow

A, B = "- {name: a, id: a, echo: a}\n", "- {name: b, id: b, echo: '${{ stages.a.outputs.echo }}'}\n"


def test_a_stage_sees_those_above_it() -> None:
    workflow(f"stages:\n{A}{B}")


def test_a_stage_below_is_not_seen() -> None:
    told = mistake(f"stages:\n{B}{A}")
    assert told == "2:31: stages[0].echo: 'a' runs after this stage; move it up"


def test_a_stage_beside_is_not_seen() -> None:
    text = "stages:\n" + A + B.replace("id: b,", "id: b, needs: [],")
    assert mistake(text) == (
        "3:42: stages[1].echo: 'a' runs beside this stage; write 'needs: [a]' to the stage that needs it"
    )


def test_needs_make_an_order_of_their_own() -> None:
    workflow("stages:\n" + B.replace("id: b,", "id: b, needs: [a],") + A.replace("id: a,", "id: a, needs: [],"))


def test_a_name_that_is_none_offers_those_that_are() -> None:
    text = "stages:\n- {name: extract, id: extract, echo: a}\n- {name: b, echo: '${{ stages.extrat.outputs.x }}'}\n"
    assert mistake(text) == ("3:24: stages[1].echo: no stage 'extrat' comes before this one; did you mean 'extract'?")


def test_a_stage_does_not_see_itself_nor_what_it_is_in() -> None:
    own = "stages: [{name: a, id: a, echo: '${{ stages.a.status }}'}]"
    assert "'a' has put out nothing yet: this is the stage itself" in mistake(own)
    inside = "stages: [{name: a, id: a, stages: [{name: b, echo: '${{ stages.a.status }}'}]}]"
    assert "'a' has put out nothing yet: this is what is inside of it" in mistake(inside)


def test_what_is_inside_sees_what_comes_before_its_holder() -> None:
    workflow(f"stages:\n{A}- {{name: g, stages: [{{name: x, echo: '${{{{ stages.a.outputs.echo }}}}'}}]}}\n")


def test_what_is_inside_is_seen_through_its_holder_only() -> None:
    group = "- {name: g, id: g, stages: [{name: x, id: x, echo: x}]}\n"
    workflow(f"stages:\n{group}- {{name: b, echo: '${{{{ stages.g.outputs.stages.x.outputs.echo }}}}'}}\n")
    assert "no stage 'x' comes before this one" in mistake(
        f"stages:\n{group}- {{name: b, echo: '${{{{ stages.x.outputs.echo }}}}'}}\n"
    )


def test_catch_sees_the_stages_of_try_and_the_error() -> None:
    workflow("""
stages:
  - name: t
    try: [{name: a, id: a, raise: no}]
    catch: [{name: b, id: b, echo: "${{ error.message }} ${{ stages.a.status }}"}]
    finally: [{name: c, echo: "${{ stages.b.status }} ${{ stages.a.status }}"}]
""")


def test_a_stage_without_an_id_is_named_only_where_that_is_allowed() -> None:
    text = "stages:\n- {name: Load it, echo: a}\n- {name: b, echo: \"${{ stages['load-it'].outputs.echo }}\"}\n"
    assert mistake(text) == (
        "3:24: stages[1].echo: the stage 'Load it' has no id to name it by; write 'id: load-it' to it"
    )
    workflow(text, slugs=True)


def test_a_stage_has_outputs_a_status_and_an_error() -> None:
    told = mistake(f"stages:\n{A}- {{name: b, echo: '${{{{ stages.a.echo }}}}'}}\n")
    assert told == (
        "3:24: stages[1].echo: a stage has 'outputs', 'status' and 'error', and no 'echo'; write stages.a.outputs.echo"
    )


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("item", "'item' is known only inside of a foreach or an until"),
        ("branch", "'branch' is known only inside of a branch of parallel"),
        ("matrix.os", "'matrix' is known only inside of a job with a matrix"),
        ("error.message", "'error' is known only inside of catch and finally"),
        ("result.ok", "'result' is known only inside of the condition of an until"),
        ("parms.x", "unknown name 'parms'; did you mean 'params'?"),
        ("run.idd", "'run' has no 'idd'; did you mean 'id'?"),
        ("1 +", "the expression ends too early"),
    ],
)
def test_roots_are_known_where_they_are(expression: str, said: str) -> None:
    assert said in mistake(f"stages: [{{name: a, echo: '${{{{ {expression} }}}}'}}]")


def test_what_may_be_absent_may_be_absent() -> None:
    workflow("stages: [{name: a, echo: '${{ item | default(1) }}'}]")


def test_the_condition_of_an_until_sees_the_result() -> None:
    workflow("stages: [{name: a, until: '${{ result.ok and item > 1 }}', stages: [{name: b, run: ok = True}]}]")


def test_conditions_are_expressions_as_a_whole() -> None:
    assert mistake("params: {size: 1}\nstages: [{name: a, echo: a, if: params.sise > 1}]") == (
        "2:33: stages[0].if: no parameter 'sise' is declared; did you mean 'size'?"
    )


def test_params_must_be_declared_where_any_are() -> None:
    told = mistake("params: {region: eu}\nstages: [{name: a, bash: 'echo ${{ params.regoin }}'}]")
    assert told == "2:36: stages[0].bash: no parameter 'regoin' is declared; did you mean 'region'?"


def test_without_a_block_of_params_those_that_are_named_must_be_given() -> None:
    params = workflow("stages: [{name: a, bash: 'echo ${{ params.region }}'}]").params
    assert params["region"].required
    assert params["region"].type == "any"


def test_secrets_are_collected() -> None:
    text = "env: {B: '${{ secrets.B }}'}\nstages: [{name: a, bash: 'x', env: {T: '${{ secrets.TOKEN }}'}}]"
    assert workflow(text).secrets == ("B", "TOKEN")


def test_the_error_is_told_in_its_line_of_a_script() -> None:
    text = """
stages:
  - name: a
    bash: |
      set -e
      echo "${{ params.x | upper( }}"
"""
    assert mistake(text).startswith("6:")


def test_keys_of_maps_are_expressions_too() -> None:
    assert "unknown name 'x'" in mistake("stages: [{name: a, uses: a/b@c, with: {'${{ x }}': 1}}]")


def test_what_is_never_evaluated_is_not_checked() -> None:
    workflow("stages: [{name: a, echo: a, desc: '${{ nothing }}', extras: {x: '${{ nothing }}'}}]")


def test_ids_stand_once_in_their_list() -> None:
    told = mistake("stages:\n- {name: a, id: x, echo: a}\n- {name: b, id: x, echo: b}\n")
    assert told == (
        "3:17: stages[1].id: the id 'x' stands twice in this list; the first is in line 2; "
        "give each stage an id of its own"
    )


def test_needs_are_stages_of_the_list() -> None:
    text = "stages:\n- {name: load, echo: a}\n- {name: b, needs: [laod], echo: b}\n- {name: c, needs: [c], echo: c}\n"
    assert mistakes(text) == [
        "3:21: stages[1].needs[0]: needs 'laod', which is no stage here; did you mean 'load'?",
        "4:21: stages[2].needs[0]: a stage cannot need itself; take it away",
    ]


def test_needs_do_not_go_in_a_circle() -> None:
    text = "stages:\n- {name: a, needs: [b], echo: a}\n- {name: b, needs: [a], echo: '${{ stages.a.status }}'}\n"
    told = mistakes(text, slugs=True)
    assert told == ["2:20: stages[0].needs: these wait for each other: a -> b -> a; take one of the needs away"]


def test_the_variables_of_a_job_see_its_matrix() -> None:
    job = "jobs: {j: {strategy: {matrix: {os: [a]}}, env: {OS: '${{ matrix.%s }}'}, stages: [{name: a, echo: a}]}}"
    workflow(job % "os")
    assert "'matrix' has no 'oss'; did you mean 'os'?" in mistake(job % "oss")


def test_what_plans_others_knows_no_secret() -> None:
    text = "stages: [{name: a, foreach: '${{ secrets.A | from_json }}', stages: [{name: b, echo: '${{ secrets.A }}'}]}]"
    assert mistake(text) == (
        "1:34: stages[0].foreach: no secret can stand here: what this stage comes to is kept with the run; "
        "use the secret in the stages inside, or in the other workflow"
    )


@pytest.mark.parametrize("expression", ["secrets", "secrets[params.which]", "secrets | json"])
def test_a_secret_is_called_by_its_name(expression: str) -> None:
    assert "a secret is called by its name; write secrets.NAME" in mistake(
        f"params: {{which: str}}\nstages: [{{name: a, echo: '${{{{ {expression} }}}}'}}]"
    )


def test_variables_of_a_group_may_hold_secrets() -> None:
    workflow("stages: [{name: a, env: {T: '${{ secrets.T }}'}, stages: [{name: b, bash: 'echo $T'}]}]")

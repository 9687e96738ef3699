"""A loop over items that are only known at run time: two pages at a time, each in two durable stages, then a total."""

import sys

from stageline import Plan, Scope, StageExecution, Task, TaskResult, Workflow, run
from stageline.tasks.task import RunningStage

WINDOW = 10


class Each(Task):
    """Plans a scope of two stages for each page, ten pages at once; at the end it puts out what became of them."""

    instant = True

    def execute(self, stage: RunningStage) -> TaskResult:
        pages, at = stage.context["pages"], stage.context.get("at", 0)
        if at < pages:
            window = range(at, min(at + WINDOW, pages))
            plan = Plan(scopes=[page_scope(page) for page in window], limit=2, more=window.stop < pages)
            return TaskResult.run_stages(plan, context={"at": window.stop})
        bad = [page for page, scope in stage.scopes.items() if scope["status"] == "FAILED"]
        words = [scope["outputs"]["count"]["outputs"] for page, scope in stage.scopes.items() if page not in bad]
        return TaskResult.success({"words": sum(one["words"] for one in words), "bad": bad})


def page_scope(page: int) -> Scope:
    """What is done for one page; both stages see it as `stage.names["page"]`."""
    fetch = StageExecution(ref_id="fetch", type="fetch", retry=1)
    count = StageExecution(ref_id="count", type="count", requisite_stage_ref_ids={"fetch"})
    return Scope(key=str(page), stages=[fetch, count], names={"page": page})


def fetch(stage: RunningStage) -> TaskResult:
    page = stage.names["page"]
    return TaskResult.terminal("no such page") if page == 13 else TaskResult.success({"text": "word " * page})


def count(text: str) -> dict[str, int]:
    return {"words": len(text.split())}


def workflow() -> Workflow:
    return Workflow.create(
        name="pages",
        stages=[
            StageExecution(ref_id="each", type="each", context={"pages": 25}),
            StageExecution(
                ref_id="report",
                type="python",
                requisite_stage_ref_ids={"each"},
                context={"script": "RESULT = f\"{INPUT['words']} words, without pages {INPUT['bad']}\""},
            ),
        ],
    )


def main() -> int:
    result = run(workflow(), tasks={"each": Each, "fetch": fetch, "count": count})
    print(f"{result.status}: {result.stage('report').outputs.get('result')}")
    print(f"page 7 has {result.stage('each/7/count').outputs['words']} words")
    return 0 if result.status.met else 1


if __name__ == "__main__":
    sys.exit(main())

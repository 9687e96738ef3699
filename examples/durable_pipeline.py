"""A pipeline that survives anything: call it, kill it with -9 whenever you like, call it again, and it goes on.

python examples/durable_pipeline.py harvest.db today
"""

import sys
import time

from stageline import StageExecution, UnknownName, Workflow, open_store, run


def fetch(page: int) -> dict[str, object]:
    """Stands for something slow that nobody wants to pay for twice."""
    print(f"fetching page {page}", flush=True)
    time.sleep(0.5)
    return {"rows": [page * 10 + n for n in range(3)]}


def total(rows: list[int]) -> dict[str, int]:
    """The lists of all pages arrive as one."""
    print(f"adding {len(rows)} rows", flush=True)
    return {"total": sum(rows)}


def harvest(id: str) -> Workflow:
    """Four pages, one after the other, and their sum."""
    stages = []
    for page in range(4):
        before = {f"page{page - 1}"} if page else set()
        stage = StageExecution(
            ref_id=f"page{page}", type="fetch", requisite_stage_ref_ids=before, context={"page": page}
        )
        stages.append(stage)
    stages.append(StageExecution(ref_id="total", type="total", requisite_stage_ref_ids={"page3"}))
    return Workflow.create(name="harvest", stages=stages, id=id)


def main() -> int:
    url, id = sys.argv[1:3]
    store = open_store(url)
    try:
        print(f"run '{id}' is there already: {store.retrieve(id).status}")
    except UnknownName:
        store.store(harvest(id))
    result = run(id, store, tasks={"fetch": fetch, "total": total})
    print(f"{result.status}: {result.stage('total').outputs.get('total')}")
    store.close()
    return 0 if result.status.met else 1


if __name__ == "__main__":
    sys.exit(main())

"""A Lab that sweeps over files and folders, and what its jobs find in them."""

from __future__ import annotations

import shutil
from pathlib import Path

from stageline.lab.model import Job
from tests.contract.lab.lab_runs import Bench

LAB = """
from pathlib import Path
from stageline.lab import dirs, files, quote

@stage(outputs={"n": "$out/n"}, params={"table": "", "size": 1}, run_dependencies=["wc"])
def quoted(inputs, outputs, params):
    return f'''wc -l < {quote(params.table)} > "{outputs.n}"'''

@stage(outputs={"n": "$out/n"}, params={"table": ""})
def at_run_time(inputs, outputs, params):
    return f'''wc -l < "${{params[table]}}" > "{outputs.n}"; echo "${{!inputs[@]}}" >> "{outputs.n}"'''

@stage(outputs={"n": "$out/n"}, params={"folder": ""})
def written(inputs, outputs, params):
    return f'''cat "{params.folder}/a.csv" "{params.folder + "/inner/c"}" | wc -l > "{outputs.n}"'''

@stage(outputs={"n": "$out/n"}, params={"table": ""})
def function(table: Path, n: Path):
    n.write_text(f"{len(table.read_text().splitlines())} {table.suffix}")

@stage(inputs={"worker__item": ""}, outputs={"sum": "$out/sum"})
def worker(inputs, outputs, params):
    return f'''{{ cat "${{params[table]}}"; jq .n "{inputs.worker__item}"; }} | wc -l > "{outputs.sum}"'''

@stage(outputs={"work__items": "$out/items.json", "worker__arg": {"n": 0}})
def scatter(inputs, outputs, params):
    return f'''jq -R . {quote(params.table)} | jq -s 'map({{"n": .}}) | map(.n = 1)' > "{outputs.work__items}"'''

@stage(inputs={"worker__outs": "[]"}, outputs={"n": "$out/n"})
def gather(inputs, outputs, params):
    return f'''jq -r '.[].sum' < "{inputs.worker__outs}" | xargs -d '\\n' cat > "{outputs.n}"'''

spread = scatter_gather(pname="spread", params={"table": ""}, scatter=scatter, worker=worker, gather=gather)

lab = Lab(version="1", runs=[
    Run("tables", [quoted, at_run_time, function, spread], params={"table": files("data/*.csv")}),
    Run("folders", written, params={"folder": dirs("data")}),
])
"""
FOUND = {
    ("quoted", "a.csv"): "1\n",
    ("quoted", "it's b.csv"): "2\n",
    ("at-run-time", "a.csv"): "1\n\n",
    ("at-run-time", "it's b.csv"): "2\n\n",
    ("function", "a.csv"): "1 .csv",
    ("function", "it's b.csv"): "2 .csv",
    ("spread", "a.csv"): "2\n",
    ("spread", "it's b.csv"): "3\n3\n",
    ("written", "data"): "2\n",
}


def built(bench: Bench) -> None:
    """The project, whose files are gone since."""
    (bench.folder / "data/inner").mkdir(parents=True)
    for name, lines in (("a.csv", 1), ("it's b.csv", 2), ("inner/c", 1)):
        (bench.folder / "data" / name).write_text("x\n" * lines)
    bench.build(LAB)
    shutil.rmtree(bench.folder / "data")


def found(bench: Bench) -> dict[tuple[str, str], str]:
    return {(job.stage, _file(job)): bench.text(job, "n") for job in bench.plan.jobs.values()}


def _file(job: Job) -> str:
    return Path(str(job.params.get("table", job.params.get("folder")).value)).name  # type: ignore[union-attr]

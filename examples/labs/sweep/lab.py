"""A parameter sweep with a plot: how a population grows under different rates, from three first years.

stageline build && stageline run --lab result; the picture is an output of the job of `plot`.
"""

from stageline.lab import Lab, Run, pipeline, stage


@stage(
    outputs={"population": "$out/population.csv"},
    params={"rate": 2.5, "first": 0.2, "years": 40},
    run_dependencies=["python3"],
)
def grow(inputs, outputs, params):
    return f"""
        python3 - {params.rate} {params.first} {params.years} > "{outputs.population}" <<'PYTHON'
import sys

rate, size, years = float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
print("year,size")
for year in range(years):
    print(f"{{year}},{{size:.6f}}")
    size = rate * size * (1 - size)
PYTHON
    """


@stage(inputs={"population": ""}, outputs={"summary": "$out/summary.json"}, run_dependencies=["python3"])
def summarize(inputs, outputs, params):
    return f"""
        python3 - "{inputs.population}" > "{outputs.summary}" <<'PYTHON'
import csv, json, sys

with open(sys.argv[1]) as file:
    sizes = [float(row["size"]) for row in csv.DictReader(file)]
late = sizes[-10:]
print(json.dumps({{"last": sizes[-1], "lowest": min(late), "highest": max(late)}}))
PYTHON
    """


@stage(
    inputs={"metadata__growth": "", "store__base": "", "draw": "draw.py"},
    outputs={"picture": "$out/growth.svg"},
    run_dependencies=["python3"],
)
def plot(inputs, outputs, params):
    return """
        python3 "${inputs[draw]}" "${inputs[metadata__growth]}" "${inputs[store__base]}" > "$out/growth.svg"
    """


@pipeline
def growth():
    return summarize(grow())


sweep = Run("growth", growth, params={"rate": [2.5, 3.2, 3.5, 3.9], "first": [0.1, 0.2, 0.4]}, groups="paper")
lab = Lab(version="1.0", runs=[sweep, Run("plot", plot, depends_on=sweep, groups="paper")])

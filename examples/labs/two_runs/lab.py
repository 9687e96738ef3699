"""Two runs that depend on each other: dice are thrown with several seeds, then all throws are looked at together.

stageline build && stageline run --lab result; `report` begins when every job of `throws` has succeeded.
"""

from stageline.lab import Lab, Run, range_, stage


@stage(outputs={"throws": "$out/throws.csv"}, params={"seed": 1, "count": 100, "sides": 6})
def throw(inputs, outputs, params):
    return f"""
        awk -v seed={params.seed} -v count={params.count} -v sides={params.sides} 'BEGIN {{
            srand(seed)
            print "throw,eyes"
            for (at = 1; at <= count; at++) print at "," int(rand() * sides) + 1
        }}' > "{outputs.throws}"
    """


@stage(inputs={"metadata__throws": "", "store__base": ""}, outputs={"report": "$out/report.json"})
def report(inputs, outputs, params):
    return """
        jq -r '.jobs[] | "\\(.id)-\\(.pname)-\\(.version)"' "${inputs[metadata__throws]}" | while read -r job; do
            sed 1d "${inputs[store__base]}/$job/out/throws.csv"
        done | awk -F, '{eyes += $2; n[$2]++} END {
            printf "{\\"throws\\": %d, \\"mean\\": %.3f, \\"sixes\\": %d}\\n", NR, eyes / NR, n[6]
        }' > "$out/report.json"
    """


throws = Run("throws", throw, params={"seed": range_(1, 4), "count": [100, 1000]})
lab = Lab(version="1.0", runs=[throws, Run("report", report, depends_on=[throws])])

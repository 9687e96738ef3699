"""A scatter-gather: a text is cut into pieces, the words of each are counted beside the others, and the counts added.

stageline build && stageline run --lab result; change one piece, and only its branch is counted again.
"""

from stageline.lab import Lab, Run, scatter_gather, stage


@stage(
    inputs={"text": "text.txt"},
    outputs={"work__items": "$out/work_items.json", "worker__arg": {"number": 0, "lines": ""}},
    params={"size": 4},
)
def cut(inputs, outputs, params):
    return f"""
        jq -R -s '[split("\\n")[:-1] | _nwise({params.size}) | join("\\n")]
            | to_entries | map({{number: .key, lines: .value}})' "${{inputs[text]}}" > "{outputs.work__items}"
    """


@stage(inputs={"worker__item": ""}, outputs={"counts": "$out/counts.txt"})
def count(inputs, outputs, params):
    return """
        jq -r .lines "${inputs[worker__item]}" | tr -cs '[:alpha:]' '\\n' | tr '[:upper:]' '[:lower:]' \\
            | sed '/^$/d' | sort | uniq -c > "$out/counts.txt"
    """


@stage(inputs={"worker__outs": "[]"}, outputs={"words": "$out/words.txt"}, params={"top": 5})
def add(inputs, outputs, params):
    return f"""
        jq -r '.[].counts' "{inputs.worker__outs}" | while read -r counts; do cat "$counts"; done \\
            | awk '{{n[$2] += $1}} END {{for (word in n) print n[word], word}}' | sort -k1,1nr -k2 \\
            | sed {params.top}q > "{outputs.words}"
    """


word_count = scatter_gather("word-count", scatter=cut, worker=count, gather=add)
lab = Lab(version="1.0", runs=[Run("words", word_count, params={"size": [3, 6]})])

"""Names that a script reads from its arrays `inputs` and `params` and that are not there: bash would end it there.

What has a default in the script, as `${params[x]-1}`, is meant to be missing; a script that declares the arrays anew
knows what it does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from stageline.errors import did_you_mean
from stageline.lab.script_check import Finding

_READ = re.compile(r"\$\{#?(inputs|params)\[([A-Za-z][\w-]*)\](?![-+?=]|:[-+?=])")
_DECLARED = re.compile(r"\b(?:declare|local|typeset|readonly|unset)\b[^\n]*\b(?:inputs|params)\b|\bparams\[\w+\]\+?=")
_WHAT = {"inputs": "input", "params": "parameter"}


def undeclared(script: str, arrays: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """A warning for each; `arrays` are the names that `inputs` and `params` have."""
    if _DECLARED.search(script):
        return
    for number, line in enumerate(script.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            continue
        for read in _READ.finditer(line):
            array, name = read[1], read[2]
            if name not in arrays[array]:
                message = f"'{name}' is no {_WHAT[array]} of this stage{did_you_mean(name, arrays[array])}"
                yield Finding(line=number, column=read.start() + 1, level="warning", message=message)

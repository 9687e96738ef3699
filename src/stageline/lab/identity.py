"""A job's id: the hash of all that decides what it makes, in an encoding in which different things never look alike.

Each value is written with its type and its length. Mappings are sorted, lists keep their order, text is compared by
its bytes. What is left out and why stands in docs/decisions/0012.
"""

import re
from collections.abc import Iterable, Mapping
from hashlib import sha256

from stageline.lab.model import (
    Environment,
    FromFile,
    FromItem,
    FromJob,
    FromRun,
    FromScatter,
    FromStep,
    FromStore,
    FromWorkers,
    Ingredients,
    Param,
    Wire,
)

LENGTH = 32
_PART = "stageline part 1"
_JOB = "stageline scatter-gather 1"
_JOBS = "stageline jobs 1"
_BRANCH = "stageline branch 1"
_PARAMS = re.compile(r"\bparams\b")
_INDIRECT = re.compile(r"\b(?:source|eval|declare|typeset)\b|\$\{!|(?:^|\s)\.\s|\bset\s*(?:$|[;|&>])", re.MULTILINE)
_ONE_PARAM = re.compile(r"""\bparams\[(["']?)([A-Za-z][A-Za-z0-9_-]*)\1\]""")


def encode(value: object) -> bytes:
    """The one text of a value: None, truth values, numbers, text, lists and mappings with text as keys."""
    match value:
        case None:
            return b"n;"
        case bool():
            return b"t;" if value else b"f;"
        case int():
            return b"i%x;" % value if value >= 0 else b"i-%x;" % -value
        case float():
            return b"d%s;" % value.hex().encode()
        case str():
            content = value.encode("utf-8", "surrogatepass")
            return b"s%d:%s" % (len(content), content)
        case Mapping():
            pairs = sorted((encode(key), encode(item)) for key, item in value.items())
            return b"m%d:%s" % (len(pairs), b"".join(key + item for key, item in pairs))
        case list() | tuple():
            return b"l%d:%s" % (len(value), b"".join(map(encode, value)))
        case _:
            raise TypeError(f"a {type(value).__name__} has no encoding")


def digest_of(*values: object) -> str:
    """The short form of the hash: the first 128 bits of SHA-256, as 32 hexadecimal digits."""
    return sha256(b"".join(map(encode, values))).hexdigest()[:LENGTH]


def part_id(of: Ingredients) -> str:
    """The id of a script with all that decides what it makes; a simple job has that of its only script."""
    return digest_of(_PART, pre_image(of))


def pre_image(of: Ingredients) -> dict[str, object]:
    """What is hashed, by the names of the ingredients."""
    return {
        "pname": of.pname,
        "version": of.version,
        "script": of.script,
        "program": of.program,
        "environment": _environment(of.environment),
        "params": {name: _param(param) for name, param in of.params.items() if name not in of.defaults},
        "inputs": {name: _wire(wire) for name, wire in of.inputs.items()},
        "outputs": of.outputs,
    }


def scatter_gather_id(
    named: tuple[str, str], params: Mapping[str, Param], example: object, parts: Mapping[str, str]
) -> str:
    """The id of a job made of several scripts, whose ids are `parts`; `named` are its pname and version."""
    told = {name: _param(param) for name, param in params.items()}
    return digest_of(_JOB, named, told, example, parts)


def jobs_digest(ids: Iterable[str]) -> str:
    """What stands for all jobs of a run; their order and the run's name do not matter."""
    return digest_of(_JOBS, sorted(set(ids)))


def branch_id(part: str, *given: object) -> str:
    """The id of a part at run time: a step with its item and the ids of the steps before it, a gather with those of
    all its branches in the order of the items."""
    return digest_of(_BRANCH, part, list(given))


def traceless(script: str, params: Mapping[str, Param], defaults: Mapping[str, object]) -> tuple[str, ...]:
    """The parameters that leave no trace: at their default, and not read by the script while it runs."""
    candidates = [name for name, param in params.items() if name in defaults and is_default(param, defaults[name])]
    read = read_at_run_time(script, candidates) if candidates else frozenset()
    return tuple(sorted(name for name in candidates if name not in read))


def read_at_run_time(script: str, names: Iterable[str]) -> frozenset[str]:
    """Those of the parameters that a script may read from its array; all, when it could reach the array otherwise."""
    if _INDIRECT.search(script):
        return frozenset(names)
    mentions = len(_PARAMS.findall(script))
    single = [found[2] for found in _ONE_PARAM.finditer(script)]
    return frozenset(single).intersection(names) if len(single) == mentions else frozenset(names)


def is_default(param: Param, default: object) -> bool:
    """Is the value the very default, type and sign included?"""
    return not param.digest and encode(param.value) == encode(default)


def _environment(of: Environment) -> list[object]:
    told: list[object] = [of.kind, sorted(set(of.tools)), of.digest, of.python]
    more = [list(of.extras), list(of.groups), of.own]
    return [*told, *more] if any(more) else told


def _param(param: Param) -> object:
    if param.seen_as:
        return ["file", param.seen_as, param.digest]
    return [param.value, param.digest] if param.digest else param.value


def _wire(wire: Wire) -> list[object]:
    match wire:
        case FromJob(job, output):
            return ["job", job, output]
        case FromFile(_, name, digest):
            return ["file", name, digest]
        case FromRun(_, digest):
            return ["run", digest]
        case FromStore():
            return ["store"]
        case FromScatter(part, output):
            return ["scatter", part, output]
        case FromStep(_, part, output):
            return ["step", part, output]
        case FromItem():
            return ["item"]
        case FromWorkers():
            return ["workers"]

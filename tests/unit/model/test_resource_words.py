"""What jobs ask of a machine: amounts with units, and rules that are laid over what stages say."""

import pytest

from stageline.lab.resource_rules import Asking, ResourceRules, effective, read_rules
from stageline.load.problems import LoadError
from stageline.model.resource_words import memory_in_words, read_memory, read_time
from stageline.model.resources import Resources

TRAIN = Asking(stage="train-net", folder="abc-train-net-1.0", target="cluster")

RULES = """
[defaults]
cpus = 1
mem = "1G"
time = "01:00:00"

[targets.cluster]
mem = "2G"
partition = "main"

[[rules]]
stage = "train-*"
mem = "8G"

[[rules]]
stage = "train-*"
target = "cluster"
partition = "gpu"
sbatch_opts = "--exclusive --account=me"

[[rules]]
job = "abc-*"
time = "2h"
"""


@pytest.mark.parametrize(
    ("text", "amount"),
    [("512M", 512 << 20), ("4G", 4 << 30), ("1.5 GiB", 3 << 29), ("8gb", 8 << 30), ("16K", 16 << 10), ("1T", 1 << 40)],
)
def test_memory_has_a_unit(text: str, amount: int) -> None:
    assert read_memory(text) == amount


@pytest.mark.parametrize("value", ["4", 4, "G", "", "-1G", "4X", None, True])
def test_memory_without_one_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is no amount of memory; write a number and its unit: '512M' or '4G'"):
        read_memory(value)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("90m", 5400), ("1h30m", 5400), ("01:30:00", 5400), ("1-12:00:00", 129600), ("2d", 172800)],
)
def test_time_has_a_unit(text: str, seconds: int) -> None:
    assert read_time(text) == seconds


@pytest.mark.parametrize("value", ["90", 90, "", "1:2", "h", "1x", None, "1.5h"])
def test_time_without_one_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="is no length of time; write '90m', '1h30m' or '01:30:00'"):
        read_time(value)


def test_rules_are_over_hints_and_hints_over_defaults() -> None:
    hints = Resources(cpus=4, mem=3 << 30)
    assert effective(hints, TRAIN, read_rules(RULES)) == Resources(
        cpus=4, mem=8 << 30, time=7200, partition="gpu", sbatch_opts=("--exclusive", "--account=me")
    )


def test_where_nobody_says_anything_the_defaults_of_the_target_hold_and_then_those_of_all() -> None:
    rules = read_rules(RULES)
    plot = Asking(stage="plot", folder="def-plot-1.0", target="cluster")
    assert effective(Resources(), plot, rules) == Resources(cpus=1, mem=2 << 30, time=3600, partition="main")
    here = Asking(stage="plot", folder="def-plot-1.0")
    assert effective(Resources(), here, rules) == Resources(cpus=1, mem=1 << 30, time=3600)


def test_without_a_file_the_hints_are_all() -> None:
    assert effective(Resources(cpus=2), TRAIN, ResourceRules()) == Resources(cpus=2)


def test_all_that_is_wrong_is_told_with_its_line() -> None:
    text = """\
[default]
cpus = 1
[defaults]
mem = 4
time = "1h"
[targets.cluster]
cpu = 3
[[rules]]
stage = "a"
[[rules]]
stage = 3
cpus = 0
[[rules]]
network = true
mount_paths = ["data"]
"""
    with pytest.raises(LoadError) as refused:
        read_rules(text)
    told = [str(problem).removeprefix("resources.toml:") for problem in refused.value.problems]
    assert [one.split(";")[0] for one in told] == [
        "1:1: default: unknown table 'default'",
        "4:1: defaults.mem: 4 is no amount of memory",
        "7:1: targets.cluster.cpu: unknown resource 'cpu'",
        "8:1: rules[0]: the rule gives nothing",
        "11:1: rules[1].stage: 3 is no pattern",
        "12:1: rules[1].cpus: 0 is no number of cpus",
        "15:1: rules[2].mount_paths: ['data'] is no list of folders",
    ]


def test_what_is_no_toml_is_told_at_its_place() -> None:
    with pytest.raises(LoadError, match=r"resources.toml:2:\d+: this is no TOML: "):
        read_rules("[defaults]\ncpus 1\n")


def test_memory_in_words() -> None:
    assert [memory_in_words(size) for size in (3 << 30, 512 << 20, 100, 25_281_900_544)] == [
        "3G",
        "512M",
        "100 bytes",
        "23G",
    ]
